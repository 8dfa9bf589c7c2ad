"""Users who like images of two kinds, each in a share of their own, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rating_tables import numbered, table_of

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.splits import Split
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.trait_estimator import KnownLikes

USERS, FAVOURITES = 40, 6
NONE = np.zeros(0, np.int64)
Draw = Callable[[int, np.ndarray, np.random.Generator], np.ndarray]


def painted(root: Path, draw: Draw) -> tuple[ImageContext, np.ndarray, np.ndarray]:
    """Draw everybody's favourites.

    Args:
        root: an empty directory.
        draw: one image, of which kind stands in the second argument by its number.

    Returns:
        What estimators stand on; the share of the first kind, ``(users,)``; and ``(users, favourites)`` image numbers.
    """
    random = np.random.default_rng(0)
    first = np.array([np.arange(FAVOURITES) < round(FAVOURITES * share) for share in random.random(USERS)]).ravel()
    files = [f"{'r' if kind else 'b'}{number:03}.png" for number, kind in enumerate(first)]
    for number, file in enumerate(files):
        Image.fromarray(np.asarray(draw(number, first, random)).clip(0, 255).astype(np.uint8)).save(root / file)
    images = np.arange(len(files))
    table = table_of(images // FAVOURITES, images, np.ones(len(files)), numbered("u", USERS), files, root=root)
    everybody = np.arange(USERS)
    split = Split("by hand", everybody, everybody[:0], everybody[:0], images, NONE, NONE)
    context = ImageContext(
        table, split, Inputs(Features(torch.zeros(len(files), 1))), torch.device("cpu"), 0.5, 0, root / "cache"
    )
    return context, first.reshape(USERS, FAVOURITES).mean(axis=1), images.reshape(USERS, FAVOURITES)


def known(images: np.ndarray, traits: np.ndarray, users: slice) -> KnownLikes:
    """What some of the users like, with their traits."""
    own = images[users]
    return KnownLikes(own.ravel(), np.repeat(np.arange(len(own)), own.shape[1]), traits[users])
