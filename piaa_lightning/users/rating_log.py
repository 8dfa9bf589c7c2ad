"""The log of stars and marks: each line is on the disk before anybody is told that it is kept."""

from __future__ import annotations

import json
import math
import os
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from piaa_lightning.errors import UserError

MAX_USERS, MAX_NAME = 12, 40
FIRST = "me"
PICK, REJECT = "pick", "reject"


@dataclass(frozen=True)
class Said:
    """What a user said of one image.

    Args:
        stars: from 1 to 5; None where there are none.
        mark: ``pick``, ``reject``, or nothing; it is not learnt from.
        place: the folder in which it was said, see `RatedFolders`.
    """

    stars: float | None = None
    mark: str = ""
    place: str = ""

    @property
    def nothing(self) -> bool:
        """Whether it is the same as having said nothing."""
        return self.stars is None and not self.mark


NOTHING = Said()


Step = list[tuple[str, Said, Said]]  # image, what was said before, and after


@dataclass
class _Known:
    """One user: what was said last of each image, the newest last, and the steps that can be taken back or again."""

    said: dict[str, Said] = field(default_factory=dict)
    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    step: object = None  # which lines belong to, if they are more than one


class RatingLog:
    """Users and what they said of images, appended to a file; the last word on an image counts.

    A line that was cut off when the machine died is passed over. Several processes may use one file: each reads what
    the others have added before it answers.

    Args:
        file: where it lies; it is made with the first word.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._read = 0  # bytes
        self._users: dict[str, _Known] = {FIRST: _Known()}
        self._latest = FIRST
        self.version = 0  # moves with every line
        self.users()

    def users(self) -> list[str]:
        """Return everybody's name, the first to come first."""
        with self._lock:
            self._catch_up()
            return list(self._users)

    def latest(self) -> str:
        """Return who said something last."""
        with self._lock:
            self._catch_up()
            return self._latest if self._latest in self._users else next(iter(self._users))

    def said(self, user: str) -> dict[str, Said]:
        """Return what a user said by the images' digests, the newest last.

        Raises:
            UserError: nobody is called so.
        """
        with self._lock:
            return dict(self._known(user).said)

    def stars(self, user: str) -> dict[str, float]:
        """Return a user's stars by the images' digests, the newest last.

        Raises:
            UserError: nobody is called so.
        """
        return {photo: said.stars for photo, said in self.said(user).items() if said.stars is not None}

    def steps(self, user: str) -> tuple[bool, bool]:
        """Say whether there is anything to take back, and anything to do again.

        Raises:
            UserError: nobody is called so.
        """
        with self._lock:
            known = self._known(user)
            return bool(known.done), bool(known.undone)

    def add_user(self, name: str) -> str:
        """Add somebody, or find who is called so already.

        Raises:
            UserError: an empty or overlong name, or too many users.
        """
        name = _plain(name)
        with self._lock:
            self._catch_up()
            if name not in self._users:
                if len(self._users) >= MAX_USERS:
                    raise UserError(f"There are {MAX_USERS} people here already, which is as many as fit.")
                self._write({"person": name})
        return name

    def rename_user(self, user: str, name: str) -> str:
        """Call a user by another name.

        Raises:
            UserError: nobody is called so, somebody else has the new name, or it is none.
        """
        name = _plain(name)
        with self._lock:
            self._known(user)
            if name in self._users and name != user:
                raise UserError(f"Somebody is called {name} already; choose another name.")
            if name != user:
                self._write({"person": user, "renamed": name})
        return name

    def remove_user(self, user: str) -> None:
        """Remove a user and everything that the user said.

        Raises:
            UserError: nobody is called so.
        """
        with self._lock:
            self._known(user)
            self._write({"person": user, "removed": True})

    def say(self, user: str, said: Mapping[str, Said]) -> None:
        """Keep what a user says of images, in one step; nothing takes it back.

        Args:
            user: who says it.
            said: by the images' digests.

        Raises:
            UserError: nobody is called so, or there are not 1 to 5 stars.
        """
        for one in said.values():
            _refuse_nonsense(one)
        with self._lock:
            self._known(user)
            self._write_step(user, said.items(), {})

    def undo(self, user: str) -> list[str]:
        """Take back what a user did last; an earlier undo does not count.

        Returns:
            Digests of the images that it was said of; none where nothing is left to take back.

        Raises:
            UserError: nobody is called so.
        """
        return self._step(user, "undo")

    def redo(self, user: str) -> list[str]:
        """Do again what was taken back last; see `undo`."""
        return self._step(user, "redo")

    def _step(self, user: str, way: Literal["undo", "redo"]) -> list[str]:
        with self._lock:
            known = self._known(user)
            steps = known.done if way == "undo" else known.undone
            if not steps:
                return []
            step = steps[-1]
            self._write_step(
                user, [(photo, before if way == "undo" else after) for photo, before, after in step], {"way": way}
            )
            return [photo for photo, _, _ in step]

    def _write_step(self, user: str, said: Iterable[tuple[str, Said]], more: Mapping[str, str]) -> None:
        lines = [{"person": user, "photo": photo, **_line(one), **more} for photo, one in said]
        together = {"step": secrets.token_hex(6)} if len(lines) > 1 else {}
        self._write(*({**line, **together} for line in lines))

    def _known(self, user: str) -> _Known:
        self._catch_up()
        if user not in self._users:
            raise UserError(f"There is nobody called {user} here; add the name first.")
        return self._users[user]

    def _write(self, *lines: Mapping[str, Any]) -> None:
        if not lines:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._file.open("ab") as file:
            # a newline before as well: what was cut off must not swallow what comes after it
            file.write(b"".join(b"\n" + json.dumps(line).encode() + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        self._catch_up()

    def _catch_up(self) -> None:
        """Read what was added to the file, by whichever process, as far as its lines are whole."""
        try:
            if self._file.stat().st_size <= self._read:
                return
            with self._file.open("rb") as file:
                file.seek(self._read)
                added = file.read()
        except FileNotFoundError:
            return
        whole = added[: added.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.split(b"\n"):
            try:
                self._hear(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UserError):  # half a line
                continue

    def _hear(self, line: Mapping[str, Any]) -> None:
        user = str(line["person"])
        self.version += 1
        if "renamed" in line:
            known = self._users  # a new name keeps its place in the row
            self._users = {str(line["renamed"]) if name == user else name: one for name, one in known.items()}
        elif line.get("removed"):
            self._users.pop(user, None)
            self._users = self._users or {FIRST: _Known()}
        elif line.get("photo") is None:
            self._users.setdefault(user, _Known())
        else:
            self._take(user, str(line["photo"]), line)

    def _take(self, user: str, photo: str, line: Mapping[str, Any]) -> None:
        said = Said(line.get("stars"), str(line.get("mark", "")), str(line.get("place", "")))
        _refuse_nonsense(said)
        known = self._users.setdefault(user, _Known())
        before = known.said.pop(photo, NOTHING)  # so that the newest comes last
        if not said.nothing:
            known.said[photo] = said
        self._latest = user
        way, step = line.get("way"), line.get("step")
        goes_on = step is not None and known.step == (way, step)
        known.step = (way, step)
        if goes_on:
            if way is None and known.done:
                known.done[-1].append((photo, before, said))
        elif way == "undo" and known.done:
            known.undone.append(known.done.pop())
        elif way == "redo" and known.undone:
            known.done.append(known.undone.pop())
        else:
            known.done.append([(photo, before, said)])
            known.undone.clear()


def _plain(name: str) -> str:
    """Return a name without letters that cannot be printed.

    Raises:
        UserError: it is empty or overlong.
    """
    name = "".join(letter for letter in name if letter.isprintable()).strip()
    if not name or len(name) > MAX_NAME:
        raise UserError(f"A name has 1 to {MAX_NAME} letters.")
    return name


def _line(said: Said) -> dict[str, Any]:
    line: dict[str, Any] = {"stars": said.stars}
    return line | ({"mark": said.mark} if said.mark else {}) | ({"place": said.place} if said.place else {})


def _refuse_nonsense(said: Said) -> None:
    stars = said.stars
    if said.mark not in ("", PICK, REJECT):
        raise UserError(f"A photograph is marked as {PICK}, {REJECT}, or not at all.")
    if stars is None:
        return
    if isinstance(stars, bool) or not isinstance(stars, int | float) or not math.isfinite(stars) or not 1 <= stars <= 5:
        raise UserError("Give 1 to 5 stars.")
