"""Sessions of earlier versions, which lay under a browser's cookie: what was said in them goes on."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.photos.read_folder import open_store
from piaa_lightning.runtime.files.user_directories import cache_home
from piaa_lightning.users.home import Home
from piaa_lightning.users.rating_log import NOTHING, RatingLog
from piaa_lightning.web.uploads import NAMES, PHOTOS

log = logging.getLogger(__name__)

LOG, SEEN, TAKEN = "ratings.jsonl", "seen.sqlite", "taken over"


def take_over(sessions: Path, home: Path) -> int:
    """Take over all sessions below a directory, or the one that it is; each once.

    Ratings, photographs that were added, and what networks saw of them become a part of the home. What was said there
    already stays. The old directory is moved into the home, nothing is removed.

    Args:
        sessions: the directory.
        home: see `Home`.

    Returns:
        How many sessions there were.
    """
    if not sessions.is_dir() or sessions.resolve() == home.resolve():
        return 0
    found = [sessions] if (sessions / LOG).is_file() else sorted(path.parent for path in sessions.glob(f"*/{LOG}"))
    if not found:
        return 0
    into = Home(home)
    cache = open_store(cache_home())
    for session in found:
        _take(session, into, home)
    rated = {photo for user in into.log.users() for photo in into.log.stars(user)}
    into.keep_seen(sorted(rated - into.store.sizes(list(rated)).keys()), cache)
    cache.close()
    into.store.close()
    log.info("Ratings of %d earlier sessions go on; they are kept in %s now.", len(found), home)
    return len(found)


def _take(session: Path, into: Home, home: Path) -> None:
    earlier = RatingLog(session / LOG)
    for user in earlier.users():
        said = earlier.said(user)
        if not said:
            continue
        try:
            into.log.add_user(user)
        except UserError as error:
            log.warning("%s of %s is left out: %s", user, session, error)
            continue
        known = into.log.said(user)
        into.log.say(user, {photo: one for photo, one in said.items() if known.get(photo, NOTHING).nothing})
    if (session / SEEN).is_file():
        into.store.take_in(session / SEEN)
    photos = [path for path in (session / PHOTOS).glob("*") if path.is_file() and not path.name.startswith(".")]
    if photos:
        (home / PHOTOS).mkdir(parents=True, exist_ok=True)
        with (home / NAMES).open("ab") as names:
            names.write(b"\n" + (session / NAMES).read_bytes() + b"\n" if (session / NAMES).is_file() else b"")
        for path in photos:
            shutil.move(path, home / PHOTOS / path.name)
    (home / TAKEN).mkdir(parents=True, exist_ok=True)
    shutil.move(session, home / TAKEN / session.name)
