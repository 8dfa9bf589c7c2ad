"""``mode=crop``: the best crops of photographs at several shapes, listed or written."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.cli.configuration.photo_keys import read_photos_of, who_of
from piaa_lightning.photos import commands


def crop_photos(cfg: DictConfig, directory: Path) -> None:
    """Write ``crops.csv`` (boxes in pixels of the upright image) and, if asked to, the crops; never the originals.

    Args:
        cfg: the composed configuration; ``crop`` says which shapes and whether they are written.
        directory: where they go, images below ``crops/``.

    Raises:
        UserError: a shape that is none, and anything about the folder or the personal file.
    """
    shapes = [str(shape) for shape in cfg.crop.shapes]
    commands.refuse_crops(shapes, cfg.crop.limit)
    commands.crop_photos(read_photos_of(cfg), directory, who_of(cfg), shapes, cfg.crop.write, cfg.crop.limit)
