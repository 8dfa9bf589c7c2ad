"""Images with their photographic style, of which AVA knows 14."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.datasets.labelled_images import LabelledImages
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import MissingLabelsError

STYLE = "style:"  # what the lists of single styles begin with


class StyleLabels(LabelledImages):
    """Every image of a part with, where it is in the list of styled images, 1 for its styles and -1 for the others.

    Source: Murray et al., CVPR 2012: ``style_image_lists``, 14 styles, one per training image.
    NOTE: a training image has one label, so its other styles count as absent, as for everybody who learns from it.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from.
        seed: of the run.
        only_labelled: leave out images that have a score and no style.
        scored: whether scores are told; False leaves all NaN, so that styles alone are learnt.
        of_list: the list of images whose styles are learnt, ``style_train`` or ``style_test``.

    Raises:
        UserError: the database has no styles, or no image of the part has one.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        part: Part,
        inputs: Inputs,
        seed: int,
        only_labelled: bool = True,
        scored: bool = True,
        of_list: str = "style_train",
    ) -> None:
        labels = styles_of(table, of_list)
        super().__init__(table, split, part, inputs, seed, labels, "a style", only_labelled, scored)


def styles_of(table: RatingTable, of_list: str) -> Scores:
    """Return the styles of all images, ``(images, styles)`` in {-1, 1}, rows of NaN outside the list."""
    names = [name for name in table.image_lists if name.startswith(STYLE)]
    if not names or of_list not in table.image_lists:
        raise MissingLabelsError(
            f"{table.database} lacks the styles of images; choose ava, and copy its style_image_lists/ with it."
        )
    listed = table.image_lists[of_list]
    labels = np.full((table.images, len(names)), np.nan, dtype=np.float32)
    labels[listed] = -1
    for column, name in enumerate(names):
        labels[np.intersect1d(table.image_lists[name], listed), column] = 1
    return labels
