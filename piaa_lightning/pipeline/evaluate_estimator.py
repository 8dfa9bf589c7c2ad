"""Third stage, for systems that are fitted as scikit-learn fits: the evaluation on test images that networks take."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.datasets import HeldOutImages
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, ImageContext
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation


def evaluate_estimator(
    estimator: Estimator, context: ImageContext, method: str, backbone: str, part: Part = "test"
) -> ImageEvaluation:
    """Fit an estimator to a database's training images and evaluate it on held-out images.

    Args:
        estimator: not fitted yet.
        context: what it stands on.
        method: its label.
        backbone: of the network whose features it uses; empty where it uses none.
        part: test or val.

    Raises:
        UserError: no image to evaluate it on, or what the estimator needs is not there.
    """
    table, split = context.table, context.split
    scored = HeldOutImages(table, split, part, context.inputs).images
    if not len(scored):
        raise UserError(f"{table.database}: the split holds out no image with a score; hold out some test images.")
    estimator.fit(context)
    prediction = estimator.predict(scored)
    known = table.distribution is not None or table.ratings
    bins = None if prediction.votes is None or not known else prediction.votes.shape[1]
    images = HeldOutImages(table, split, part, context.inputs, bins=bins)
    kept = np.isin(scored, images.images)  # an image may have a score and no votes
    return ImageEvaluation(
        method,
        backbone,
        table.database,
        table.image_ids[images.images],
        images.scores.double().numpy(),
        prediction.values[kept],
        None if bins is None else images.shares.double().numpy(),
        None if bins is None or prediction.votes is None else prediction.votes[kept],
        context.threshold,
        prediction.threshold,
        prediction.ordered,
    )
