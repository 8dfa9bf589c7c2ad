"""Handcrafted features of a database's images, measured once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import piaa_lightning.features
from piaa_lightning.data.images.stored import describe
from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.features.computational import computational_features
from piaa_lightning.features.folder import measured
from piaa_lightning.features.planes import LONG_SIDE, Planes
from piaa_lightning.features.simple import simple_features
from piaa_lightning.runtime.files.atomic import replacing
from piaa_lightning.runtime.progress import track

Found = TypeVar("Found")


def simple_of(context: ImageContext, images: Indices) -> NDArray[np.float64]:
    """Return the simple features of images, in the order of ``features.SIMPLE``.

    They are measured on the files themselves with their aspect ratio, not on what networks see, and kept in the cache
    under the names, sizes and times of the files.

    Args:
        context: of the estimator.
        images: ``(images,)`` numbers of the images in the table.

    Returns:
        ``(images, len(SIMPLE))``.

    Raises:
        UserError: an image cannot be read.
    """
    return kept_of(context, images, simple_features, "simple")


def computational_of(context: ImageContext, images: Indices) -> NDArray[np.float64]:
    """Return ``(images, len(COMPUTATIONAL))`` in the order of ``features.COMPUTATIONAL``, as `simple_of` does."""
    return kept_of(context, images, computational_features, "computational")


def kept_of(
    context: ImageContext, images: Indices, measure: Callable[[Planes], NDArray[np.float64]], name: str
) -> NDArray[np.float64]:
    """Measure images, or take from the cache what was measured of just these files by this code.

    Args:
        context: of the estimator.
        images: ``(images,)`` numbers of the images in the table.
        measure: of one image, always as many values.
        name: of what is measured; two measures have two names.

    Returns:
        ``(images, values)``.

    Raises:
        UserError: an image cannot be read.
    """
    files = context.table.image_files[images].tolist()
    key = f"{describe(context.table.root, files)} {_source()}"
    kept = context.cache / "features" / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.npy"
    if kept.is_file():
        values: NDArray[np.float64] = np.load(kept)
        return values
    values = np.stack(list(of_images(context, images, measure, f"{name} features")))
    with replacing(kept) as file:
        np.save(file, values)
    return values


def of_images(
    context: ImageContext,
    images: Indices | Sequence[int],
    measure: Callable[[Planes], Found],
    title: str,
    long_side: int = LONG_SIDE,
) -> list[Found]:
    """Measure whatever it is of images, in their order.

    Args:
        context: of the estimator.
        images: numbers of the images in the table.
        measure: of one image.
        title: of the progress bar.
        long_side: pixels that images are shrunk to.

    Raises:
        UserError: an image cannot be read.
    """
    files = context.table.image_files[np.asarray(images)].tolist()
    found = []
    for value in track(measured(context.table.root, files, measure, long_side), title, len(files)):
        if isinstance(value, UserError):
            raise value
        found.append(value)
    return found


@cache
def _source() -> str:
    """Digest of the features' source: what other code measured is something else."""
    content = hashlib.sha256()
    for file in sorted(Path(piaa_lightning.features.__file__).parent.glob("*.py")):
        content.update(file.read_bytes())
    return content.hexdigest()
