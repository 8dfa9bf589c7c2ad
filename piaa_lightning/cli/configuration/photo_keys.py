"""The keys of the configuration that every mode on photographs reads, as plain values."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.data.ratings import Scale
from piaa_lightning.photos.images.folder import find_photos
from piaa_lightning.photos.read_folder import ReadFolder, Who, read_folder
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.pipeline.open_published import open_prior


def read_photos_of(cfg: DictConfig) -> ReadFolder:
    """Read the folder ``photos`` through the model that ``prior`` names, or the one out of the box.

    Raises:
        UserError: the folder holds no photograph that can be read, or the model cannot be used.
    """
    folder = find_photos(Path(cfg.photos).expanduser(), cfg.all_folders)  # before the model, which may have to be made
    model, note = open_prior(cfg)
    return read_folder(folder, model, cache_of(cfg), note)


def who_of(cfg: DictConfig) -> Who:
    """Return whose order ``person`` and ``ratings`` ask for."""
    person = None if cfg.person is None else Path(cfg.person).expanduser()
    return Who(person, None if cfg.ratings is None else str(cfg.ratings), scale_of(cfg))


def scale_of(cfg: DictConfig) -> Scale:
    """Return the scale of the ratings; stars, where none is given."""
    return STARS if cfg.rating_scale is None else Scale.of(cfg.rating_scale, "rating_scale")


def cache_of(cfg: DictConfig) -> Path:
    """Return the directory that keeps what was read."""
    return Path(cfg.paths.cache).expanduser()
