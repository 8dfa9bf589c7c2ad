"""Overlap guards across databases: nobody is judged on a photograph that was trained on under another name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from piaa_lightning.data.images.photo_ids import photo_ids
from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError


def shared_photos(learnt: RatingTable, learnt_images: Indices, judged: RatingTable, judged_images: Indices) -> Indices:
    """Return those pictures to learn from that are also judged on, by the id of the photograph.

    Args:
        learnt: the database that is trained on.
        learnt_images: indices into its pictures.
        judged: the database that is judged on; may be the same one.
        judged_images: indices into its pictures.

    Returns:
        Sorted indices into the pictures of ``learnt``. Pictures whose names do not tell the photograph are not found.
    """
    test = set(photo_ids(judged.database, judged.image_files[judged_images].tolist())) - {""}
    photos = photo_ids(learnt.database, learnt.image_files[learnt_images].tolist())
    found = np.array([photo in test for photo in photos], dtype=bool)
    return np.sort(learnt_images[found])


def refuse_shared_photos(learnt: RatingTable, learnt_split: Split, judged: RatingTable, judged_split: Split) -> None:
    """Stop where `without_shared_photos` would leave out a picture; for the arguments see there.

    Raises:
        UserError: there is such a picture.
    """
    train, val = _shared(learnt, learnt_split, judged, judged_split)
    if len(train) + len(val):
        first = [*train, *val][0]
        raise UserError(
            f"{len(train)} training and {len(val)} validation pictures of {learnt.database} are judged on in"
            f" {judged.database} (first: {learnt.image_files[first]}), and learning from them would leak into the"
            " results; leave them out of the training, with on_shared_photos=drop."
        )


def without_shared_photos(learnt: RatingTable, learnt_split: Split, judged: RatingTable, judged_split: Split) -> Split:
    """Return the split of a database to learn from, less the photographs that another database is judged on.

    Training pictures must be neither test nor validation pictures there; validation pictures, which choose an epoch,
    must not be test pictures there. Both may serve to validate.

    Args:
        learnt: the database that is trained on.
        learnt_split: of it.
        judged: the database that is judged on; may be the same one.
        judged_split: of it.

    Returns:
        A split with the same people and test pictures, whose description says how many pictures were left out; the
        very same split where there are none.
    """
    train, val = _shared(learnt, learnt_split, judged, judged_split)
    if not len(train) + len(val):
        return learnt_split
    return replace(
        learnt_split,
        description=f"{learnt_split.description}, less {len(train)} training and {len(val)} validation pictures that"
        f" are judged on in {judged.database}",
        train_images=np.setdiff1d(learnt_split.train_images, train),
        val_images=np.setdiff1d(learnt_split.val_images, val),
    )


def _shared(
    learnt: RatingTable, learnt_split: Split, judged: RatingTable, judged_split: Split
) -> tuple[Indices, Indices]:
    """Return the training and the validation pictures that must not be learnt from."""
    held_out = np.concatenate([judged_split.val_images, judged_split.test_images])
    return (
        shared_photos(learnt, learnt_split.train_images, judged, held_out),
        shared_photos(learnt, learnt_split.val_images, judged, judged_split.test_images),
    )
