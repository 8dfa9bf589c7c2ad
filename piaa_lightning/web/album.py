"""Images that grow while they are looked at: read in the background, seen as far as they are there."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piaa_lightning.data.images.formats import MAX_PIXELS
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder import find_photos
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf, read_photos, shelf_of
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learning.published_model import PublishedModel

log = logging.getLogger(__name__)

AT_ONCE = 16  # files that are shown together
PAUSE = 3.0  # seconds between two looks at the folder
SHARE = 0.02  # of the time is spent on them at most


@dataclass(frozen=True)
class Progress:
    """How far reading is.

    Args:
        done: files that were read or skipped.
        total: files that were found.
    """

    done: int
    total: int


class Album:
    """What was read below one directory.

    Args:
        prior: its networks look at images.
        store: keeps what it saw.
        root: the directory.
        max_pixels: the largest image that is read.
        all_folders: see `find_photos`.
    """

    def __init__(
        self,
        prior: PublishedModel,
        store: Store,
        root: Path,
        max_pixels: int = MAX_PIXELS,
        all_folders: bool = False,
    ) -> None:
        self.prior, self.store, self.root, self.all_folders = prior, store, root, all_folders
        self.version = 0  # moves whenever there is more to see, or less
        self.trouble = ""  # why reading stopped before its end
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._shelf = Shelf.empty(prior.networks.features)
        self._known: dict[str, list[str]] = {}  # files by digest: the first is shown
        self._states: dict[str, tuple[int, int] | None] = {}  # size and time of files when they were read
        self._seen: list[PhotoFeatures] = []  # not yet joined to the shelf's
        self._done = self._total = 0
        self._closed = threading.Event()

    def read(self, files: Sequence[str]) -> dict[str, str]:
        """Read files below the root; several threads may do so at once.

        Returns:
            Why files were skipped, by path.
        """
        with self._lock:
            self._total += len(files)
        states = {file: self._state(file) for file in files}
        skipped: dict[str, str] = {}
        waiting: list[tuple[str, str, str]] = []
        taken = 0

        def show() -> None:
            nonlocal taken
            if not waiting:
                return
            self.take(waiting)
            with self._lock:
                self._states.update({file: states[file] for file, _, _ in waiting})
            taken += len(waiting)
            waiting.clear()

        try:
            for one in read_photos(self.prior.networks, self.store, self.root, files, self._max_pixels):
                waiting.append(one)
                if one[2]:
                    skipped[one[0]] = one[2]
                if len(waiting) >= AT_ONCE:
                    show()
                if self._closed.is_set():
                    break
            show()
        finally:
            with self._lock:
                self._total -= len(files) - taken
        return skipped

    def take(self, read: Sequence[tuple[str, str, str]]) -> None:
        """Show what was read, see `read_photos`."""
        new = shelf_of(self.prior.networks, self.store, read)
        with self._lock:
            for number, digest in enumerate(new.digests):
                own = self._known.setdefault(digest, [])
                if not own:
                    self._shelf.files.append(new.files[number])
                    self._shelf.digests.append(digest)
                    self._shelf.sizes.append(new.sizes[number])
                    self._seen.append(new.seen[number : number + 1])
                if new.files[number] not in own:
                    own.append(new.files[number])
            self._shelf.skipped.update(new.skipped)
            self._done += len(read)
            self.version += 1

    def drop(self, files: Sequence[str]) -> None:
        """Show files no more; of an image that lies there twice the other one stays."""
        gone = set(files)
        with self._lock:
            self._join()
            for file in gone:
                self._states.pop(file, None)
                self._shelf.skipped.pop(file, None)
            keep: list[int] = []
            for number, digest in enumerate(self._shelf.digests):
                left = [file for file in self._known[digest] if file not in gone]
                if left:
                    self._known[digest] = left
                    self._shelf.files[number] = left[0]
                    keep.append(number)
                else:
                    del self._known[digest]
            shelf = self._shelf
            self._shelf = Shelf(
                [shelf.files[number] for number in keep],
                [shelf.digests[number] for number in keep],
                [shelf.sizes[number] for number in keep],
                shelf.seen[keep],
                shelf.skipped,
            )
            self.version += 1

    def watch(self, files: Sequence[str]) -> None:
        """Read files, and then whatever comes, changes or goes in the directory, until this is closed."""
        pause = 0.0
        while not self._closed.wait(pause):
            try:
                self.read(files)
                started = time.monotonic()
                files = self.look_again()
                pause = max(PAUSE, (time.monotonic() - started) / SHARE)
                self.trouble = ""
            except (UserError, OSError, sqlite3.Error) as error:
                self.trouble = f"Reading photographs stopped: {error}"
                log.warning("%s", self.trouble)
                files, pause = [], 20 * PAUSE

    def look_again(self) -> list[str]:
        """Look at the directory anew, and forget what is gone.

        Returns:
            Files that are new, or are others than when they were read.
        """
        try:
            there = find_photos(self.root, self.all_folders).files
        except UserError:  # the last one is gone, or a disk is not plugged in
            there = []
            if not self.root.is_dir():
                return []
        states = {file: self._state(file) for file in there}
        with self._lock:
            known = dict(self._states)
        new = [file for file in there if file not in known or states[file] != known[file]]
        gone = [file for file in known if file not in states]
        if gone or any(file in known for file in new):
            self.drop([*gone, *(file for file in new if file in known)])
        return new

    def _state(self, file: str) -> tuple[int, int] | None:
        try:
            found = (self.root / file).stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns

    def _join(self) -> None:
        if self._seen:
            self._shelf.seen = PhotoFeatures.joined([self._shelf.seen, *self._seen])
            self._seen = []

    def shelf(self) -> Shelf:
        """Return what is there by now; it does not change any more."""
        with self._lock:
            self._join()
            own = self._shelf
            return Shelf(list(own.files), list(own.digests), list(own.sizes), own.seen, dict(own.skipped))

    def progress(self) -> Progress:
        """Say how far reading is."""
        with self._lock:
            return Progress(self._done, self._total)

    def close(self) -> None:
        """Stop reading after the images that are in work."""
        self._closed.set()
