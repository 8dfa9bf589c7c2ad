"""The validation data of a task: users, images, or images that users like, as the database allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from piaa_lightning.data.batches import Distributions, Episode, Examples, Liked
from piaa_lightning.data.datasets.liked_images import LikedImages
from piaa_lightning.data.datasets.targets import average_scores, distributions
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError


class HeldOutUsers(Dataset[Episode]):
    """Held-out users, each with fixed support sets and all their other ratings as the query sets.

    Every user, number of shots and draw is an item of its own: a mean over items is a mean over all of them.

    Args:
        table: of ratings.
        split: who and what is held out.
        part: whose ratings, and of which images.
        inputs: where images come from; never augmented.
        seed: of the draw.
        shots: ratings that a learner may adapt to, one number or several; the fewer are the first of the more,
            and 0 is left out.
        draws: of every user.
        min_query: users with fewer query ratings are left out, at that number of shots.

    Raises:
        UserError: less than one draw, or no number of shots from 1.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        part: Part,
        inputs: Inputs,
        seed: int,
        shots: int | Sequence[int] = 10,
        draws: int = 1,
        min_query: int = 10,
    ) -> None:
        if draws < 1:
            raise UserError(f"task.validation.draws={draws}: give 1 draw of every validation user or more.")
        self.inputs = inputs
        self.image, self.score = table.image, torch.from_numpy(table.score)
        rows, random = split.rows(table, part), np.random.default_rng(seed)
        by_user = [rows[table.user[rows] == user] for user in np.unique(table.user[rows])]
        numbers = [k for k in ([shots] if isinstance(shots, int) else shots) if k]  # without ratings nothing moves
        if not numbers:
            raise UserError(
                "task.validation.shots=0: a learner is chosen by what ratings change; give a number from 1."
            )
        drawn = [random.permutation(own) for _ in range(draws) for own in by_user]
        self.items = [(own, k) for own in drawn for k in numbers if len(own) >= k + min_query]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, item: int) -> Episode:
        rows, shots = self.items[item]
        first, second = rows[:shots], rows[shots:]
        return Episode(
            Examples(self.inputs.batch(self.image[first]), self.score[first]),
            Examples(self.inputs.batch(self.image[second]), self.score[second]),
            item,
        )


class HeldOutImages(Dataset[Distributions]):
    """Held-out images with their average scores and, where asked for, the distribution of their votes.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from; never augmented.
        seed: not used; all forms are made alike.
        bins: of the distributions; None leaves them out.
    """

    def __init__(
        self, table: RatingTable, split: Split, part: Part, inputs: Inputs, seed: int = 0, bins: int | None = None
    ) -> None:
        self.inputs = inputs
        average = average_scores(table, split, part)
        shares = np.zeros((table.images, 0), np.float32) if bins is None else distributions(table, split, part, bins)
        self.images = np.flatnonzero(np.isfinite(average) & np.isfinite(shares).all(axis=1))
        self.scores, self.shares = torch.from_numpy(average[self.images]), torch.from_numpy(shares[self.images])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, item: int) -> Distributions:
        return self.__getitems__([item])

    def __getitems__(self, items: Sequence[int]) -> Distributions:
        images = self.images[list(items)]
        return Distributions(
            self.inputs.batch(images), self.shares[list(items)], self.scores[list(items)], torch.from_numpy(images)
        )


class HeldOutLikes(Dataset[Liked]):
    """What held-out users like, with their traits; the arguments are those of `LikedImages`."""

    def __init__(
        self, table: RatingTable, split: Split, part: Part, inputs: Inputs, seed: int = 0, **options: Any
    ) -> None:
        self.inputs = inputs
        self.dataset = LikedImages(table, split, part, inputs, seed, **options)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, item: int) -> Liked:
        return self.__getitems__([item])

    def __getitems__(self, items: Sequence[int]) -> Liked:
        chosen = np.array(items)
        return self.dataset.collect(self.inputs.batch(self.dataset.images[chosen]), chosen)


def held_out(
    table: RatingTable,
    split: Split,
    part: Part,
    inputs: Inputs,
    seed: int,
    bins: int | None = None,
    shots: int | Sequence[int] = 10,
    draws: int = 1,
) -> HeldOutUsers | HeldOutImages:
    """Return held-out users, or held-out images where the split holds out no users."""
    if len(split.users(part)):
        return HeldOutUsers(table, split, part, inputs, seed, shots, draws)
    return HeldOutImages(table, split, part, inputs, seed, bins)
