"""``mode=web``: serve the page on which users rate their photographs."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.cli.commands.page_libraries import refuse_without_libraries
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder import find_photos


def serve_page(cfg: DictConfig, directory: Path) -> None:
    """Serve until interrupted.

    Args:
        cfg: the composed configuration; ``photos`` is shown to all visitors, ``web`` says where and to whom.
        directory: not used; what is kept lies in ``web.sessions``, or in one place for the people of this computer.

    Raises:
        UserError: libraries are missing, the address is taken, or the folder holds no photographs.
    """
    refuse_without_libraries("mode=web")
    # first what is quick, so that nothing is read in vain and the address is told at once
    from piaa_lightning.runtime.files.user_directories import people_home
    from piaa_lightning.runtime.terminal import command_line
    from piaa_lightning.web.serving.guard import is_local
    from piaa_lightning.web.serving.listening import listen
    from piaa_lightning.web.uploads import Limits

    web = cfg.web
    folder = None if cfg.photos is None else find_photos(Path(cfg.photos).expanduser(), cfg.all_folders)
    alone = is_local(str(web.host)) and web.token is None
    if cfg.person is not None and not alone:
        raise UserError(f"person={cfg.person}: a page for several visitors takes nobody's taste; bring the file there.")
    listening = listen(str(web.host), int(web.port), web.token)
    earlier = Path(cfg.paths.runs) / "sessions"
    sessions = (people_home() if alone else earlier) if web.sessions is None else Path(web.sessions).expanduser()
    print(f"Open {listening.address} in a browser; end with Ctrl-C. Ratings are kept in {sessions}.", flush=True)
    if alone and earlier != sessions and any(earlier.glob("*/ratings.jsonl")):
        take = command_line(["piaa", "people", "import", str(earlier)])
        print(f"Earlier ratings lie in {earlier}: `{take}` takes them over.")
    from piaa_lightning.cli.configuration.photo_keys import cache_of
    from piaa_lightning.pipeline.open_published import open_prior
    from piaa_lightning.users.home import Home
    from piaa_lightning.users.take_in import take_in
    from piaa_lightning.web.serve import serve

    model, note = open_prior(cfg)
    if cfg.person is not None:
        take_in(Home(sessions), Path(cfg.person).expanduser(), model)
    limits = Limits(
        web.max_photos, web.max_megabytes * 10**6, int(web.max_gigabytes * 10**9), web.max_megapixels * 10**6
    )
    serve(listening, model, sessions, cache_of(cfg), folder, note, limits, alone=alone)
