"""Images that grow while they are looked at: read in the background, seen as far as they are there."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piaa_lightning.data.images.formats import MAX_PIXELS
from piaa_lightning.photos.photo_features import PhotoFeatures
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.reading import Shelf, read_photos, shelf_of
from piaa_lightning.photos.store import Store


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
    """

    def __init__(self, prior: PublishedModel, store: Store, root: Path, max_pixels: int = MAX_PIXELS) -> None:
        self.prior, self.store, self.root = prior, store, root
        self.version = 0  # moves whenever there is more to see
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._shelf = Shelf.empty(prior.networks.features)
        self._known: set[str] = set()
        self._seen: list[PhotoFeatures] = []  # not yet joined to the shelf's
        self._done = self._total = 0
        self._closed = False

    def read(self, files: Sequence[str]) -> dict[str, str]:
        """Read files below the root; several threads may do so at once.

        Returns:
            Why files were skipped, by path.
        """
        with self._lock:
            self._total += len(files)
        skipped: dict[str, str] = {}
        waiting: list[tuple[str, str, str]] = []
        for one in read_photos(self.prior.networks, self.store, self.root, files, self._max_pixels):
            waiting.append(one)
            if one[2]:
                skipped[one[0]] = one[2]
            if len(waiting) >= 16:
                self.take(waiting)
                waiting = []
            if self._closed:
                break
        self.take(waiting)
        return skipped

    def take(self, read: Sequence[tuple[str, str, str]]) -> None:
        """Show what was read, see `read_photos`."""
        new = shelf_of(self.prior.networks, self.store, read)
        with self._lock:
            for number, digest in enumerate(new.digests):
                if digest not in self._known:
                    self._known.add(digest)
                    self._shelf.files.append(new.files[number])
                    self._shelf.digests.append(digest)
                    self._shelf.sizes.append(new.sizes[number])
                    self._seen.append(new.seen[number : number + 1])
            self._shelf.skipped.update(new.skipped)
            self._done += len(read)
            self.version += 1

    def shelf(self) -> Shelf:
        """Return what is there by now; it does not change any more."""
        with self._lock:
            if self._seen:
                self._shelf.seen = PhotoFeatures.joined([self._shelf.seen, *self._seen])
                self._seen = []
            own = self._shelf
            return Shelf(list(own.files), list(own.digests), list(own.sizes), own.seen, dict(own.skipped))

    def progress(self) -> Progress:
        """Say how far reading is."""
        with self._lock:
            return Progress(self._done, self._total)

    def close(self) -> None:
        """Stop reading after the images that are in work."""
        self._closed = True
