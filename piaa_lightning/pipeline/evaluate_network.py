"""Third stage, for networks that evaluate for everybody: on test images, or on what test users like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.datasets import HeldOutImages, HeldOutLikes
from piaa_lightning.data.ratings import hashed
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitEvaluation
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.pipeline.open_data import Data
from piaa_lightning.runtime.distributed import gather, process_index, share, world_size
from piaa_lightning.runtime.progress import track

BATCH = 64  # images evaluated at once
Floats = NDArray[np.float64]


def evaluate_images(
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
            where outputs are scores, which are threshold where the database is.

    Raises:
        UserError: a network without scores, or no image to evaluate it on.
    """
    if not isinstance(network, ScoreNetwork):
        raise UserError(f"{method}: {type(network).__name__} scores no images; evaluate it with evaluation: traits.")
    bins = getattr(getattr(network, "head", None), "bins", None)
    if bins is not None and data.table.distribution is None and not data.table.ratings:
        bins = None  # averages alone are known
    inputs = data.inputs.with_patches(getattr(network, "patches", 0))
    images = HeldOutImages(data.table, data.split, part, inputs, bins=bins)
    if not len(images):
        raise UserError(f"{data.name}: the split holds out no image with a score; raise data.split.test_images.")
    network = network.to(device).eval()
    answer: Callable[[Tensor], Tensor] = network if bins is None else network.distribution
    found = _answers(answer, images, f"{method}: test images", device)
    scores = images.scores.double().numpy()
    ids = data.table.image_ids[images.images]
    if bins is None:
        return ImageEvaluation(
            method, backbone, data.name, ids, scores, found, threshold=data.threshold, predicted_threshold=threshold
        )
    means = found @ network.head.levels.double().cpu().numpy()
    votes = images.shares.double().numpy()
    return ImageEvaluation(method, backbone, data.name, ids, scores, means, votes, found, data.threshold, threshold)


def evaluate_traits(
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
        dataset: as the network's task chose traits, see ``data.forms.LikedImages``.

    Raises:
        UserError: a network without traits, or nobody to evaluate it on.
    """
    if not hasattr(network, "traits"):
        raise UserError(f"{method}: {type(network).__name__} predicts no traits; evaluate it with evaluation: images.")
    likes = HeldOutLikes(data.table, data.split, part, data.inputs, **dataset)
    found = _answers(network.to(device).eval().traits, likes, f"{method}: test users", device)
    users, place = np.unique(likes.dataset.users, return_inverse=True)
    count = np.bincount(place)
    means = np.stack([np.bincount(place, weights=column) / count for column in found.T], axis=1)
    names = tuple(dataset.get("traits") or data.table.trait_names)
    ids = tuple(hashed(str(data.table.user_ids[user])) for user in users)
    liked = Likes(likes.dataset.images, place, found)
    return TraitEvaluation(
        method, backbone, data.name, names, ids, likes.dataset.traits[users].double().numpy(), means, liked
    )


def _answers(
    answer: Callable[[Tensor], Tensor], dataset: HeldOutImages | HeldOutLikes, title: str, device: torch.device
) -> Floats:
    def batches() -> Iterator[Floats]:
        starts = range(0, len(dataset), BATCH)
        for start in track(share(starts, process_index(), world_size()), title):
            batch = dataset.__getitems__(range(start, min(start + BATCH, len(dataset))))
            yield answer(batch.inputs.to(device)).double().cpu().numpy()

    with torch.inference_mode():
        return np.concatenate(gather(list(batches())))
