"""Groups of photographs of the same, found in the background once a folder is read."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np

from piaa_lightning.data.ratings import Indices
from piaa_lightning.photos.images.groups import group_photos
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.learning.published_model import PublishedModel


class Grouping:
    """What belongs together on a shelf that grows.

    Args:
        model: its networks saw the photographs.
    """

    def __init__(self, model: PublishedModel) -> None:
        self.version = 0  # moves whenever groups were found
        self._networks = list(zip(model.networks.names, model.networks.blocks, strict=True))
        self._first: dict[str, str] = {}  # digest of the first photograph of a group, by digest
        self._asked: object = None
        self._lock = threading.Lock()

    def look(self, shelf: Shelf, taken: Mapping[str, float | None], version: object) -> None:
        """Begin to look for groups on a shelf, unless that was done already."""
        with self._lock:
            if self._asked == version:
                return
            self._asked = version
        threading.Thread(target=self.find, args=(shelf, taken, version), daemon=True).start()

    def find(self, shelf: Shelf, taken: Mapping[str, float | None], version: object = None) -> None:
        """Look for groups on a shelf."""
        times = [taken.get(digest) for digest in shelf.digests]
        found = group_photos(shelf.files, shelf.seen, self._networks, times)
        with self._lock:
            if self._asked in (None, version):  # nobody has asked for a later one meanwhile
                self._first = {digest: shelf.digests[found[number]] for number, digest in enumerate(shelf.digests)}
                self.version += 1

    def of(self, shelf: Shelf) -> Indices:
        """Return the number of the first photograph of the group of each; one that is new is alone."""
        numbers = {digest: number for number, digest in enumerate(shelf.digests)}
        with self._lock:
            firsts = [
                numbers.get(self._first.get(digest, digest), number) for number, digest in enumerate(shelf.digests)
            ]
        return np.array(firsts, dtype=np.int64)
