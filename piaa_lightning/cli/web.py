"""``mode=web``: serve the page on which users rate their images."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
from pathlib import Path

import torch
from omegaconf import DictConfig

from piaa_lightning.errors import UserError
from piaa_lightning.photos.folder import find_photos
from piaa_lightning.pipeline.open_published import open_prior
from piaa_lightning.pipeline.read_folder import open_store
from piaa_lightning.runtime.cores import cores

log = logging.getLogger(__name__)


def serve_page(cfg: DictConfig, directory: Path) -> None:
    """Serve until interrupted.

    Args:
        cfg: the composed configuration; ``photos`` is shown to all visitors, ``web`` says where and to whom.
        directory: not used; what is kept lies in ``web.sessions``.

    Raises:
        UserError: libraries are missing, the address is taken, or the folder holds no images.
    """
    try:
        import uvicorn

        from piaa_lightning.web.album import Album
        from piaa_lightning.web.guard import is_local
        from piaa_lightning.web.routes import make_app
        from piaa_lightning.web.uploads import Limits
        from piaa_lightning.web.visitors import Visitors
    except ImportError as error:
        raise UserError(f"mode=web needs {error.name}; install piaa-lightning[web].") from error
    web, host = cfg.web, str(cfg.web.host)
    listening = _listen(host, int(web.port))  # first, so that nothing is read in vain
    prior, note = open_prior(cfg)
    torch.set_num_threads(max(1, cores() // 2))
    limits = Limits(
        web.max_photos, web.max_megabytes * 10**6, int(web.max_gigabytes * 10**9), web.max_megapixels * 10**6
    )
    shared = None
    if cfg.photos is not None:
        folder = find_photos(Path(cfg.photos).expanduser())
        shared = Album(prior, open_store(cfg, prior), folder.root, limits.pixels)
        threading.Thread(target=shared.read, args=(folder.files,), daemon=True).start()
    token = web.token or (None if is_local(host) else secrets.token_urlsafe(16))
    visitors = Visitors(Path(web.sessions).expanduser(), prior, shared, limits)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(visitors, host, token, note),
            log_level="warning",
            server_header=False,
            ws="none",
            limit_concurrency=200,
            timeout_graceful_shutdown=2,
        )
    )
    port = listening.getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}/" + (f"?token={token}" if token else "")
    print(f"Open {address} in a browser; end with Ctrl-C. Ratings are kept in {visitors.home}.", flush=True)
    if note:
        log.warning("%s", note)
    if not is_local(host):
        log.warning("Other machines can reach this page with the token; without TLS others on the way can read it.")
    server.run(sockets=[listening])
    if shared is not None:
        shared.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UserError(
            f"web.host={host} web.port={port}: cannot be listened on ({error}); choose another web.port, or 0 for a"
            " free one."
        ) from error
