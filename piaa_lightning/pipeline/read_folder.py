"""What all modes on images begin with: a prior, a folder, and whose taste is asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from omegaconf import DictConfig

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.folder import find_photos
from piaa_lightning.photos.personal_file import PersonalFile, load_personal_file
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.ratings import STARS, read_ratings, refuse_equal
from piaa_lightning.photos.reading import Shelf, read_photos, shelf_of
from piaa_lightning.photos.store import Store
from piaa_lightning.pipeline.open_published import open_prior
from piaa_lightning.runtime.progress import track

log = logging.getLogger(__name__)

SHOWN = 5  # of the files that were skipped, in the terminal


@dataclass(frozen=True)
class Read:
    """A folder as a prior sees it.

    Args:
        prior: what a taste starts from.
        root: the folder.
        shelf: its images.
        store: what was read of them.
        notes: sentences that whoever sees a result should know.
    """

    prior: PublishedModel
    root: Path
    shelf: Shelf
    store: Store
    notes: list[str]


def read_folder(cfg: DictConfig) -> Read:
    """Read the images in ``photos`` through the prior; what an earlier command read is not read again.

    Raises:
        UserError: no folder is named, it holds no image, or none that can be read.
    """
    if cfg.photos is None:
        raise UserError(f"mode={cfg.mode}: say where the photographs are with photos=DIR.")
    folder = find_photos(Path(cfg.photos).expanduser())
    prior, note = open_prior(cfg)
    store = open_store(cfg, prior)
    torch.set_num_threads(1)  # the decoding threads keep the other cores busy
    reading = read_photos(prior, store, folder.root, folder.files)
    shelf = shelf_of(store, list(track(reading, "reading photographs", len(folder.files))))
    if shelf.skipped:
        some = "; ".join(f"{file}: {reason.rstrip('.')}" for file, reason in list(shelf.skipped.items())[:SHOWN])
        more = f"; and {len(shelf.skipped) - SHOWN} more" if len(shelf.skipped) > SHOWN else ""
        log.warning("%d of %d files were skipped: %s%s", len(shelf.skipped), len(folder.files), some, more)
    if not shelf.files:
        first = next(iter(shelf.skipped.items()))
        raise UserError(f"photos={folder.root}: none of the {len(folder.files)} files can be read; {': '.join(first)}")
    if note:
        log.warning("%s", note)
    return Read(prior, folder.root, shelf, store, [note] if note else [])


def open_store(cfg: DictConfig, prior: PublishedModel) -> Store:
    """Open what was read of images through a prior."""
    return Store(Path(cfg.paths.cache).expanduser() / "photos" / f"{prior.hash[:20]}.sqlite")


def user_of(cfg: DictConfig, read: Read) -> PersonalFile:
    """Learn a user from ``ratings``.

    Raises:
        UserError: there are none of images in the folder, or they are all equal.
    """
    scale = Scale(*(float(end) for end in cfg.rating_scale)) if cfg.rating_scale else STARS
    source = "stars" if cfg.ratings is None else str(cfg.ratings)
    ratings = read_ratings(source, read.root, read.shelf.files, scale)
    if ratings.missing:
        log.warning(
            "%d ratings are of files that are not in %s and are left out; the first is %s.",
            len(ratings.missing),
            read.root,
            ratings.missing[0],
        )
    scores = list(ratings.scores.values())
    refuse_equal(scores)
    numbers = {file: number for number, file in enumerate(read.shelf.files)}
    rows = read.shelf.rows[[numbers[file] for file in ratings.scores]]
    name = Path(cfg.person).stem if cfg.person else "you"
    return PersonalFile(
        name,
        read.prior.hash,
        ratings.scale,
        rows,
        torch.tensor(scores).sub(ratings.scale.low).div(ratings.scale.high - ratings.scale.low),
    )


def personal_model_of(cfg: DictConfig, read: Read) -> tuple[PersonalModel, Scale, str]:
    """Return whose taste is asked for: that of the personal file, of the ratings, or everybody's.

    Returns:
        The taste, the scale of its scores, and a title.
    """
    if cfg.person is not None and cfg.ratings is None:
        user = load_personal_file(Path(cfg.person).expanduser(), read.prior)
    elif cfg.ratings is not None:
        user = user_of(cfg, read)
    else:
        nobody = torch.empty(0, len(read.prior.users.mean) - 1)
        return PersonalModel(read.prior.users, nobody, torch.empty(0)), STARS, "in everybody's order"
    return user.taste(read.prior), user.scale, f"in the order of {user.name}"
