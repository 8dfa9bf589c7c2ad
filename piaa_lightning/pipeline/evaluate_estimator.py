"""Third stage, for systems that are fitted as scikit-learn fits: the exam on test pictures that networks take."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.datasets import HeldOutPictures
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, PictureGround
from piaa_lightning.evaluation.image_evaluation import PictureExam


def examine_estimator(
    estimator: Estimator, ground: PictureGround, method: str, backbone: str, part: Part = "test"
) -> PictureExam:
    """Fit an estimator to a database's training pictures and judge it on held-out pictures.

    Args:
        estimator: not fitted yet.
        ground: what it stands on.
        method: its label.
        backbone: of the network whose features it uses; empty where it uses none.
        part: test or val.

    Raises:
        UserError: no picture to judge it on, or what the estimator needs is not there.
    """
    table, split = ground.table, ground.split
    scored = HeldOutPictures(table, split, part, ground.inputs).images
    if not len(scored):
        raise UserError(f"{table.database}: the split holds out no picture with a score; hold out some test pictures.")
    estimator.fit(ground)
    verdict = estimator.judge(scored)
    known = table.distribution is not None or table.ratings
    bins = None if verdict.votes is None or not known else verdict.votes.shape[1]
    pictures = HeldOutPictures(table, split, part, ground.inputs, bins=bins)
    kept = np.isin(scored, pictures.images)  # a picture may have a score and no votes
    return PictureExam(
        method,
        backbone,
        table.database,
        table.image_ids[pictures.images],
        pictures.scores.double().numpy(),
        verdict.values[kept],
        None if bins is None else pictures.shares.double().numpy(),
        None if bins is None or verdict.votes is None else verdict.votes[kept],
        ground.cut,
        verdict.cut,
        verdict.ordered,
    )
