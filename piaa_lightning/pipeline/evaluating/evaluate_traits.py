"""Evaluate on test users, each by the images that the user likes, a network that predicts users' traits."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf

from piaa_lightning.data.datasets import HeldOutLikes
from piaa_lightning.data.ratings import hashed
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitEvaluation
from piaa_lightning.pipeline.evaluating.evaluation_context import EvaluationContext
from piaa_lightning.pipeline.evaluating.in_batches import in_batches
from piaa_lightning.pipeline.parts.open_data import Data
from piaa_lightning.pipeline.specs.specs import MethodSpec

AS_TRAINED = ("traits", "liked", "scaling")  # options of a task's dataset that say what a trait is


def evaluate_traits(context: EvaluationContext, method: MethodSpec) -> TraitEvaluation:
    """Evaluate a method on the test users of its database.

    Args:
        context: what the run stands on.
        method: whose network predicts traits.

    Raises:
        UserError: a network without traits, or nobody to evaluate it on.
    """
    given = {} if method.dataset is None else OmegaConf.to_container(method.dataset, resolve=True)
    assert isinstance(given, dict)
    options = {name: given[name] for name in AS_TRAINED if name in given}
    network, backbone = context.model_of(method), context.backbone_of(method)
    part = context.spec.evaluate_on
    return evaluate_on_likes(network, context.data_of(method), method.label, backbone, context.device, part, **options)


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
    users, place = np.unique(likes.dataset.users, return_inverse=True)
    count = np.bincount(place)
    means = np.stack([np.bincount(place, weights=column) / count for column in found.T], axis=1)
    names = tuple(dataset.get("traits") or data.table.trait_names)
    ids = tuple(hashed(str(data.table.user_ids[user])) for user in users)
    liked = Likes(likes.dataset.images, place, found)
    return TraitEvaluation(
        method, backbone, data.name, names, ids, likes.dataset.traits[users].double().numpy(), means, liked
    )
