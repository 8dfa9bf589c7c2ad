"""Third stage, for networks that judge for everybody: on test pictures, or on what test people like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.datasets import HeldOutLikes, HeldOutPictures
from piaa_lightning.data.ratings import hashed
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.image_evaluation import PictureExam
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitExam
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.pipeline.open_data import Data
from piaa_lightning.runtime.distributed import gather, rank, share, world_size
from piaa_lightning.runtime.progress import track

BATCH = 64  # pictures judged at once
Floats = NDArray[np.float64]


def examine_pictures(
    network: Any,
    data: Data,
    method: str,
    backbone: str,
    device: torch.device,
    part: Part = "test",
    cut: float | None = None,
) -> PictureExam:
    """Judge a network on a database's held-out pictures.

    Args:
        network: scores pictures, and predicts distributions where its head does.
        data: the database.
        method: label of the network.
        backbone: its name.
        device: where it runs.
        part: test or val.
        cut: the output above which it calls a picture good, .5 where outputs are probabilities of being good; None
            where outputs are scores, which are cut where the database is.

    Raises:
        UserError: a network without scores, or no picture to judge it on.
    """
    if not isinstance(network, ScoreNetwork):
        raise UserError(f"{method}: {type(network).__name__} scores no pictures; judge it with exam: traits.")
    bins = getattr(getattr(network, "head", None), "bins", None)
    if bins is not None and data.table.distribution is None and not data.table.ratings:
        bins = None  # averages alone are known
    inputs = data.inputs.with_patches(getattr(network, "patches", 0))
    pictures = HeldOutPictures(data.table, data.split, part, inputs, bins=bins)
    if not len(pictures):
        raise UserError(f"{data.name}: the split holds out no picture with a score; raise data.split.test_images.")
    network = network.to(device).eval()
    answer: Callable[[Tensor], Tensor] = network if bins is None else network.distribution
    found = _answers(answer, pictures, f"{method}: test pictures", device)
    scores = pictures.scores.double().numpy()
    ids = data.table.image_ids[pictures.images]
    if bins is None:
        return PictureExam(method, backbone, data.name, ids, scores, found, cut=data.cut, predicted_cut=cut)
    means = found @ network.head.levels.double().cpu().numpy()
    votes = pictures.shares.double().numpy()
    return PictureExam(method, backbone, data.name, ids, scores, means, votes, found, data.cut, cut)


def examine_traits(
    network: Any, data: Data, method: str, backbone: str, device: torch.device, part: Part = "test", **form: Any
) -> TraitExam:
    """Judge a network on a database's test people, each by the pictures that the person likes.

    Args:
        network: predicts traits.
        data: the database.
        method: label of the network.
        backbone: its name.
        device: where it runs.
        part: test or val.
        form: as the network's task chose traits, see ``data.forms.LikedPictures``.

    Raises:
        UserError: a network without traits, or nobody to judge it on.
    """
    if not hasattr(network, "traits"):
        raise UserError(f"{method}: {type(network).__name__} predicts no traits; judge it with exam: pictures.")
    likes = HeldOutLikes(data.table, data.split, part, data.inputs, **form)
    found = _answers(network.to(device).eval().traits, likes, f"{method}: test people", device)
    users, place = np.unique(likes.form.users, return_inverse=True)
    count = np.bincount(place)
    means = np.stack([np.bincount(place, weights=column) / count for column in found.T], axis=1)
    names = tuple(form.get("traits") or data.table.trait_names)
    ids = tuple(hashed(str(data.table.user_ids[user])) for user in users)
    liked = Likes(likes.form.images, place, found)
    return TraitExam(method, backbone, data.name, names, ids, likes.form.traits[users].double().numpy(), means, liked)


def _answers(
    answer: Callable[[Tensor], Tensor], dataset: HeldOutPictures | HeldOutLikes, title: str, device: torch.device
) -> Floats:
    def batches() -> Iterator[Floats]:
        starts = range(0, len(dataset), BATCH)
        for start in track(share(starts, rank(), world_size()), title):
            batch = dataset.__getitems__(range(start, min(start + BATCH, len(dataset))))
            yield answer(batch.inputs.to(device)).double().cpu().numpy()

    with torch.inference_mode():
        return np.concatenate(gather(list(batches())))
