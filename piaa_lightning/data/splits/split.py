"""A split: disjoint users and disjoint images for training, validation and test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from piaa_lightning.data.ratings import Ids, Indices, RatingTable
from piaa_lightning.errors import UserError

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """Which users and images are held out for validation and for test.

    Args:
        description: how the split was made, in a sentence for reports.
        train_users: indices into the table's ``user_ids``, sorted; likewise the other two, disjoint.
        val_users: users who choose settings and epochs.
        test_users: users whom nothing was learnt from.
        train_images: indices into the table's ``image_ids``, sorted; likewise the other two, disjoint.
        val_images: images that validation users are evaluated on.
        test_images: images that test users are evaluated on.
    """

    description: str
    train_users: Indices
    val_users: Indices
    test_users: Indices
    train_images: Indices
    val_images: Indices
    test_images: Indices

    def users(self, part: Part) -> Indices:
        """Return the users of a part."""
        return {"train": self.train_users, "val": self.val_users, "test": self.test_users}[part]

    def images(self, part: Part) -> Indices:
        """Return the images of a part."""
        return {"train": self.train_images, "val": self.val_images, "test": self.test_images}[part]

    def rows(self, table: RatingTable, part: Part) -> Indices:
        """Return the sorted rows of the ratings whose user and image both belong to a part."""
        of_user = np.isin(table.user, self.users(part))
        of_image = np.isin(table.image, self.images(part))
        return np.flatnonzero(of_user & of_image).astype(np.int64)

    def hash(self, table: RatingTable) -> str:
        """Return 16 hex digits that tell two splits apart.

        It is SHA-256 over the ids of each part, whatever the order of files and the numbering of ids.
        """
        content = hashlib.sha256()
        for part in PARTS:
            for what, ids in (
                ("users", table.user_ids[self.users(part)]),
                ("images", table.image_ids[self.images(part)]),
            ):
                content.update("\n".join([f"{part} {what} {len(ids)}", *sorted(ids.tolist()), ""]).encode())
        return content.hexdigest()[:16]

    def check(self, table: RatingTable) -> Split:
        """Return the split, or stop where parts overlap or do not fit the table.

        Raises:
            UserError: a user or an image is in two parts, unsorted or doubled within one, or not in the table.
        """
        for what, ids, members in (("user", table.user_ids, self.users), ("image", table.image_ids, self.images)):
            for part in PARTS:
                _check_part(f"{table.database}: the {part} {what}s", members(part), ids)
            for first, second in combinations(PARTS, 2):
                both = np.intersect1d(members(first), members(second))
                if len(both):
                    raise UserError(
                        f"{table.database}: {len(both)} {what}s are in both {first} and {second} (first:"
                        f" {ids[both[0]]}), which would leak into the results; make the parts disjoint."
                    )
        return self


def _check_part(what: str, members: Indices, ids: Ids) -> None:
    if len(members) and (members[0] < 0 or members[-1] >= len(ids) or np.any(np.diff(members) <= 0)):
        raise UserError(f"{what} are not sorted, unique indices below {len(ids)}; make the split from this very table.")
