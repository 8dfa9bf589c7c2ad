"""Serve the page on which people rate their photographs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
import uvicorn

from piaa_lightning.photos.images.folder import Folder
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.photos.read_folder import open_store
from piaa_lightning.runtime.cores import cores
from piaa_lightning.web.album import Album
from piaa_lightning.web.routes import make_app
from piaa_lightning.web.serving.guard import is_local
from piaa_lightning.web.serving.listening import Listening
from piaa_lightning.web.serving.patience import PatientProtocol
from piaa_lightning.web.uploads import Limits
from piaa_lightning.web.visitors import Visitors

log = logging.getLogger(__name__)

FILES = 65_536  # that may be open at once, where the system allows it


def serve(
    listening: Listening,
    model: PublishedModel,
    sessions: Path,
    cache: Path,
    folder: Folder | None = None,
    note: str = "",
    limits: Limits | None = None,
    ready: Callable[[], None] | None = None,
    alone: bool = False,
) -> None:
    """Serve until interrupted.

    Args:
        listening: where.
        model: what personal models start from.
        sessions: the directory that photographs and ratings are kept in.
        cache: the directory that keeps what was read of photographs.
        folder: shown to all visitors; None shows what they bring alone.
        note: a sentence about the model that everybody should read.
        limits: what each visitor may bring.
        ready: called once the page is about to be served.
        alone: see `Visitors`.

    Raises:
        UserError: a directory cannot be written.
    """
    limits = limits or Limits()
    _open_more_files()
    torch.set_num_threads(max(1, cores() // 2))
    shared = None
    if folder is not None:
        shared = Album(model, open_store(cache), folder.root, limits.pixels, folder.all_folders)
        threading.Thread(target=shared.watch, args=(folder.files,), daemon=True).start()
    visitors = Visitors(sessions, model, shared, limits, alone)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(visitors, listening.host, listening.token, note),
            log_level="warning",
            server_header=False,
            ws="none",
            limit_concurrency=200,
            http=PatientProtocol,
            timeout_graceful_shutdown=2,
        )
    )
    for told in (note, folder.note if folder is not None else ""):
        if told:
            log.warning("%s", told)
    if not is_local(listening.host):
        log.warning("Other machines can reach this page with the token; without TLS others on the way can read it.")
    if ready is not None:
        ready()
    server.run(sockets=[listening.socket])
    if shared is not None:
        shared.close()


def _open_more_files() -> None:
    """Allow as many open files as the system does: every visitor holds a few."""
    try:
        import resource
    except ImportError:  # no such bound on this system
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
