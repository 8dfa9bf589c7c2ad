"""What visitors said, line by line on the disk before anybody is told that it is kept."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from piaa_lightning.errors import UserError

MAX_USERS, MAX_NAME = 12, 40
FIRST = "me"


class RatingLog:
    """Users and their stars for images, appended to a file; the last word on an image counts.

    A line that was cut off when the machine died is passed over.

    Args:
        file: where it lies.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._stars: dict[str, dict[str, int]] = {}
        for line in file.read_bytes().split(b"\n") if file.exists() else []:
            try:
                said = json.loads(line)
                self._take(str(said["person"]), said.get("photo"), said.get("stars"))
            except (ValueError, KeyError, TypeError, AttributeError):  # half a line
                continue
        if not self._stars:
            self.add_user(FIRST)

    def users(self) -> list[str]:
        """Return everybody's name, the first to come first."""
        return list(self._stars)

    def stars(self, user: str) -> dict[str, int]:
        """Return a user's stars by the images' digests.

        Raises:
            UserError: nobody is called so.
        """
        with self._lock:
            if user not in self._stars:
                raise UserError(f"There is nobody called {user} here; add the name first.")
            return dict(self._stars[user])

    def add_user(self, name: str) -> str:
        """Add somebody, or find who is called so already.

        Raises:
            UserError: an empty or overlong name, or too many users.
        """
        name = "".join(letter for letter in name if letter.isprintable()).strip()
        if not name or len(name) > MAX_NAME:
            raise UserError(f"A name has 1 to {MAX_NAME} letters.")
        with self._lock:
            if name not in self._stars:
                if len(self._stars) >= MAX_USERS:
                    raise UserError(f"There are {MAX_USERS} people here already, which is as many as fit.")
                self._write({"person": name})
                self._take(name, None, None)
        return name

    def rate(self, user: str, photo: str, stars: int | None) -> None:
        """Keep what a user said of an image; None takes it back.

        Raises:
            UserError: nobody is called so, or there are not 1 to 5 stars.
        """
        if stars is not None and (isinstance(stars, bool) or not isinstance(stars, int) or not 1 <= stars <= 5):
            raise UserError("Give 1 to 5 stars.")
        with self._lock:
            if user not in self._stars:
                raise UserError(f"There is nobody called {user} here; add the name first.")
            self._write({"person": user, "photo": photo, "stars": stars})
            self._take(user, photo, stars)

    def _write(self, line: dict[str, Any]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            # a newline before as well: what was cut off must not swallow what comes after it
            file.write(b"\n" + json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _take(self, user: str, photo: str | None, stars: int | None) -> None:
        own = self._stars.setdefault(user, {})
        if photo is not None and stars is None:
            own.pop(photo, None)
        elif photo is not None and stars is not None:
            own.pop(photo, None)  # so that the newest comes last
            own[photo] = int(stars)
