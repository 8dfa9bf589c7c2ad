"""Small tables of ratings, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from piaa_lightning.data.ratings import RatingTable, Scale

NOBODY = np.zeros(0, np.int64)


def numbered(letter: str, count: int, digits: int = 3) -> np.ndarray:
    """Names such as ``p000, p001, ...``; splits and protocols draw by names, so that they are part of a test."""
    return np.array([f"{letter}{number:0{digits}}" for number in range(count)], dtype=np.str_)


def everybody(users: int, images: int) -> tuple[np.ndarray, np.ndarray]:
    """User and image of each rating where all users rated all images."""
    user, image = np.meshgrid(np.arange(users), np.arange(images), indexing="ij")
    return user.ravel(), image.ravel()


def table_of(
    user: Sequence[int] | np.ndarray,
    image: Sequence[int] | np.ndarray,
    score: Sequence[float] | np.ndarray,
    users: Sequence[str] | np.ndarray,
    images: Sequence[str] | np.ndarray,
    *,
    database: str = "tests",
    root: Path = Path(),
    **more: Any,
) -> RatingTable:
    """A table of ratings in [0, 1] on the scale 1-5, unless `more` says otherwise; images are files of their names."""
    ids = np.asarray(images, dtype=np.str_)
    rest = {"image_files": ids, "scale": Scale(1, 5)} | more
    return RatingTable(
        database=database,
        root=root,
        image_ids=ids,
        user_ids=np.asarray(users, dtype=np.str_),
        user=np.asarray(user, dtype=np.int64),
        image=np.asarray(image, dtype=np.int64),
        score=np.asarray(score, dtype=np.float32),
        **rest,
    )


def scored_images(score: np.ndarray, *, images: np.ndarray | None = None, **more: Any) -> RatingTable:
    """Images with average scores in [0, 1], on the scale 1-10, and nobody's own ratings."""
    ids = numbered("", len(score)) if images is None else images
    rest = {"scale": Scale(1, 10)} | more
    return table_of(NOBODY, NOBODY, NOBODY, ids[:0], ids, image_score=score, **rest)
