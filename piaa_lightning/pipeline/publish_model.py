"""``mode=export``: train an experiment's prior, learn what its people have in common, and publish both."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.protocol import Protocol, choose
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.two_streams import TwoStreams
from piaa_lightning.personalizers.features import picture_features
from piaa_lightning.personalizers.gaussian_process import GaussianProcess
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess
from piaa_lightning.personalizers.personalizer import Ground, LeftOutError
from piaa_lightning.photos.cards import prior_card
from piaa_lightning.photos.population import People, assumed, learnt
from piaa_lightning.photos.programs import write_programs
from piaa_lightning.photos.published_model import Prior
from piaa_lightning.photos.scoring_network import HEADS, Eye, FeatureScale, eye_of
from piaa_lightning.pipeline.open_data import Databases
from piaa_lightning.pipeline.train_models import Priors

log = logging.getLogger(__name__)

WIDTHS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # as conf/method/hierarchical_process.yaml has them
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
    task = published_task(cfg)
    prior = make_prior(cfg, task, directory / "checkpoints")
    target = directory / "prior"
    differences = write_programs(prior.eye, target) if cfg.export.programs else {}
    prior.save(target, prior_card(prior, differences))
    print(f"{target}: {prior.config['name']}, learnt from {prior.config['data']}; people: {prior.people.learnt_from}")
    print(f"Use it: python -m piaa_lightning mode=adapt photos=DIR ratings=FILE prior={target}")


def published_task(cfg: DictConfig) -> DictConfig:
    """Return the task whose prior is published.

    Raises:
        UserError: ``export.method`` names no method, or one without a prior.
    """
    task: DictConfig
    if cfg.export.method is None and not cfg.methods:
        task = cfg.task
        while task.starts_from is not None:
            task = task.starts_from
        return task
    found = {key: method for key, method in cfg.methods.items() if method.get("prior") is not None}
    if cfg.export.method is None:
        found = {key: method for key, method in found.items() if not method.get("control")}
    key = cfg.export.method or next(iter(found), None)
    if key not in found:
        raise UserError(
            f"export.method={key}: there is no such method with a prior; choose one of {', '.join(map(str, found))}."
        )
    task = found[key].prior
    return task


def make_prior(cfg: DictConfig, task: DictConfig, checkpoints: Path) -> Prior:
    """Train a task's prior, or take it from the cache, and learn what the training people have in common."""
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    pl.seed_everything(cfg.seed, workers=True, verbose=False)
    device = torch.device("cuda" if cfg.trainer.accelerator == "gpu" and torch.cuda.is_available() else "cpu")
    description = describe(cfg, task)
    databases = Databases(cfg, device)
    network = Priors(cfg, databases, False, checkpoints).get(task)
    eye = eye_of(description)
    _fill(eye, network, databases)
    main = databases.main
    people = _people(cfg, Ground(main.table, main.split, main.inputs, device, network))
    config = {
        "name": str(task.label),
        "data": main.name,
        **description,
        "resize": str(cfg.data.resize),
        "people": {"of": people.learnt_from, "widths": {str(shots): width for shots, width in people.widths.items()}},
        "command": re.sub(r"(?<==)[~/]\S*/", "", str(cfg.command)),  # without the directories of this machine
        "versions": {name: version(name) for name in ("torch", "timm", "piaa-lightning")},
    }
    return Prior(eye.cpu().requires_grad_(False), people, config)


def describe(cfg: DictConfig, task: DictConfig) -> dict[str, Any]:
    """Describe the network of a task as `eye_of` reads it.

    Raises:
        UserError: it has parts that a published prior knows nothing of.
    """
    net = OmegaConf.to_container(cfg.backbone, resolve=True)
    head = OmegaConf.to_container(cfg.head, resolve=True)
    assert isinstance(net, dict)
    assert isinstance(head, dict)
    chain = [task]
    while chain[-1].starts_from is not None:
        chain.append(chain[-1].starts_from)
    personality = fusion = None
    for step in reversed(chain):
        if step.network is not None:
            if step.network._target_ != JOINT:
                raise _unpublished(task, step.network._target_)
            personality = _arguments(step.network.personality)
        if step.grow is not None:
            if step.grow._target_ != FUSED:
                raise _unpublished(task, step.grow._target_)
            fusion = _arguments(step.grow)
    return {
        "backbone": {
            "name": net["name"],
            "size": net["size"],
            "output": net["output"],
            "options": dict(net["options"]),
        },
        "frozen": bool(net["frozen"]),
        "components": net["components"] if net["frozen"] else None,
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


def _unpublished(task: DictConfig, target: str) -> UserError:
    return UserError(
        f"export: the prior of {task.name} has parts ({target.rsplit('.', 1)[-1]}) that move with each person or give"
        " no score, so it is not published; name another method with export.method=NAME, or task=generic."
    )


def _fill(eye: Eye, network: nn.Module, databases: Databases) -> None:
    """Give an eye the trained numbers."""
    assert isinstance(network, ScoreNetwork | TwoStreams)
    source = databases.eye if network.backbone is None else network.backbone
    eye.backbone.load_state_dict(source.state_dict())
    if databases.scaling is not None and network.backbone is None:
        eye.scale = FeatureScale.of(databases.scaling)
    state = {name: value for name, value in network.state_dict().items() if not name.startswith("backbone.")}
    wanted = eye.network.state_dict()
    eye.network.load_state_dict({name: value for name, value in state.items() if name in wanted})


def _people(cfg: DictConfig, ground: Ground) -> People:
    """Learn what the people have in common; where nobody's own ratings are known, that is an assumption."""
    method = HierarchicalProcess(Hierarchical(), GaussianProcess(), WIDTHS)
    try:
        method.prepare(ground)
    except LeftOutError as reason:
        log.warning("%s; the published prior assumes a covariance", reason)
        return assumed(picture_features(ground, 32))
    protocol: Protocol = instantiate(cfg.protocol.validation)
    if cfg.trainer.fast_dev_run:
        protocol = protocol.cut_short()
    rows = ground.split.rows(ground.table, "val")
    chosen = choose(ground.table, rows, SHOTS, protocol, "published prior", method)
    widths = {shots: float(settings["width"]) for shots, settings in chosen.items()}
    count = len(ground.split.train_users)
    return learnt(method, widths, f"{count} training people of {ground.table.database}")
