"""All visitors of a page, told apart by a cookie that nobody can guess."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import threading
from pathlib import Path

from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.web.album import Album
from piaa_lightning.web.session import Session
from piaa_lightning.web.uploads import Limits

log = logging.getLogger(__name__)

COOKIE = "piaa_session"
KEY = re.compile(r"[A-Za-z0-9_-]{43}")


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
        self._lock = threading.Lock()

    @staticmethod
    def new_key() -> str:
        """Return a key for a new visitor."""
        return secrets.token_urlsafe(32)

    def session(self, key: str) -> Session | None:
        """Return a visitor's session, as it was left; None where that is no key."""
        if not self.alone and not KEY.fullmatch(key):
            return None
        name = "." if self.alone else hashlib.sha256(key.encode()).hexdigest()[:32]
        with self._lock:
            if name not in self._open:
                session = Session(self.home / name, self.prior, self.shared, self.limits, by_folder=self.alone)
                self._open[name] = session
                threading.Thread(target=session.resume, daemon=True).start()
            return self._open[name]

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
