"""One visitor: images, users, what they said, and the orders that follow from it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.groups import best_of_groups
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf, looks
from piaa_lightning.photos.learning.next_to_rate import next_to_rate
from piaa_lightning.photos.learning.personal_file import PersonalFile
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.photos.results.ranking import Ranking, order_of
from piaa_lightning.photos.results.why import Why
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.runtime.terminal import printable
from piaa_lightning.users.home import Home, Told, place_of, short_name
from piaa_lightning.users.rating_log import NOTHING, REJECT, Said
from piaa_lightning.web.album import Album, Progress
from piaa_lightning.web.grouping import Grouping
from piaa_lightning.web.uploads import Limits, Uploads

NO_FOLDER = "added photographs"  # the place of ratings where no folder is shown
ASKED = 12  # images that are proposed at once: one to rate, and those after it where it is skipped


@dataclass(frozen=True)
class View:
    """A user's order at one moment.

    Args:
        shelf: the images.
        numbers: places in the shelf by digest.
        said: by the user, of images here and elsewhere, by digest.
        told: what is learnt from.
        personal: what follows from it.
        ranking: the order.
        asked: numbers of the images to rate next.
        added: digests of those that the visitor brought.
        groups: ``(images,)`` the first image of the group of each, see `group_photos`.
    """

    shelf: Shelf
    numbers: dict[str, int]
    said: dict[str, Said]
    told: Told
    personal: PersonalModel
    ranking: Ranking
    asked: list[int]
    added: frozenset[str]
    groups: Indices

    @cached_property
    def best(self) -> NDArray[np.bool_]:
        """``(images,)`` whether each is the best of its group."""
        return best_of_groups(self.groups, self.ranking.order)

    @cached_property
    def alike(self) -> NDArray[np.int64]:
        """``(images,)`` how many there are in the group of each."""
        return np.bincount(self.groups, minlength=len(self.groups))[self.groups]

    @cached_property
    def why(self) -> Why:
        """Says why an image stands where it stands."""
        return Why(self.personal, self.shelf)

    @property
    def rated(self) -> int:
        """How many images of the shelf have the user's stars."""
        return int((self.ranking.stars == self.ranking.stars).sum())


