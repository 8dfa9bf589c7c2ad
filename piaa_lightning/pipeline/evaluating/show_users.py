"""For the report: what methods say of a few users' single images, and where their networks look."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from piaa_lightning.data.images.raw import RawImages
from piaa_lightning.data.ratings import Scores
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.protocol import Protocol, support_of
from piaa_lightning.evaluation.shown_users import (
    LOOKED_INTO,
    ExplainedImage,
    ShownUser,
    ShownUsers,
    images_to_explain,
    shown_users,
)
from piaa_lightning.explain.gradient_map import INSTALL, available, concentration, gradient_map
from piaa_lightning.models.feature_extractor import FeatureExtractor
from piaa_lightning.personalizers.personal_network import PersonalNetwork
from piaa_lightning.personalizers.personalizer import Personalizer, Scorer, Settings
from piaa_lightning.pipeline.evaluating.evaluation_context import EvaluationContext
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import MethodSpec, RunSpec

log = logging.getLogger(__name__)

METHODS = 4  # whose predictions are shown at most, the first that are compared
BY_DEFAULT = 12  # gradient maps where captum is installed
Look = tuple[float, Tensor, float]  # score, map and its concentration
AT_ONCE = 8  # images whose gradients are held at once


def number_of_maps(spec: RunSpec) -> int:
    """Return how many gradient maps are wanted.

    Raises:
        UserError: maps are asked for and captum is not installed.
    """
    asked = spec.config.report.maps
    if asked is None:
        return BY_DEFAULT if available() else 0
    if asked and not available():
        raise UserError(f"report.maps={asked}: gradient maps need captum: {INSTALL}, or give report.maps=0.")
    return int(asked)


def shown_methods(spec: RunSpec) -> list[MethodSpec]:
    """Return the methods that are shown: the first that are compared and fit users to images at random."""
    keys = dict.fromkeys(key for pair in spec.comparisons for key in pair if key in spec.methods)
    compared = (spec.methods[key] for key in keys)
    return [method for method in compared if method.evaluation is None and method.support is None][:METHODS]


def choose_users(spec: RunSpec, databases: Databases, protocol: Protocol) -> ShownUsers | None:
    """Choose whom the report shows, before anything is predicted."""
    data = databases.main
    if not shown_methods(spec):
        return None
    rows = data.split.rows(data.table, spec.evaluate_on)
    return shown_users(data.table, rows, spec.shots, protocol, spec.config.report.users)


def show_method(
    shown: ShownUsers,
    context: EvaluationContext,
    label: str,
    personalizer: Personalizer,
    chosen: Mapping[int, Settings],
    prior: nn.Module | None,
) -> None:
    """Fit the shown users with one method, one at a time; keep predictions, and maps of the first with a network.

    Args:
        shown: filled.
        context: what the run stands on.
        label: of the method.
        personalizer: prepared.
        chosen: its settings.
        prior: what it starts from.
    """
    table = context.databases.main.table
    wanted = [] if shown.explains or prior is None else images_to_explain(shown.users, number_of_maps(context.spec))
    settings = chosen[shown.shots]
    extractor = context.models.extractor
    stored = RawImages(table.root, table.image_files.tolist(), extractor.size, context.spec.data.resize)
    said: list[Scores] = []
    looks: list[list[Look]] = []
    for place, user in enumerate(shown.users):
        fitted = personalizer.fit_user(support_of(table, user.draw), settings)
        said.append(np.asarray(fitted(user.images), dtype=np.float32))
        network = _network(fitted, prior, settings)
        if wanted and place < LOOKED_INTO and network is not None:
            looks.append(gradients_of(network, extractor, stored, wanted, context.device))
    shown.predicted[label] = said
    if looks and prior is not None:
        shown.explains = label
        of_prior = gradients_of(prior, extractor, stored, wanted, context.device)
        for number, image in enumerate(wanted):
            seen = [of_prior[number], *(own[number] for own in looks)]
            image_id = str(table.image_ids[image])
            shown.explained.append(_explained(shown.users[: len(looks)], image, image_id, seen))


def _explained(users: Sequence[ShownUser], image: int, image_id: str, looks: Sequence[Look]) -> ExplainedImage:
    rated = [user.scores[user.images == image] for user in users]
    return ExplainedImage(
        image,
        image_id,
        ("prior", *(user.name for user in users)),
        (None, *(float(score[0]) if len(score) else None for score in rated)),
        tuple(look[0] for look in looks),
        np.stack([look[1].numpy() for look in looks]),
        tuple(look[2] for look in looks),
    )


def _network(fitted: Scorer, prior: nn.Module | None, settings: Settings) -> nn.Module | None:
    """Return the network that was fitted to a user; after no step at all it is the prior."""
    if isinstance(fitted, PersonalNetwork):
        return fitted.network
    return prior if settings.get("steps") == 0 else None


def gradients_of(
    network: nn.Module, extractor: FeatureExtractor, stored: RawImages, images: Sequence[int], device: torch.device
) -> list[Look]:
    """Take the gradients of a network's scores with respect to the pixels, also where it stands on frozen features.

    Args:
        network: scores images, or their frozen features.
        extractor: what it sees images through.
        stored: images of the database, at the extractor's size.
        images: numbers of those that are looked at.
        device: where networks run.
    """
    score = extractor.to(device).scores(network.to(device).eval())
    found: list[Look] = []
    for start in range(0, len(images), AT_ONCE):
        batch = stored.batch(np.array(images[start : start + AT_ONCE])).to(device)
        inputs = extractor.normalise(batch)
        with torch.no_grad():
            scores = score(inputs)
        maps = gradient_map(score, inputs)
        found += list(zip(scores.tolist(), maps.cpu(), concentration(maps).tolist(), strict=True))
    return found
