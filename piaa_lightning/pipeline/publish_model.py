"""``mode=export``: train an experiment's prior, learn what its users have in common, and publish both."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.protocol import choose
from piaa_lightning.models.feature_extractor import FeatureExtractor
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.two_streams import TwoStreams
from piaa_lightning.personalizers.features import image_features
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError
from piaa_lightning.photos.cards import prior_card
from piaa_lightning.photos.population import PopulationPrior, assumed, learnt
from piaa_lightning.photos.programs import write_programs
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.scoring_network import HEADS, FeatureScale, ScoringNetwork, scoring_network_of
from piaa_lightning.pipeline.backbone_config import network_settings
from piaa_lightning.pipeline.build_model import build_extractor
from piaa_lightning.pipeline.evaluate_methods import protocols
from piaa_lightning.pipeline.open_data import Databases
from piaa_lightning.pipeline.specs import RunSpec, TaskSpec
from piaa_lightning.pipeline.train_models import ModelTrainer
from piaa_lightning.runtime.devices import device_of

log = logging.getLogger(__name__)

PRIOR_VARIANCES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # as conf/method/hierarchical_process.yaml has them
SHOTS = (5, 10, 20, 50, 100)
FUSED = "piaa_lightning.models.fusion.fused"
JOINT = "piaa_lightning.models.two_streams.TwoStreams"


def publish_prior(cfg: DictConfig, directory: Path) -> None:
    """Publish the prior of the composed experiment in ``directory/prior``.

    Args:
        cfg: the composed configuration.
        directory: of the run.

    Raises:
        UserError: the experiment has no such prior, or one that cannot be published.
    """
    spec = RunSpec.of(cfg)
    prior = make_prior(spec, published_task(spec), directory / "checkpoints")
    target = directory / "prior"
    differences = write_programs(prior.network, target) if cfg.export.programs else {}
    prior.save(target, prior_card(prior, differences))
    print(f"{target}: {prior.config['name']}, learnt from {prior.config['data']}; users: {prior.users.learnt_from}")
    print(f"Use it: python -m piaa_lightning mode=adapt photos=DIR ratings=FILE prior={target}")


def published_task(spec: RunSpec) -> TaskSpec:
    """Return the task whose model is published.

    Raises:
        UserError: ``export.method`` names no method, or one without a model.
    """
    asked = spec.config.export.method
    if asked is None and not spec.methods:
        return list(spec.task.chain())[-1]
    named = {key: method.model for key, method in spec.methods.items() if method.model is not None}
    found = {key: task for key, task in named.items() if asked or not spec.methods[key].control}
    key = asked or next(iter(found), None)
    if key not in found:
        raise UserError(f"export.method={key}: there is no such method with a prior; choose one of {', '.join(found)}.")
    return found[key]


def make_prior(spec: RunSpec, task: TaskSpec, checkpoints: Path) -> PublishedModel:
    """Train a task's prior, or take it from the cache, and learn what the training users have in common."""
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    pl.seed_everything(spec.seed, workers=True, verbose=False)
    device = device_of(spec.trainer.accelerator)
    description = describe(spec, task)
    extractor = build_extractor(spec, device)
    databases = Databases(spec, extractor, device)
    network = ModelTrainer(spec, databases, extractor, False, checkpoints).get(task)
    scoring = scoring_network_of(description)
    _fill(scoring, network, extractor)
    main = databases.main
    users = _users(spec, FitContext(main.table, main.split, main.inputs, device, network))
    config = {
        "name": task.label,
        "data": main.name,
        **description,
        "resize": str(spec.data.resize),
        "users": {
            "of": users.learnt_from,
            "prior_variances": {str(shots): width for shots, width in users.prior_variances.items()},
        },
        "command": re.sub(r"(?<==)[~/]\S*/", "", str(spec.config.command)),  # without directories of this machine
        "versions": {name: version(name) for name in ("torch", "timm", "piaa-lightning")},
    }
    return PublishedModel(scoring.cpu().requires_grad_(False), users, config)


def describe(spec: RunSpec, task: TaskSpec) -> dict[str, Any]:
    """Describe the network of a task as `scoring_network_of` reads it.

    Raises:
        UserError: it has parts that a published prior knows nothing of.
    """
    every = [{k: v for k, v in one.items() if k != "weights"} for one in network_settings(spec.backbone)]
    head = OmegaConf.to_container(spec.head, resolve=True)
    assert isinstance(head, dict)
    personality = fusion = None
    for step in reversed(list(task.chain())):
        if step.network is not None:
            if step.network._target_ != JOINT:
                raise _unpublished(task, step.network._target_)
            personality = _arguments(step.network.personality)
        if step.extend is not None:
            if step.extend._target_ != FUSED:
                raise _unpublished(task, step.extend._target_)
            fusion = _arguments(step.extend)
    return {
        "backbone": every[0] if len(every) == 1 else {"networks": every},
        "frozen": bool(spec.backbone.frozen),
        "components": spec.backbone.components if spec.backbone.frozen else None,
        "head": {"kind": _kind(str(head["_target_"])), **_plain(head)},
        "personality": personality,
        "fused": fusion,
    }


def _kind(target: str) -> str:
    kind = target.rsplit(".", 1)[-1]
    if kind not in HEADS:
        raise UserError(f"export: a head of the kind {kind} cannot be published; choose head=small or distribution.")
    return kind


def _arguments(config: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return _plain(plain)


def _plain(config: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in config.items() if not str(name).startswith("_")}


def _unpublished(task: TaskSpec, target: str) -> UserError:
    return UserError(
        f"export: the prior of {task.name} has parts ({target.rsplit('.', 1)[-1]}) that move with each user or give"
        " no score, so it is not published; name another method with export.method=NAME, or task=generic."
    )


def _fill(scoring: ScoringNetwork, network: nn.Module, extractor: FeatureExtractor) -> None:
    """Give an scoring the trained numbers."""
    assert isinstance(network, ScoreNetwork | TwoStreams)
    source = extractor.backbone if network.backbone is None else network.backbone
    scoring.backbone.load_state_dict(source.state_dict())
    if extractor.scaling is not None and network.backbone is None:
        scoring.scale = FeatureScale.of(extractor.scaling)
    state = {name: value for name, value in network.state_dict().items() if not name.startswith("backbone.")}
    wanted = scoring.network.state_dict()
    scoring.network.load_state_dict({name: value for name, value in state.items() if name in wanted})


def _users(spec: RunSpec, context: FitContext) -> PopulationPrior:
    """Learn what the users have in common; where nobody's own ratings are known, that is an assumption."""
    method = HierarchicalProcess(prior_variances=PRIOR_VARIANCES)
    try:
        method.prepare(context)
    except LeftOutError as reason:
        log.warning("%s; the published prior assumes a covariance", reason)
        return assumed(image_features(context, 32))
    _, protocol = protocols(spec)
    rows = context.split.rows(context.table, "val")
    chosen = choose(context.table, rows, SHOTS, protocol, "published prior", method)
    prior_variances = {shots: float(settings["prior_variance"]) for shots, settings in chosen.items()}
    count = len(context.split.train_users)
    return learnt(method, prior_variances, f"{count} training users of {context.table.database}")