class Session:
    """What belongs to one visitor and nobody else; all of it lies below one directory.

    Args:
        directory: of the visitor.
        prior: what tastes start from.
        shared: the folder that whoever runs the page shows to all visitors; None where there is none.
        limits: what may be brought.
        by_folder: whether what is brought is shown beside that folder alone, and not beside the next one.
    """

    def __init__(
        self, directory: Path, prior: PublishedModel, shared: Album | None, limits: Limits, by_folder: bool = False
    ) -> None:
        self.directory, self.prior, self.shared, self.by_folder = directory, prior, shared, by_folder
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.home = Home(directory)
        self.log = self.home.log
        self.place = NO_FOLDER if shared is None else place_of(shared.root)
        own = directory / "added" / short_name(self.place) if by_folder and shared is not None else directory
        self.uploads = Uploads(own, limits)
        self._earlier = self.uploads.files()  # and not what comes while these are read
        self.own = Album(prior, self.home.store, self.uploads.root, limits.pixels)
        self._grouping = Grouping(prior)
        self._lock = threading.RLock()
        self._shelf: tuple[tuple[int, int], Shelf] | None = None
        self._views: dict[str, tuple[object, View]] = {}
        self._kept: object = None  # the version of the folder whose statistics are kept

    @property
    def folder(self) -> str:
        """The name of the folder that is shown; empty where there is none."""
        return "" if self.shared is None else printable(self.shared.root.resolve().name or str(self.shared.root))

    @property
    def trouble(self) -> str:
        """Why reading stopped before its end, or nothing."""
        return "" if self.shared is None else self.shared.trouble

    def resume(self) -> None:
        """Read what the visitor brought before the server was last stopped."""
        self.own.read(self._earlier)

    @property
    def version(self) -> list[int]:
        """Moves whenever there is anything new to see, in this window or in another."""
        self.log.users()
        shared = self.shared.version if self.shared else 0
        return [self.log.version, self.own.version, shared, self._grouping.version]

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
            self.own.drop([stored])
            raise UserError(f"{self.uploads.name(stored)}: {reasons[stored]}")
        digest = self.own.store.digest_of(self.uploads.root / stored)
        shelf = self.own.shelf()
        if shelf.files[shelf.digests.index(digest)] != stored:  # the same image was here already
            self.own.drop([stored])
            self.uploads.remove(stored)
        return digest

    def remove(self, photo: str) -> None:
        """Take away an image that the visitor brought; what was said of it stays.

        Raises:
            UserError: the visitor did not bring it.
        """
        shelf = self.own.shelf()
        if photo not in shelf.digests:
            raise UserError("Only photographs that were added here can be removed here.")
        stored = shelf.files[shelf.digests.index(photo)]
        self.own.drop([stored])
        self.uploads.remove(stored)

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
        """Return a user's order; it is made anew only where words or images are."""
        with self._lock:
            said, shelf = self.log.said(user), self.shelf()
            version = self._shelf and self._shelf[0]
            self._group(shelf, version)
            key = (version, self._grouping.version, tuple(said.items()))
            if user not in self._views or self._views[user][0] != key:
                self._views[user] = (key, self._ordered(user, shelf, said))
                self._keep_folder(shelf, said, version)
            return self._views[user][1]

    def _ordered(self, user: str, shelf: Shelf, said: dict[str, Said]) -> View:
        numbers = {digest: number for number, digest in enumerate(shelf.digests)}
        told = self.home.told(user, self.prior, self.place)
        process = self.prior.population.process(shelf.statistics + told.elsewhere)
        personal = PersonalModel(process, told.seen, told.scores)
        rejected = [numbers[photo] for photo, one in said.items() if one.mark == REJECT and photo in numbers]
        ranking = order_of(personal, shelf, STARS, rejected)
        rated = np.flatnonzero(~np.isnan(ranking.stars))
        added, groups = frozenset(self.own.shelf().digests), self._grouping.of(shelf)
        view = View(shelf, numbers, said, told, personal, ranking, [], added, groups)
        # of each group the best, and none where one of it was rated
        skip = np.flatnonzero(~view.best | np.isin(groups, groups[rated]))
        asked = next_to_rate(personal, shelf.seen, [*rated, *rejected], ASKED, skip.tolist())
        return replace(view, asked=asked)

    def _group(self, shelf: Shelf, version: object) -> None:
        """Look for groups once everything is read."""
        progress = self.progress()
        if shelf.digests and progress.done >= progress.total:
            stores = [album.store for album in (self.own, self.shared) if album is not None]
            taken = {digest: when for store in stores for digest, when in store.taken(shelf.digests).items()}
            self._grouping.look(shelf, taken, version)

    def _keep_folder(self, shelf: Shelf, said: dict[str, Said], version: object) -> None:
        """Keep the statistics of a folder in which something was said, once it is read."""
        progress = self.progress()
        read = progress.done >= progress.total and self._kept != version
        if read and any(one.place == self.place for one in said.values()):
            self.home.folders.keep(self.place, self.prior.networks.keys, shelf.statistics)
            self._kept = version

    def say(self, user: str, photo: str, **change: Any) -> None:
        """Keep what a user says of an image.

        Args:
            user: who says it.
            photo: the image's digest.
            change: ``stars`` and ``mark`` of `Said`, as far as they are new.

        Raises:
            UserError: there is no such image or user, or it makes no sense.
        """
        album = self._album_of(photo)
        said = self.log.said(user)
        own = replace(said.get(photo, NOTHING), **change, place=self.place)
        changed = {photo: own} if photo in said or not own.nothing else {}
        if own.stars is None:  # copies of the image, too, of which it was said
            changed |= {other: replace(said[other], stars=None) for other in self._copies(user, photo)}
        self.home.say(user, changed, album.store)

    def reject(self, user: str, photos: Sequence[str]) -> int:
        """Reject images in one step, but for those that were picked or rejected before; how many these were.

        Raises:
            UserError: nobody is called so.
        """
        said = self.log.said(user)
        open_ = [photo for photo in photos if not said.get(photo, NOTHING).mark]
        self.log.say(user, {photo: replace(said.get(photo, NOTHING), mark=REJECT, place=self.place) for photo in open_})
        return len(open_)

    def say_new(self, user: str, stars: Mapping[str, float]) -> int:
        """Keep stars of images that have none, see `Home.say_new`."""
        for album in filter(None, (self.shared, self.own)):
            self.home.keep_seen(stars.keys() & set(album.shelf().digests), album.store)
        return self.home.say_new(user, stars, self.place, self.home.store)

    def _copies(self, user: str, photo: str) -> list[str]:
        """Return which other rated images are the same to the networks."""
        view = self.view(user)
        (look,) = looks(view.shelf.seen[[view.numbers[photo]]])
        told = zip(view.told.digests, looks(view.told.seen), strict=True)
        return [digest for digest, other in told if other == look and digest != photo]

    def user(self, name: str) -> PersonalFile:
        """Return what was learnt of a user, for a personal file.

        Raises:
            UserError: nothing can be learnt yet.
        """
        return self.home.personal_file(name, self.prior, self.place, self.shelf())

    def _album_of(self, photo: str) -> Album:
        """Return where an image of this visitor is known.

        Raises:
            UserError: the visitor has none of that digest.
        """
        for album in (self.own, self.shared):
            if album is not None and photo in album.shelf().digests:
                return album
        raise UserError("There is no such photograph here.")

    def path_of(self, photo: str) -> Path:
        """Return where an image of this visitor lies.

        Raises:
            UserError: the visitor has none of that digest.
        """
        album = self._album_of(photo)
        shelf = album.shelf()
        return album.root / shelf.files[shelf.digests.index(photo)]

    def name_of(self, photo: str) -> str:
        """Return what the visitor calls an image."""
        shelf = self.shelf()
        return shelf.files[shelf.digests.index(photo)]

    def thumbnail(self, photo: str) -> bytes | None:
        """Return an image's small JPEG; None where the visitor has none of that digest."""
        for album in (self.own, self.shared):
            if album is not None and photo in self.shelf().digests:
                found = album.store.thumbnail(photo)
                if found is not None:
                    return found
        return None

    def forget(self) -> None:
        """Remove everything that the visitor brought or said."""
        self.own.close()
        self.home.store.close()
        shutil.rmtree(self.directory, ignore_errors=True)
