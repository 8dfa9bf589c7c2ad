"""The home of a computer's users: their stars, and the models learnt from them for the folder at hand."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.networks import mean_score
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf, looks
from piaa_lightning.photos.images.store import KeptImage, NetworkView, Store
from piaa_lightning.photos.learning.personal_file import PersonalFile, networks_in
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.users.rated_folders import RatedFolders
from piaa_lightning.users.rating_log import NOTHING, RatingLog, Said


def place_of(root: Path) -> str:
    """Return a folder's name in the rating log."""
    return str(root.resolve())


def short_name(place: str) -> str:
    """Return a name for a directory that belongs to a folder."""
    return hashlib.sha256(os.fsencode(place)).hexdigest()[:32]


@dataclass(frozen=True)
class Told:
    """What a user said of images that a model has seen, in whatever folder they lie.

    Args:
        digests: of the images; of those that look the same to the networks the newest rated one.
        seen: what the networks saw.
        scores: ``(ratings,)`` float64, in [0, 1].
        elsewhere: statistics of other folders than the one at hand, in which the user rated.
        unseen: how many more images were rated that this model has not seen.
    """

    digests: list[str]
    seen: PhotoFeatures
    scores: Tensor
    elsewhere: FolderStatistics
    unseen: int


class Home:
    """One directory with users' ratings, what networks saw in the rated images, and the folders that these lay in.

    An image is known by its content: ratings go along when it is moved, and count in whatever folder it lies. What
    networks saw in it is kept here too, since its folder may be gone when another one is looked at.

    Args:
        directory: it is made with the first word.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = RatingLog(directory / "ratings.jsonl")
        self.folders = RatedFolders(directory / "folders")

    @cached_property
    def store(self) -> Store:
        """What networks saw in rated images."""
        return Store(self.directory / "seen.sqlite")

    def say(self, user: str, said: Mapping[str, Said], seen_in: Store) -> None:
        """Keep what a user says of images, and first what networks saw in them.

        Args:
            user: who says it.
            said: by the images' digests.
            seen_in: knows the images.

        Raises:
            UserError: see `RatingLog.say`.
        """
        self.keep_seen(said, seen_in)
        self.log.say(user, said)

    def say_new(self, user: str, stars: Mapping[str, float], place: str, seen_in: Store) -> int:
        """Keep stars of images, by digest, to which the user has given none, in one step; how many these were.

        Raises:
            UserError: see `RatingLog.say`.
        """
        said = self.log.said(user)
        without = {photo: one for photo in stars if (one := said.get(photo, NOTHING)).stars is None}
        self.say(
            user, {photo: replace(one, stars=stars[photo], place=place) for photo, one in without.items()}, seen_in
        )
        return len(without)

    def keep_seen(self, photos: Iterable[str], seen_in: Store) -> None:
        """Keep what networks saw in images, as far as another store knows it."""
        if seen_in is not self.store:
            self.store.keep(found for photo in photos if (found := seen_in.kept(photo)) is not None)

    def complete(self, seen_in: Store, networks: Sequence[str]) -> None:
        """Look in another store for what networks saw in rated images that is not kept here.

        Args:
            seen_in: the other store.
            networks: keys of those that matter.
        """
        rated = list(dict.fromkeys(photo for user in self.log.users() for photo in self.log.stars(user)))
        known = set(self.store.seen_by(rated, networks)) if rated else set()
        self.keep_seen([photo for photo in rated if photo not in known], seen_in)

    def told(self, user: str, model: PublishedModel, place: str = "") -> Told:
        """Return what a user said, in whatever folder, as a model sees it.

        Args:
            user: whose ratings.
            model: its networks.
            place: the folder at hand, whose statistics are known.

        Raises:
            UserError: nobody is called so.
        """
        said, networks = self.log.said(user), model.networks
        stars = {photo: one.stars for photo, one in said.items() if one.stars is not None}
        digests = self.store.seen_by(list(stars), networks.keys) if stars else []
        unseen = len(stars) - len(digests)
        parts = [
            self.store.features(digests, key, count) if digests else (torch.empty(0, count), None)
            for key, count in zip(networks.keys, networks.blocks, strict=True)
        ]
        seen = PhotoFeatures(
            torch.cat([one for one, _ in parts], 1), mean_score([one for _, one in parts], len(digests))
        )
        newest = sorted({look: number for number, look in enumerate(looks(seen))}.values())
        digests = [digests[number] for number in newest]
        places = {said[digest].place for digest in digests} - {place, ""}
        return Told(
            digests,
            seen[newest],
            torch.from_numpy(STARS.to_unit(np.array([stars[digest] for digest in digests], dtype=np.float64))),
            self.folders.pooled(places, networks.keys, networks.features),
            unseen,
        )

    def personal_file(
        self, user: str, model: PublishedModel, place: str = "", shelf: Shelf | None = None
    ) -> PersonalFile:
        """Return what was learnt of a user, from the ratings of all folders.

        Args:
            user: who it is.
            model: whose networks saw the images.
            place: the folder at hand.
            shelf: the images in it, whose statistics become a part of the file; None leaves them to whoever reads it.

        Raises:
            UserError: nothing can be learnt yet.
        """
        told = self.told(user, model, place)
        if not told.digests:
            raise UserError("Nothing can be learned yet; rate a photograph.")
        folder = told.elsewhere if shelf is None else shelf.statistics + told.elsewhere
        return PersonalFile(user, networks_in(model), STARS, told.seen, told.scores.float(), folder)

    def take_in(self, user: str, file: PersonalFile, model: PublishedModel) -> int:
        """Add the ratings of a personal file to those of a user; own words go before them.

        Args:
            user: who gets them.
            file: what was learnt elsewhere.
            model: of the same networks.

        Returns:
            How many ratings were new.

        Raises:
            UserError: nobody is called so.
        """
        networks, known = model.networks, set(looks(self.told(user, model).seen))
        place = f"file {hashlib.sha256(file.bytes()).hexdigest()[:32]}"
        new: dict[str, float] = {}
        for number, look in enumerate(looks(file.told)):
            if look in known:
                continue
            digest = f"look {look.hex()}"  # the image itself is not known, and may come
            values = torch.split(file.told.values[number].half(), networks.blocks)
            views: Mapping[str, NetworkView] = {
                key: NetworkView(part.numpy(), float(file.told.score[number]))
                for key, part in zip(networks.keys, values, strict=True)
            }
            self.store.keep([KeptImage(digest, 1, 1, b"", views)])
            new[digest] = float(STARS.from_unit(np.clip(float(file.scores[number]), 0, 1)))
        if new and file.folder.count:
            self.folders.keep(place, networks.keys, file.folder)
        self.log.say(user, {digest: Said(round(stars, 3), place=place) for digest, stars in new.items()})
        return len(new)
