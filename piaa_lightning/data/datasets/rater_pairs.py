"""Two images that one user rated differently: pairs within a rater, which averages cannot tell."""

from __future__ import annotations

from piaa_lightning.data.datasets.image_pairs import OrderedPairs
from piaa_lightning.data.datasets.targets import counted_rows
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import MissingLabelsError


class RaterPairs(OrderedPairs):
    """Every rating of a part with another of the same user that differs; see `OrderedPairs`.

    Source: Kong et al., ECCV 2016, who sample pairs within a rater beside pairs across raters, because users use the
    scale differently. NOTE: a pair within a rater carries the user's own two ratings; pairs across raters, which are
    `ImagePairs`, carry averages.

    Args:
        table: the database.
        split: who and what is held out.
        part: whose ratings, and of which images.
        inputs: where images come from.
        seed: of the run.
        min_difference: pairs whose ratings differ by less (in [0, 1]) are not served; equal ones never are.

    Raises:
        UserError: the database has no ratings of single users, or nobody rated two images so differently.
    """

    def __init__(
        self, table: RatingTable, split: Split, part: Part, inputs: Inputs, seed: int, min_difference: float = 0.0
    ) -> None:
        rows = counted_rows(table, split, part)
        if not table.ratings:
            raise MissingLabelsError(
                f"{table.database} has no ratings of single users, so there are no pairs within a rater; take pairs of"
                " average scores with task=ranking, or a database such as flickr_aes."
            )
        super().__init__(table.image[rows], table.score[rows], table.user[rows], inputs, seed, min_difference)
        if not len(self):
            raise MissingLabelsError(
                f"{table.database}: nobody rated two images of the {part} part {min_difference:g} apart (0 to 1);"
                " lower task.dataset.min_difference."
            )
