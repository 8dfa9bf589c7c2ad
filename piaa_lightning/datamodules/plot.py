"""A look at a database: some of its images and what people say of them."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from piaa_lightning.data.datasets.targets import average_scores
from piaa_lightning.data.images.decode import decode
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError

COLUMNS = 6


def plot_images(table: RatingTable, split: Split, part: Part, count: int) -> Figure:
    """Draw images of a part with their average scores on the database's scale, from the least to the most liked.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        count: how many, evenly spread over the scores.

    Raises:
        UserError: no image of the part has a score.
    """
    scores = average_scores(table, split, part)
    order = np.argsort(scores, kind="stable")
    order = order[np.isfinite(scores[order])]
    if not len(order):
        raise UserError(f"{table.database}: no image of the {part} part has a score, so there is nothing to draw.")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(np.int64))]
    columns = min(COLUMNS, len(chosen))
    rows = math.ceil(len(chosen) / columns)
    figure = Figure(figsize=(2 * columns, 2.2 * rows), layout="constrained")
    figure.suptitle(table.database)
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    for place in axes:
        place.set_axis_off()
    values = table.scale.from_unit(scores)
    for place, image in zip(axes, chosen, strict=False):
        place.imshow(decode(table.root / str(table.image_files[image])))
        place.set_title(f"{values[image]:.2f}", fontsize=9)
    return figure
