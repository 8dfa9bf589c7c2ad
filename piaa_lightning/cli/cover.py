"""``mode=cover``: the images that could stand on a cover, liked much and unlike each other."""

from __future__ import annotations

from pathlib import Path

import torch
from omegaconf import DictConfig

from piaa_lightning.errors import UserError
from piaa_lightning.photos.cover import choose_cover
from piaa_lightning.pipeline.read_folder import personal_model_of, read_folder
from piaa_lightning.runtime.csv_file import write_csv


def choose_photos(cfg: DictConfig, directory: Path) -> None:
    """Print the cover and write ``cover.csv``.

    Args:
        cfg: the composed configuration; ``cover`` says how many and how diverse.
        directory: where it goes.

    Raises:
        UserError: a count or a diversity that makes no sense, and anything about the folder or the personal file.
    """
    if cfg.cover.count < 1 or not 0 <= cfg.cover.diversity <= 1:
        raise UserError("cover: give a count from 1 and a diversity from 0 to 1.")
    read = read_folder(cfg)
    taste, scale, title = personal_model_of(cfg, read)
    with torch.inference_mode():
        scores = taste.score(read.shelf.rows)
    chosen = choose_cover(scores, read.shelf.rows, cfg.cover.count, cfg.cover.diversity)
    rows: list[tuple[int, str, str]] = []
    for place, number in enumerate(chosen, start=1):
        score = float(scale.from_unit(scores[number].clamp(0, 1).numpy()))
        rows.append((place, read.shelf.files[number], f"{score:.3f}"))
        print(f"{place:3} {score:6.2f}  {read.shelf.files[number]}")
    write_csv(directory / "cover.csv", ("place", "image", "score"), rows)
    print(f"{directory / 'cover.csv'}: {len(chosen)} of {len(read.shelf.files)} photographs {title}")
