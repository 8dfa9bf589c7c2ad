"""Images with what is in them, as AVA's tags tell, beside their score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.datasets.labelled_images import LabelledImages
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import MissingLabelsError

COLUMNS = ("tag1", "tag2")  # of the table's attributes


class SemanticTags(LabelledImages):
    """Every image of a part with, where it is tagged, 1 for what it carries and -1 for what it does not.

    Untagged images keep their score; their labels are NaN.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from.
        seed: of the run.
        tags: so many of the tags that most training images carry, the most frequent first; where the database has
            fewer, the labels beyond are NaN. Not used where there are groups.
        groups: tags by kind of content, for instance ``{scene: [14, 35], object: [19]}``: one label per group.

    Raises:
        UserError: the database has no tags, or no image of the part has one.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        part: Part,
        inputs: Inputs,
        seed: int,
        tags: int = 29,
        groups: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        carried = _carried(table)
        wanted = _most_frequent(carried[split.train_images], tags) if groups is None else list(groups.values())
        tagged = np.isfinite(carried).any(axis=1)
        labels = np.full((table.images, tags if groups is None else len(wanted)), np.nan, dtype=np.float32)
        for column, group in enumerate(wanted):
            labels[tagged, column] = np.where(np.isin(carried[tagged], list(group)).any(axis=1), 1, -1)
        super().__init__(table, split, part, inputs, seed, labels, "a semantic tag", only_labelled=False)


def _carried(table: RatingTable) -> Scores:
    """Return the tags of all images, ``(images, 2)``, NaN where there is none."""
    if table.attributes is None or not set(COLUMNS) <= set(table.attribute_names):
        has = ", ".join(table.attribute_names) or "nothing of the kind"
        raise MissingLabelsError(f"{table.database} lacks semantic tags of images (it has {has}); choose ava.")
    return table.attributes[:, [table.attribute_names.index(name) for name in COLUMNS]]


def _most_frequent(carried: NDArray[np.float32], count: int) -> list[list[int]]:
    """Return the most frequent tags, each as a group of its own; of equally frequent ones the lower number first."""
    tags, times = np.unique(carried[np.isfinite(carried)].astype(np.int64), return_counts=True)
    return [[int(tag)] for tag in tags[np.argsort(-times, kind="stable")][:count]]
