"""Overlap guards across databases: nobody is judged on a photograph that was trained on under another name."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.photo_ids import photo_ids
from piaa_lightning.data.ratings import Indices, RatingTable
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


def refuse_shared_photos(
    learnt: RatingTable, learnt_images: Indices, judged: RatingTable, judged_images: Indices
) -> None:
    """Stop where a photograph to learn from is judged on as well; for the arguments see `shared_photos`.

    Raises:
        UserError: there is such a photograph.
    """
    shared = shared_photos(learnt, learnt_images, judged, judged_images)
    if len(shared):
        raise UserError(
            f"{len(shared)} pictures of {learnt.database} are test pictures of {judged.database} (first:"
            f" {learnt.image_files[shared[0]]}), and learning from them would leak into the results; leave them out of"
            " the training."
        )
