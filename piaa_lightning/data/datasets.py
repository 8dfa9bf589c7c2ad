"""The forms in which tasks see ratings: average scores of pictures, and users as episodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from piaa_lightning.data.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError
from piaa_lightning.examples import Episode, Examples


class AverageScores(Dataset[Examples]):
    """Pictures with their average score over the people of the split: what "average aesthetics" is learnt from.

    A batch is fetched at once; crops and flips are keyed by (seed, epoch, first picture of the batch).

    Args:
        table: of ratings.
        rows: the ratings that are averaged.
        inputs: where pictures come from.
        seed: of the run.
    """

    def __init__(self, table: RatingTable, rows: Indices, inputs: Inputs, seed: int) -> None:
        self.inputs = inputs
        self.seed = seed
        mask = np.zeros(table.ratings, dtype=bool)
        mask[rows] = True
        average = table.average_scores(mask)
        self.images = np.flatnonzero(np.isfinite(average))
        self.scores = torch.from_numpy(average[self.images])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, visit: Visit) -> Examples:
        return self.__getitems__([visit])

    def __getitems__(self, visits: Sequence[Visit]) -> Examples:
        items = np.array([visit.item for visit in visits])
        random = np.random.default_rng((self.seed, visits[0].epoch, int(items[0])))
        return Examples(self.inputs.augmented(self.images[items], random), self.scores[torch.from_numpy(items)])


class UserEpisodes(Dataset[Episode]):
    """Users as tasks: a support and a query batch, drawn anew at each visit.

    The authors draw 80 and 20 pictures, or 0.8 n and the rest's share where a user has fewer than 110 ratings; here
    both shrink in proportion for a user who has fewer than ``support + query``. Draws are keyed by (seed,
    epoch, place among the users that are kept).

    Args:
        table: of ratings.
        rows: the ratings that may be used.
        inputs: where pictures come from.
        seed: of the run.
        support: pictures in a support batch.
        query: pictures in a query batch.
        min_ratings: users with fewer are left out.

    Raises:
        UserError: nobody has enough ratings.
    """

    def __init__(
        self,
        table: RatingTable,
        rows: Indices,
        inputs: Inputs,
        seed: int,
        support: int = 80,
        query: int = 20,
        min_ratings: int = 10,
    ) -> None:
        self.inputs = inputs
        self.seed = seed
        self.support, self.query = support, query
        order = rows[np.argsort(table.user[rows], kind="stable")]
        users, starts = np.unique(table.user[order], return_index=True)
        by_user = np.split(order, starts[1:])
        self.rows = [rows for rows in by_user if len(rows) >= max(2, min_ratings)]  # one for each batch
        self.left_out = len(users) - len(self.rows)
        self.image, self.score = table.image, torch.from_numpy(table.score)
        if not self.rows:
            raise UserError(
                f"{table.database}: no training user has {min_ratings} ratings on training pictures; "
                f"lower task.form.min_ratings or hold out fewer pictures."
            )

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, visit: Visit) -> Episode:
        rows = self.rows[visit.item]
        random = np.random.default_rng((self.seed, visit.epoch, visit.item))
        total = self.support + self.query
        share = min(total, len(rows))  # whole numbers, because 50 * .58 falls short of 29
        support, query = max(1, self.support * share // total), max(1, self.query * share // total)
        drawn = random.permutation(rows)[: support + query]
        first, second = drawn[:support], drawn[support:]
        return Episode(
            Examples(self.inputs.augmented(self.image[first], random), self.score[first]),
            Examples(self.inputs.batch(self.image[second]), self.score[second]),
        )

    def __getitems__(self, visits: Sequence[Visit]) -> list[Episode]:
        return [self[visit] for visit in visits]


class HeldOutUsers(Dataset[Episode]):
    """Validation users, each with a fixed support set and all their other ratings as the query set.

    Args:
        table: of ratings.
        rows: the validation users' ratings on validation pictures.
        inputs: where pictures come from; never augmented.
        seed: of the draw.
        support: ratings that a learner may adapt to.
        min_query: users with fewer query ratings are left out.
    """

    def __init__(
        self, table: RatingTable, rows: Indices, inputs: Inputs, seed: int, support: int = 10, min_query: int = 10
    ) -> None:
        self.inputs = inputs
        self.support = support
        self.image, self.score = table.image, torch.from_numpy(table.score)
        random = np.random.default_rng(seed)
        by_user = [rows[table.user[rows] == user] for user in np.unique(table.user[rows])]
        self.rows = [random.permutation(own) for own in by_user if len(own) >= support + min_query]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, user: int) -> Episode:
        first, second = self.rows[user][: self.support], self.rows[user][self.support :]
        return Episode(
            Examples(self.inputs.batch(self.image[first]), self.score[first]),
            Examples(self.inputs.batch(self.image[second]), self.score[second]),
        )
