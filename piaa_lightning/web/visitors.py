"""All visitors of a page, told apart by a cookie that nobody can guess."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import threading
import time
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.web.album import Album
from piaa_lightning.web.session import Session
from piaa_lightning.web.uploads import Limits

log = logging.getLogger(__name__)

COOKIE = "piaa_session"
MOST_OPEN = 200  # sessions at once
IDLE = 300.0  # seconds without a request after which a session may be closed; it is opened again as it was
MOST_ISSUED = 10_000
KEY = re.compile(r"[A-Za-z0-9_-]{43}")


class TooManyVisitorsError(UserError):
    """As many visitors are here as the machine can hold."""


def _name(key: str) -> str:
    """Return what a session is called on the disk."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


class Visitors:
    """Sessions by the keys in their cookies; on the disk a session has the name of the key's hash.

    Args:
        home: the directory of all sessions.
        prior: what tastes start from.
        shared: the folder that everybody sees; None where there is none.
        limits: what each may bring.
        alone: whether all visitors are one, whichever browser they use: on a computer of one's own the session is
            ``home`` itself.
    """

    def __init__(
        self, home: Path, prior: PublishedModel, shared: Album | None, limits: Limits, alone: bool = False
    ) -> None:
        self.home, self.prior, self.shared, self.limits, self.alone = home, prior, shared, limits, alone
        self._open: dict[str, Session] = {}
        self._used: dict[str, float] = {}  # when each was last asked for, the longest ago first
        self._issued: dict[str, None] = {}  # names of keys that were given away and not used yet
        self._lock = threading.Lock()

    def new_key(self) -> str:
        """Return a key for a new visitor."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._issued[_name(key)] = None
            while len(self._issued) > MOST_ISSUED:
                self._issued.pop(next(iter(self._issued)))
        return key

    def knows(self, key: str) -> bool:
        """Say whether a key was given away here: one that somebody else made up opens nothing."""
        if not KEY.fullmatch(key):
            return False
        name = _name(key)
        return name in self._open or name in self._issued or (self.home / name).is_dir()

    def session(self, key: str) -> Session | None:
        """Return a visitor's session, as it was left; None where that is no key.

        Raises:
            TooManyVisitorsError: as many are here as the machine can hold.
        """
        if not self.alone and not self.knows(key):
            return None
        name = "." if self.alone else _name(key)
        with self._lock:
            self._used.pop(name, None)
            self._used[name] = time.monotonic()
            if name not in self._open:
                self._make_room()
                self._issued.pop(name, None)
                session = Session(self.home / name, self.prior, self.shared, self.limits, by_folder=self.alone)
                self._open[name] = session
                threading.Thread(target=session.resume, daemon=True).start()
            return self._open[name]

    def _make_room(self) -> None:
        """Close sessions of visitors who have not asked for anything for a while: each holds files open."""
        idle = [name for name, used in self._used.items() if time.monotonic() - used > IDLE and name in self._open]
        for name in idle[: max(0, len(self._open) - MOST_OPEN + 1)]:
            session = self._open.pop(name)
            del self._used[name]
            session.own.close()
            session.own.store.close()
        if len(self._open) >= MOST_OPEN:
            raise TooManyVisitorsError("Too many people are here at once; come back in a few minutes.")

    def forget(self, key: str) -> None:
        """Remove a visitor's session and everything in it."""
        session = self.session(key)
        if session is not None:
            with self._lock:
                self._open = {name: other for name, other in self._open.items() if other is not session}
            session.forget()

    def close(self) -> None:
        """Stop all reading."""
        for session in self._open.values():
            session.own.close()
