"""Describe the image files: sizes, kinds, unreadable and doubled ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from piaa_lightning.data.images.photo_ids import photo_ids
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.validation.manifest import Manifest
from piaa_lightning.data.validation.rating_facts import Spread


@dataclass(frozen=True)
class ImageFacts:
    """What is known of a database's images.

    Args:
        images: how many the table has.
        evaluated: how many of them were opened, now or by an earlier check.
        reused: how many of those an earlier check opened.
        unreadable: why, by index of the image.
        width: in pixels, of those that can be read; None where none was opened.
        height: likewise.
        modes: how many there are of each kind of pixels.
        same_bytes: groups of indices whose files are byte for byte the same.
        same_photo: groups of indices whose names tell that they are the same image.
    """

    images: int
    evaluated: int
    reused: int
    unreadable: dict[int, str]
    width: Spread | None
    height: Spread | None
    modes: dict[str, int]
    same_bytes: list[list[int]]
    same_photo: list[list[int]]


def image_facts(table: RatingTable, manifest: Manifest) -> ImageFacts:
    """Put together what a manifest knows of a table's images."""
    names = table.image_files.tolist()
    files = {index: manifest.files[name] for index, name in enumerate(names) if name in manifest.files}
    sound = [file for file in files.values() if not file.broken]
    return ImageFacts(
        images=table.images,
        evaluated=len(files),
        reused=len(files) - manifest.evaluated,
        unreadable={index: file.broken for index, file in files.items() if file.broken},
        width=_spread([file.width for file in sound]),
        height=_spread([file.height for file in sound]),
        modes=dict(Counter(file.mode for file in sound).most_common()),
        same_bytes=alike([files[index].sha256 if index in files else "" for index in range(len(names))]),
        same_photo=alike(photo_ids(table.database, names)),
    )


def alike(keys: Sequence[str]) -> list[list[int]]:
    """Return the groups of two or more indices that share a key; blank keys are like no other."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        if key:
            groups[key].append(index)
    return [group for group in groups.values() if len(group) > 1]


def _spread(pixels: list[int]) -> Spread | None:
    return Spread(min(pixels), float(np.median(pixels)), max(pixels)) if pixels else None
