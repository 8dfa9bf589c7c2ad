"""Evaluate on test users, each by the images that the user likes, a network or an estimator of users' traits."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from omegaconf import OmegaConf

from piaa_lightning.data.datasets import HeldOutLikes, LikedImages
from piaa_lightning.data.ratings import hashed
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.trait_estimator import KnownLikes, TraitEstimator
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitEvaluation
from piaa_lightning.pipeline.evaluating.evaluation_context import EvaluationContext
from piaa_lightning.pipeline.evaluating.in_batches import in_batches
from piaa_lightning.pipeline.parts.make import make
from piaa_lightning.pipeline.parts.open_data import Data
from piaa_lightning.pipeline.specs.specs import MethodSpec

AS_TRAINED = ("traits", "liked", "scaling")  # options of a task's dataset that say what a trait is


def evaluate_traits(context: EvaluationContext, method: MethodSpec) -> TraitEvaluation:
    """Evaluate a method on the test users of its database.

    Args:
        context: what the run stands on.
        method: with an estimator of traits, or a network that predicts them.

    Raises:
        UserError: a network without traits, or nobody to learn from or to evaluate it on.
    """
    given = {} if method.dataset is None else OmegaConf.to_container(method.dataset, resolve=True)
    assert isinstance(given, dict)
    options = {name: given[name] for name in AS_TRAINED if name in given}
    backbone, part = context.backbone_of(method), context.spec.evaluate_on
    if method.estimator is None:
        network, data = context.model_of(method), context.data_of(method)
        return evaluate_on_likes(network, data, method.label, backbone, context.device, part, **options)
    estimator = make(method.estimator, f"methods.{method.key}.estimator")
    return evaluate_trait_estimator(
        estimator, context.image_context_of(method), method.label, backbone, part, **options
    )


def evaluate_on_likes(
    network: Any, data: Data, method: str, backbone: str, device: torch.device, part: Part = "test", **dataset: Any
) -> TraitEvaluation:
    """Evaluate a network on a database's test users, each by the images that the user likes.

    Args:
        network: predicts traits.
        data: the database.
        method: label of the network.
        backbone: its name.
        device: where it runs.
        part: test or val.
        dataset: as the network's task chose traits, see `data.datasets.LikedImages`.

    Raises:
        UserError: a network without traits, or nobody to evaluate it on.
    """
    if not hasattr(network, "traits"):
        raise UserError(f"{method}: {type(network).__name__} predicts no traits; evaluate it with evaluation: images.")
    likes = HeldOutLikes(data.table, data.split, part, data.inputs, **dataset)
    found = in_batches(network.to(device).eval().traits, likes, f"{method}: test users", device)
    return _by_user(likes.dataset, found, method, backbone, data.name, data.table.user_ids)


def evaluate_trait_estimator(
    estimator: TraitEstimator, context: ImageContext, method: str, backbone: str, part: Part = "test", **dataset: Any
) -> TraitEvaluation:
    """Fit an estimator to what a database's training users like and evaluate it on held-out users.

    Args:
        estimator: not fitted yet.
        context: what it stands on.
        method: its label.
        backbone: of the network whose features it uses; empty where it uses none.
        part: test or val.
        dataset: which traits there are and what counts as liking, see `data.datasets.LikedImages`.

    Raises:
        UserError: nobody to learn from or to evaluate it on, or what the estimator needs is not there.
    """

    def likes_of(part: Part) -> LikedImages:
        return LikedImages(context.table, context.split, part, context.inputs, context.seed, **dataset)

    likes = likes_of(part)
    estimator.fit(context, _known(likes_of("train")), _known(likes_of("val")))
    found, table = estimator.predict(likes.images), context.table
    return _by_user(likes, found, method, backbone, table.database, table.user_ids)


def _known(likes: LikedImages) -> KnownLikes:
    users, place = np.unique(likes.users, return_inverse=True)
    return KnownLikes(likes.images, place, likes.traits[users].double().numpy())


def _by_user(
    likes: LikedImages, found: NDArray[np.float64], method: str, backbone: str, database: str, names: NDArray[np.str_]
) -> TraitEvaluation:
    """Average what was predicted from each image over the users, and put it beside what is true."""
    known = _known(likes)
    ids = tuple(hashed(str(names[user])) for user in np.unique(likes.users))
    said = Likes(known.images, known.users, found)
    return TraitEvaluation(method, backbone, database, likes.trait_names, ids, known.traits, known.means(found), said)
