"""Users as tasks: what meta-learning learns from."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.data.images.augment import DRAWS
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable, hashed
from piaa_lightning.data.samplers import Visit
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.draw import drawn
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError

log = logging.getLogger(__name__)


class UserEpisodes(Dataset[Episode]):
    """Every user of a part with a support and a query batch, drawn anew at each visit.

    The authors draw 80 and 20 images, or 0.8 n and the rest's share where a user has fewer than 110 ratings; here
    both shrink in proportion for a user who has fewer than ``support + query``. Draws are keyed by (seed,
    epoch, place among the users that are kept).

    Args:
        table: of ratings.
        split: who and what is held out.
        part: whose ratings, and of which images.
        inputs: where images come from.
        seed: of the run.
        support: images in a support batch.
        query: images in a query batch.
        min_ratings: users with fewer are left out.
        users: how many users to visit, for learning curves; smaller numbers are part of larger ones. None visits all.

    Raises:
        UserError: nobody has enough ratings, or less than one user is asked for.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        part: Part,
        inputs: Inputs,
        seed: int,
        support: int = 80,
        query: int = 20,
        min_ratings: int = 10,
        users: int | None = None,
    ) -> None:
        if users is not None and users < 1:
            raise UserError(f"task.dataset.users={users}: give the number of users to visit, or null for all.")
        self.inputs = inputs
        self.seed = seed
        self.support, self.query = support, query
        rows = split.rows(table, part)
        order = rows[np.argsort(table.user[rows], kind="stable")]
        found, starts = np.unique(table.user[order], return_index=True)
        by_user = np.split(order, starts[1:])
        self.rows = [rows for rows in by_user if len(rows) >= max(2, min_ratings)]  # one for each batch
        few = [
            hashed(str(table.user_ids[u]))
            for u, own in zip(found, by_user, strict=True)
            if len(own) < max(2, min_ratings)
        ]
        self.left_out = len(few)
        if few:
            log.info(
                "%s: %d %s users with fewer than %d ratings are left out: %s",
                table.database,
                len(few),
                part,
                min_ratings,
                ", ".join(few),
            )
        if users is not None and self.rows:
            kept = np.array([table.user[rows[0]] for rows in self.rows])
            visited = set(drawn(table.user_ids, kept, users, "episodes", 0).tolist())
            self.rows = [rows for rows in self.rows if int(table.user[rows[0]]) in visited]
        self.image, self.score = table.image, torch.from_numpy(table.score)
        if not self.rows:
            raise UserError(
                f"{table.database}: no {part} user has {min_ratings} ratings on {part} images; "
                f"lower task.dataset.min_ratings or hold out fewer images."
            )

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, visit: Visit) -> Episode:
        rows = self.rows[visit.item]
        random = np.random.default_rng((self.seed, visit.epoch, visit.item))
        total = self.support + self.query
        share = min(total, len(rows))  # whole numbers, because 50 * .58 falls short of 29
        support, query = max(1, self.support * share // total), max(1, self.query * share // total)
        chosen = random.permutation(rows)[: support + query]
        first, second = chosen[:support], chosen[support:]
        return Episode(
            Examples(self.inputs.augmented(self.image[first], random.random((support, DRAWS))), self.score[first]),
            Examples(self.inputs.batch(self.image[second]), self.score[second]),
            visit.item,
        )

    def __getitems__(self, visits: Sequence[Visit]) -> list[Episode]:
        return [self[visit] for visit in visits]
