"""Build the feature extractor of a run, and networks as a task's training finds them: nothing is trained here."""

from __future__ import annotations

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from torch import nn

from piaa_lightning.errors import UserError, at_key
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.feature_extractor import FeatureExtractor
from piaa_lightning.models.network import score_network
from piaa_lightning.pipeline.specs.backbone_config import network_settings
from piaa_lightning.pipeline.specs.specs import RunSpec, TaskSpec
from piaa_lightning.tasks.pretraining import PretrainingTask


def build_extractor(spec: RunSpec, device: torch.device) -> FeatureExtractor:
    """Build what all images of a run are seen through.

    Raises:
        UserError: there is no such backbone, or its weights cannot be had.
    """
    net = spec.backbone
    backbone = build_backbone(network_settings(net))
    return FeatureExtractor(backbone, net.frozen, net.components, spec.cache, device)


def fresh(spec: RunSpec, task: TaskSpec, extractor: FeatureExtractor) -> nn.Module:
    """Build a network with the backbone's weights and a random head, the same for the same seed.

    Raises:
        UserError: as `refuse_start`.
    """
    refuse_start(spec, task)
    if task.start == "none" and pretrained(spec):
        extractor = _without_weights(spec, extractor)
    pl.seed_everything(spec.seed, workers=True, verbose=False)
    make = score_network if task.network is None else instantiate(task.network)
    network: nn.Module = make(extractor.copy(), instantiate(task.head or spec.head), extractor.features)
    return network


def pretrained(spec: RunSpec) -> bool:
    """Whether the backbone, or one of several, has weights to start from."""
    return any(network["weights"] is not None for network in network_settings(spec.backbone))


def refuse_start(spec: RunSpec, task: TaskSpec) -> None:
    """Stop where a task cannot start from where it says.

    Raises:
        UserError: it starts from a pretrained backbone, and this one has no weights; or from nothing, and the backbone
            would stay random for ever.
    """
    if task.start == "pretrained" and not pretrained(spec):
        raise UserError(
            f"{task.key}.start=pretrained: backbone.weights=null, so that there is nothing pretrained; give"
            " backbone.weights, choose backbone=embedded_cnn, or take init_from=none."
        )
    if task.start == "none" and spec.backbone.frozen:
        raise UserError(
            f"{task.key}.start=none: the backbone is frozen and would stay random; set backbone.frozen=false, or take"
            " init_from=pretrained."
        )


def _without_weights(spec: RunSpec, extractor: FeatureExtractor) -> FeatureExtractor:
    pl.seed_everything(spec.seed, workers=True, verbose=False)
    backbone = build_backbone([{**network, "weights": None} for network in network_settings(spec.backbone)])
    return FeatureExtractor(backbone, False, None, spec.cache, extractor.device)


def extended(spec: RunSpec, task: TaskSpec, network: nn.Module) -> nn.Module:
    """Add to a trained network what the task's own network has beside it."""
    if task.extend is None:
        return network
    pl.seed_everything(spec.seed, workers=True, verbose=False)
    found: nn.Module = instantiate(task.extend)(network)
    return found


def untrained(spec: RunSpec, task: TaskSpec, extractor: FeatureExtractor) -> nn.Module:
    """Build a network of the task's shape, to take parameters from a file."""
    if task.init_from is None:
        network = fresh(spec, task, extractor)
    else:
        network = extended(spec, task, untrained(spec, task.init_from, extractor))
    lightning_module(task, network)  # which may add parts of its own: Meta-SGD's learnt rates
    return network


def lightning_module(task: TaskSpec, network: nn.Module) -> PretrainingTask:
    """Make the LightningModule that trains a network."""
    with at_key(f"{task.key}.module"):
        module: PretrainingTask = instantiate(task.module)(network=network)
    module.prefix = f"{task.name}/"
    return module
