"""One visitor: images, users, their stars, and the orders that follow from them."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.photos.next_to_rate import next_to_rate
from piaa_lightning.photos.personal_file import PersonalFile
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.photo_features import PhotoFeatures
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.ranking import Ranking, order_of
from piaa_lightning.photos.ratings import STARS
from piaa_lightning.photos.reading import Shelf
from piaa_lightning.photos.store import Store
from piaa_lightning.web.album import Album, Progress
from piaa_lightning.web.rating_log import RatingLog
from piaa_lightning.web.uploads import Limits, Uploads

ASKED = 12  # images that are proposed at once: one to rate, and those after it where it is skipped


@dataclass(frozen=True)
class View:
    """A user's order at one moment.

    Args:
        shelf: the images.
        numbers: places in the shelf by digest.
        stars: that the user gave, by digest.
        personal: what follows from them.
        ranking: the order.
        asked: numbers of the images to rate next.
    """

    shelf: Shelf
    numbers: dict[str, int]
    stars: dict[str, int]
    personal: PersonalModel
    ranking: Ranking
    asked: list[int]


class Session:
    """What belongs to one visitor and nobody else; all of it lies below one directory.

    Args:
        directory: of the visitor.
        prior: what tastes start from.
        shared: the folder that whoever runs the page shows to all visitors; None where there is none.
        limits: what may be brought.
    """

    def __init__(self, directory: Path, prior: PublishedModel, shared: Album | None, limits: Limits) -> None:
        self.directory, self.prior, self.shared = directory, prior, shared
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log = RatingLog(directory / "ratings.jsonl")
        self.uploads = Uploads(directory, limits)
        self.own = Album(prior, Store(directory / "seen.sqlite"), self.uploads.root, limits.pixels)
        self._lock = threading.RLock()
        self._shelf: tuple[tuple[int, int], Shelf] | None = None
        self._views: dict[str, tuple[object, View]] = {}

    def resume(self) -> None:
        """Read what the visitor brought before the server was last stopped."""
        self.own.read(self.uploads.files())

    def take(self, stored: str) -> str:
        """Read an upload, and verify by decoding that it is an image.

        Returns:
            Its digest.

        Raises:
            UserError: it cannot be read; the file is gone then.
        """
        reasons = self.own.read([stored])
        if reasons:
            self.uploads.remove(stored)
            raise UserError(f"{self.uploads.name(stored)}: {reasons[stored]}")
        digest = self.own.store.digest_of(self.uploads.root / stored)
        shelf = self.own.shelf()
        if shelf.files[shelf.digests.index(digest)] != stored:  # the same image was here already
            self.uploads.remove(stored)
        return digest

    def progress(self) -> Progress:
        """Say how far reading is, of the shared folder and of what the visitor brought."""
        own, shared = self.own.progress(), self.shared.progress() if self.shared else Progress(0, 0)
        return Progress(own.done + shared.done, own.total + shared.total)

    def shelf(self) -> Shelf:
        """Return all images that the visitor may see, each once, named as the visitor calls them."""
        version = (self.shared.version if self.shared else 0, self.own.version)
        with self._lock:
            if self._shelf is None or self._shelf[0] != version:
                self._shelf = (version, self._joined())
            return self._shelf[1]

    def _joined(self) -> Shelf:
        own = self.own.shelf()
        own.files = [self.uploads.name(file) for file in own.files]
        shared = self.shared.shelf() if self.shared else Shelf.empty(self.prior.networks.features)
        known = set(shared.digests)
        new = [n for n, digest in enumerate(own.digests) if digest not in known]
        # by name, because the order in which they came is another one after a restart
        new.sort(key=lambda n: (own.files[n], own.digests[n]))
        return Shelf(
            shared.files + [own.files[n] for n in new],
            shared.digests + [own.digests[n] for n in new],
            shared.sizes + [own.sizes[n] for n in new],
            PhotoFeatures.joined([shared.seen, own.seen[new]]) if new else shared.seen,  # which may be large
            {**shared.skipped, **own.skipped},
        )

    def view(self, user: str) -> View:
        """Return a user's order; it is made anew only where stars or images are."""
        with self._lock:
            stars, shelf = self.log.stars(user), self.shelf()
            key = (self._shelf and self._shelf[0], tuple(stars.items()))
            if user not in self._views or self._views[user][0] != key:
                self._views[user] = (key, self._ordered(shelf, stars))
            return self._views[user][1]

    def _ordered(self, shelf: Shelf, stars: dict[str, int]) -> View:
        numbers = {digest: number for number, digest in enumerate(shelf.digests)}
        rated = {numbers[digest]: given for digest, given in stars.items() if digest in numbers}
        scores = torch.from_numpy(STARS.to_unit(np.array(list(rated.values()), dtype=np.float64)))
        personal = PersonalModel(self.prior.population.process(shelf.statistics), shelf.seen[list(rated)], scores)
        ranking = order_of(personal, shelf, STARS, list(rated))
        asked = next_to_rate(personal, shelf.seen, list(rated), ASKED)
        return View(shelf, numbers, stars, personal, ranking, asked)

    def user(self, name: str) -> PersonalFile:
        """Return what was learnt of a user, for a personal file.

        Raises:
            UserError: nothing can be learnt yet.
        """
        view = self.view(name)
        rated = {view.numbers[digest]: float(given) for digest, given in view.stars.items() if digest in view.numbers}
        if not rated:
            raise UserError("Nothing can be learned yet; rate a photograph.")
        return PersonalFile.learnt(name, self.prior, view.shelf, rated, STARS)

    def path_of(self, digest: str) -> Path:
        """Return where an image of this visitor lies.

        Raises:
            UserError: the visitor has none of that digest.
        """
        for album in (self.own, self.shared):
            if album is not None:
                shelf = album.shelf()
                if digest in shelf.digests:
                    return album.root / shelf.files[shelf.digests.index(digest)]
        raise UserError("There is no such photograph here.")

    def thumbnail(self, digest: str) -> bytes | None:
        """Return an image's small JPEG; None where the visitor has none of that digest."""
        for album in (self.own, self.shared):
            if album is not None and digest in self.shelf().digests:
                found = album.store.thumbnail(digest)
                if found is not None:
                    return found
        return None

    def forget(self) -> None:
        """Remove everything that the visitor brought or said."""
        self.own.close()
        self.own.store.close()
        shutil.rmtree(self.directory, ignore_errors=True)
