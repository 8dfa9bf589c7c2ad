"""Images that users like, each with the traits of the user: what personality is learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from piaa_lightning.data.batches import Liked
from piaa_lightning.data.datasets.image_dataset import ImageDataset
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.data.validation.label_checks import check_traits
from piaa_lightning.errors import MissingLabelsError, UserError

SCALINGS = ("published", "training")
SPREAD = 2.0  # standard deviations of the training users that reach -1 and 1 with scaling=training


class LikedImages(ImageDataset[Liked]):
    """Everything that users of a part like, with their traits.

    PsychoFlickr holds favourites alone, all of which count; where users rated, what they rated highly counts.

    Args:
        table: the database.
        split: who and what is held out.
        part: whose favourites, and which images.
        inputs: where images come from.
        seed: of the run.
        traits: names of the table's traits to learn; None takes all.
        liked: the lowest rating that counts as liking, in [0, 1].
        scaling: ``published`` takes traits as the reader scaled them, which must lie in [-1, 1]; ``training`` brings
            any numbers there by the mean and two standard deviations of the *training* users.

    Raises:
        UserError: the database has no such traits, they lie outside their range, or nobody likes anything.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        part: Part,
        inputs: Inputs,
        seed: int,
        traits: Sequence[str] | None = None,
        liked: float = 0.75,
        scaling: str = "published",
    ) -> None:
        values = traits_of(table, split, traits, scaling)
        known = np.asarray(np.isfinite(values).all(axis=1))
        rows = split.rows(table, part)
        rows = rows[(table.score[rows] >= liked) & known[table.user[rows]]]
        super().__init__(table.image[rows], inputs, seed)
        self.users = table.user[rows]
        self.traits = torch.from_numpy(values)
        self.trait_names = tuple(traits or table.trait_names)
        if not len(self):
            raise UserError(
                f"{table.database}: nobody of the {part} part has traits and a rating of at least {liked:g} (0 to 1);"
                " lower task.dataset.liked, or choose a database with traits."
            )

    def collect(self, inputs: Any, items: Indices) -> Liked:
        """Put images and their users' traits together."""
        users = torch.from_numpy(self.users[items])
        return Liked(inputs, self.traits[users], users, torch.from_numpy(items))


def traits_of(table: RatingTable, split: Split, names: Sequence[str] | None, scaling: str) -> Scores:
    """Return the traits to learn, ``(users, traits)`` in [-1, 1], NaN where one is unknown; see `LikedImages`."""
    if scaling not in SCALINGS:
        raise UserError(
            f"task.dataset.scaling={scaling}: there is no such scaling; choose one of {', '.join(SCALINGS)}."
        )
    wanted = list(table.trait_names if names is None else names)
    absent = [name for name in wanted if name not in table.trait_names]
    if table.traits is None or not wanted or absent:
        has = ", ".join(table.trait_names) or "none"
        raise MissingLabelsError(
            f"{table.database} lacks the traits {', '.join(absent) or 'that personality is learnt from'} (it has"
            f" {has}); choose psychoflickr or para, or name others with task.dataset.traits."
        )
    values = table.traits[:, [table.trait_names.index(name) for name in wanted]].astype(np.float64)
    if scaling == "training":
        known = values[split.train_users]
        if not (some := np.isfinite(known).any(axis=0)).all():
            raise UserError(
                f"{table.database}: the trait {wanted[int(np.argmin(some))]} is known of no training user; leave it"
                " out with task.dataset.traits."
            )
        mean, spread = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
        values = np.clip((values - mean) / (SPREAD * np.where(spread > 0, spread, 1)), -1, 1)
    else:
        check_traits(values, table.user_ids, wanted, table.database)
    return np.asarray(values, dtype=np.float32)
