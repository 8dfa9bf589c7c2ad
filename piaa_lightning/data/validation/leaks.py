"""Overlap guards across databases: nobody is evaluated on an image that was trained on under another name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from piaa_lightning.data.images.photo_ids import photo_ids
from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError


def shared_photos(
    learnt: RatingTable, learnt_images: Indices, evaluated: RatingTable, evaluated_images: Indices
) -> Indices:
    """Return those images to learn from that are also evaluated on, by the id of the image.

    Args:
        learnt: the database that is trained on.
        learnt_images: indices into its images.
        evaluated: the database that is evaluated on; may be the same one.
        evaluated_images: indices into its images.

    Returns:
        Sorted indices into the images of ``learnt``. Images whose names do not tell the image are not found.
    """
    test = set(photo_ids(evaluated.database, evaluated.image_files[evaluated_images].tolist())) - {""}
    photos = photo_ids(learnt.database, learnt.image_files[learnt_images].tolist())
    found = np.array([photo in test for photo in photos], dtype=bool)
    return np.sort(learnt_images[found])


def refuse_shared_photos(
    learnt: RatingTable, learnt_split: Split, evaluated: RatingTable, evaluated_split: Split
) -> None:
    """Stop where `without_shared_photos` would leave out an image; for the arguments see there.

    Raises:
        UserError: there is such an image.
    """
    train, val = _shared(learnt, learnt_split, evaluated, evaluated_split)
    if len(train) + len(val):
        first = [*train, *val][0]
        raise UserError(
            f"{len(train)} training and {len(val)} validation images of {learnt.database} are evaluated on in"
            f" {evaluated.database} (first: {learnt.image_files[first]}), and learning from them would leak into the"
            " results; leave them out of the training, with on_shared_photos=drop."
        )


def without_shared_photos(
    learnt: RatingTable, learnt_split: Split, evaluated: RatingTable, evaluated_split: Split
) -> Split:
    """Return the split of a database to learn from, less the images that another database is evaluated on.

    Training images must be neither test nor validation images there; validation images, which choose an epoch,
    must not be test images there. Both may serve to validate.

    Args:
        learnt: the database that is trained on.
        learnt_split: of it.
        evaluated: the database that is evaluated on; may be the same one.
        evaluated_split: of it.

    Returns:
        A split with the same users and test images, whose description says how many images were left out; the
        very same split where there are none.
    """
    train, val = _shared(learnt, learnt_split, evaluated, evaluated_split)
    if not len(train) + len(val):
        return learnt_split
    return replace(
        learnt_split,
        description=f"{learnt_split.description}, less {len(train)} training and {len(val)} validation images that"
        f" are evaluated on in {evaluated.database}",
        train_images=np.setdiff1d(learnt_split.train_images, train),
        val_images=np.setdiff1d(learnt_split.val_images, val),
    )


def _shared(
    learnt: RatingTable, learnt_split: Split, evaluated: RatingTable, evaluated_split: Split
) -> tuple[Indices, Indices]:
    """Return the training and the validation images that must not be learnt from."""
    held_out = np.concatenate([evaluated_split.val_images, evaluated_split.test_images])
    return (
        shared_photos(learnt, learnt_split.train_images, evaluated, held_out),
        shared_photos(learnt, learnt_split.val_images, evaluated, evaluated_split.test_images),
    )
