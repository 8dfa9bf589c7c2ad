"""``mode=cover``: the photographs that could stand on a cover, liked much and unlike each other."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.cli.configuration.photo_keys import read_photos_of, who_of
from piaa_lightning.photos import commands


def choose_photos(cfg: DictConfig, directory: Path) -> None:
    """Print the cover and write ``cover.csv``.

    Args:
        cfg: the composed configuration; ``cover`` says how many and how diverse.
        directory: where it goes.

    Raises:
        UserError: a count or a diversity that makes no sense, and anything about the folder or the personal file.
    """
    commands.refuse_cover(cfg.cover.count, cfg.cover.diversity)
    commands.cover_photos(read_photos_of(cfg), directory, who_of(cfg), cfg.cover.count, cfg.cover.diversity)
