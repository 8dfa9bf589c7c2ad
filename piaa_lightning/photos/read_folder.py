"""A folder of photographs as a model sees it, and whose order is asked for: what every command begins with."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from piaa_lightning.data.ratings import Indices, Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder import Folder
from piaa_lightning.photos.images.groups import group_photos
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf, read_photos, shelf_of
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learning.personal_file import PersonalFile, load_personal_file
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.photos.stars.ratings import STARS, equal_note, read_ratings
from piaa_lightning.runtime.progress import track
from piaa_lightning.runtime.terminal import printable

log = logging.getLogger(__name__)

SHOWN = 5  # of the files that were skipped, in the terminal


@dataclass(frozen=True)
class ReadFolder:
    """A folder as a model sees it.

    Args:
        model: what a personal model starts from.
        root: the folder.
        shelf: its photographs.
        store: what was read of them.
        notes: sentences that whoever sees a result should know.
    """

    model: PublishedModel
    root: Path
    shelf: Shelf
    store: Store
    notes: list[str]


@dataclass(frozen=True)
class Who:
    """Whose order is asked for: everybody's, unless something is given.

    Args:
        person: a personal file, or where it lies.
        ratings: a csv file with the columns image,score, or ``stars`` for those in EXIF and XMP data; it goes before
            the personal file.
        scale: the worst and the best score of that file.
        rejected: digests of photographs that the person has rejected; they come last.
    """

    person: Path | PersonalFile | None = None
    ratings: str | None = None
    scale: Scale = STARS
    rejected: Collection[str] = ()


def read_folder(folder: Folder, model: PublishedModel, cache: Path, note: str = "") -> ReadFolder:
    """Read photographs through a model; what an earlier command read is not read again.

    Args:
        folder: see `find_photos`.
        model: looks at them.
        cache: the directory that keeps what was read.
        note: a sentence about the model that whoever sees a result should know.

    Raises:
        UserError: none of the files can be read.
    """
    if folder.note:
        log.warning("%s", folder.note)
    store = open_store(cache)
    torch.set_num_threads(1)  # the decoding threads keep the other cores busy
    reading = read_photos(model.networks, store, folder.root, folder.files)
    shelf = shelf_of(model.networks, store, list(track(reading, "reading photographs", len(folder.files))))
    if shelf.skipped:
        some = "; ".join(
            f"{printable(file)}: {printable(reason.rstrip('.'))}"
            for file, reason in list(shelf.skipped.items())[:SHOWN]
        )
        more = f"; and {len(shelf.skipped) - SHOWN} more" if len(shelf.skipped) > SHOWN else ""
        log.warning("%d of %d files were skipped: %s%s", len(shelf.skipped), len(folder.files), some, more)
    if not shelf.files:
        first = next(iter(shelf.skipped.items()))
        raise UserError(f"photos={folder.root}: none of the {len(folder.files)} files can be read; {': '.join(first)}")
    if note:
        log.warning("%s", note)
    return ReadFolder(model, folder.root, shelf, store, [note] if note else [])


def groups_of(read: ReadFolder) -> Indices:
    """Find bursts and near-duplicates; see `group_photos`."""
    networks, shelf = read.model.networks, read.shelf
    taken = read.store.taken(shelf.digests)
    blocks = list(zip(networks.names, networks.blocks, strict=True))
    return group_photos(shelf.files, shelf.seen, blocks, [taken.get(digest) for digest in shelf.digests])


def open_store(cache: Path) -> Store:
    """Open what was read of photographs, whichever model they were read for.

    Raises:
        UserError: it cannot be written there.
    """
    return Store(cache / "photos" / "seen.sqlite")


def learn_person(read: ReadFolder, ratings: str, scale: Scale = STARS, name: str = "you") -> PersonalFile:
    """Learn a person from their ratings of photographs in the folder.

    Args:
        read: the folder.
        ratings: see `read_ratings`.
        scale: of the ratings.
        name: of the person.

    Raises:
        UserError: there are no ratings of photographs in the folder.
    """
    given = read_ratings(ratings, read.root, read.shelf.files, scale)
    if given.missing:
        log.warning(
            "%d ratings are of files that are not in %s and are left out; the first is %s.",
            len(given.missing),
            printable(str(read.root)),
            printable(given.missing[0]),
        )
    if given.doubled:
        log.warning("%d ratings were replaced by a later line on the same photograph.", given.doubled)
    if note := equal_note(list(given.scores.values())):
        log.warning("%s", note)
    rated = rated_once(read.shelf, given.scores)
    return PersonalFile.learnt(name, read.model, read.shelf, rated, given.scale)


def rated_once(shelf: Shelf, scores: Mapping[str, float]) -> dict[int, float]:
    """Return scores by the images' numbers; of equal files with several scores the last counts, and that is told.

    Args:
        shelf: the images.
        scores: by file.
    """
    numbers = {file: number for number, file in enumerate(shelf.files)}
    by_content: dict[str, tuple[int, float]] = {}
    contradictory = 0
    for file, score in scores.items():
        digest = shelf.digests[numbers[file]]
        contradictory += digest in by_content and by_content[digest][1] != score
        by_content[digest] = (by_content[digest][0] if digest in by_content else numbers[file], score)
    if contradictory:
        log.warning("%d photographs lie there twice with different ratings: the last counts.", contradictory)
    return dict(by_content.values())


def personal_model_of(read: ReadFolder, who: Who) -> tuple[PersonalModel, Scale, str]:
    """Return the model of whoever is asked for.

    Returns:
        The model, the scale of its scores, and a title.

    Raises:
        UserError: the personal file or the ratings cannot be used.
    """
    if who.ratings is not None:
        name = who.person.stem if isinstance(who.person, Path) else "you"
        user = learn_person(read, who.ratings, who.scale, name)
    elif who.person is not None:
        user = load_personal_file(who.person, read.model) if isinstance(who.person, Path) else who.person
    else:
        nobody = PhotoFeatures.nothing(read.model.networks.features)
        process = read.model.population.process(read.shelf.statistics)
        return PersonalModel(process, nobody, torch.empty(0)), STARS, "in everybody's order"
    return user.personal_model(read.model, read.shelf), user.scale, f"in the order of {user.name}"
