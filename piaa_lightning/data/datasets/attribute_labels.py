"""Images with attributes beside their score, as AADB has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.datasets.labelled_images import LabelledImages
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import MissingLabelsError


class AttributeLabels(LabelledImages):
    """Every image of a part that has an attribute.

    Attributes are brought to [-1, 1] by the least and the greatest value among training images, so that databases
    with other units (PARA's answers from 1 to 5) can be learnt from alike; AADB's stay as they are.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from.
        seed: of the run.
        attributes: names of the table's attributes to learn; None takes all.
        scored: whether scores are told; False leaves all NaN, so that attributes alone are learnt.

    Raises:
        UserError: the database has no such attributes, or no image of the part has any.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        part: Part,
        inputs: Inputs,
        seed: int,
        attributes: Sequence[str] | None = None,
        scored: bool = True,
    ) -> None:
        values = attributes_of(table, split, attributes)
        super().__init__(table, split, part, inputs, seed, values, "attributes", scored=scored)


def attributes_of(table: RatingTable, split: Split, names: Sequence[str] | None) -> Scores:
    """Return the attributes to learn, ``(images, attributes)`` in [-1, 1], NaN where one is unknown."""
    wanted = list(table.attribute_names if names is None else names)
    absent = [name for name in wanted if name not in table.attribute_names]
    if table.attributes is None or not wanted or absent:
        has = ", ".join(table.attribute_names) or "none"
        raise MissingLabelsError(
            f"{table.database} lacks the attributes {', '.join(absent) or 'of images'} (it has {has}); choose aadb or"
            " para, or name others with task.dataset.attributes."
        )
    values = table.attributes[:, [table.attribute_names.index(name) for name in wanted]].astype(np.float64)
    return _to_unit(values, values[split.train_images]).astype(np.float32)


def _to_unit(values: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map values to [-1, 1] where some of the known ones lie outside."""
    low = np.where(np.isfinite(known), known, np.inf).min(axis=0, initial=np.inf)
    high = np.where(np.isfinite(known), known, -np.inf).max(axis=0, initial=-np.inf)
    wide = (low < -1) | (high > 1)  # never where nothing is known
    low, high = np.where(wide, low, -1), np.where(wide, high, 1)
    return np.asarray(np.clip((values - (low + high) / 2) / np.maximum((high - low) / 2, 1e-9), -1, 1))
