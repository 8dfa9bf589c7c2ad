"""``mode=predict``: put a folder of photographs in a user's order."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.cli.configuration.photo_keys import read_photos_of, who_of
from piaa_lightning.photos import commands


def predict_photos(cfg: DictConfig, directory: Path) -> None:
    """Write ``ranking.csv`` and ``contact_sheet.html``.

    Args:
        cfg: the composed configuration; ``photos``, and ``person`` or ``ratings``; without either everybody's order.
            ``why`` adds a column that says why, ``group`` one that says which image stands for a burst.
        directory: where they go.

    Raises:
        UserError: anything about the folder or the personal file that a user can mend.
    """
    commands.predict_photos(read_photos_of(cfg), directory, who_of(cfg), cfg.why, cfg.group)
