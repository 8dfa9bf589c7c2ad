"""Evaluate on test images what scores them alike for everybody: a network, or an estimator that is fitted first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.datasets import HeldOutImages
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, ImageContext, Prediction
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.pipeline.evaluating.evaluation_context import EvaluationContext
from piaa_lightning.pipeline.evaluating.in_batches import in_batches
from piaa_lightning.pipeline.parts.make import make
from piaa_lightning.pipeline.parts.open_data import Data
from piaa_lightning.pipeline.specs.specs import MethodSpec


def evaluate_images(context: EvaluationContext, method: MethodSpec) -> ImageEvaluation:
    """Evaluate a method on the test images of its database.

    Args:
        context: what the run stands on.
        method: with an estimator, or a network that is evaluated as it is.

    Raises:
        UserError: there is no image to evaluate it on, or what it needs is not there.
    """
    backbone, part = context.backbone_of(method), context.spec.evaluate_on
    if method.estimator is None:
        network, data = context.model_of(method), context.data_of(method)
        return evaluate_network(network, data, method.label, backbone, context.device, part, method.threshold)
    estimator = make(method.estimator, f"methods.{method.key}.estimator")
    return evaluate_estimator(estimator, context.image_context_of(method), method.label, backbone, part)


def evaluate_network(
    network: Any,
    data: Data,
    method: str,
    backbone: str,
    device: torch.device,
    part: Part = "test",
    threshold: float | None = None,
) -> ImageEvaluation:
    """Evaluate a network on a database's held-out images.

    Args:
        network: scores images, and predicts distributions where its head does.
        data: the database.
        method: label of the network.
        backbone: its name.
        device: where it runs.
        part: test or val.
        threshold: the output above which it calls an image good, .5 where outputs are probabilities of being good; None
            where outputs are scores, which are good where the database's are.

    Raises:
        UserError: a network without scores, or no image to evaluate it on.
    """
    if not isinstance(network, ScoreNetwork):
        raise UserError(f"{method}: {type(network).__name__} scores no images; evaluate it with evaluation: traits.")
    bins = getattr(getattr(network, "head", None), "bins", None)
    if bins is not None and not _has_votes(data.table):
        bins = None  # averages alone are known
    inputs = data.inputs.with_patches(getattr(network, "patches", 0))
    images = HeldOutImages(data.table, data.split, part, inputs, bins=bins)
    _refuse_none(images, data.name)
    network = network.to(device).eval()
    answer: Callable[[Tensor], Tensor] = network if bins is None else network.distribution
    found = in_batches(answer, images, f"{method}: test images", device)
    if bins is None:
        prediction = Prediction(found, threshold)
    else:
        levels: Any = network.head.levels
        prediction = Prediction(found @ levels.double().cpu().numpy(), threshold, votes=found)
    ids = data.table.image_ids[images.images]
    return _compared(prediction, images, ids, data.name, method, backbone, data.threshold)


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
    images = HeldOutImages(table, split, part, context.inputs)
    _refuse_none(images, table.database)
    estimator.fit(context)
    prediction = estimator.predict(images.images)
    if prediction.votes is not None and _has_votes(table):
        scored = images.images
        images = HeldOutImages(table, split, part, context.inputs, bins=prediction.votes.shape[1])
        kept = np.isin(scored, images.images)  # an image may have a score and no votes
        prediction = Prediction(
            prediction.values[kept], prediction.threshold, prediction.ordered, prediction.votes[kept]
        )
    else:
        prediction = Prediction(prediction.values, prediction.threshold, prediction.ordered)
    ids = table.image_ids[images.images]
    return _compared(prediction, images, ids, table.database, method, backbone, context.threshold)


def _has_votes(table: RatingTable) -> bool:
    """Whether it is known how votes on an image are distributed, not their average alone."""
    return table.distribution is not None or table.ratings > 0


def _refuse_none(images: HeldOutImages, database: str) -> None:
    if not len(images):
        raise UserError(f"{database}: the split holds out no image with a score; raise data.split.test_images.")


def _compared(
    prediction: Prediction,
    images: HeldOutImages,
    ids: NDArray[np.str_],
    database: str,
    method: str,
    backbone: str,
    threshold: float,
) -> ImageEvaluation:
    """Put what was predicted beside what is true."""
    return ImageEvaluation(
        method,
        backbone,
        database,
        ids,
        images.scores.double().numpy(),
        prediction.values,
        None if prediction.votes is None else images.shares.double().numpy(),
        prediction.votes,
        threshold,
        prediction.threshold,
        prediction.ordered,
    )
