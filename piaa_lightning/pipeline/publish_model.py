"""``mode=export``: publish frozen or trained backbones with what the training users have in common."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.learn_from_table import learn_from_table
from piaa_lightning.photos.learning.programs import write_programs
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.photos.read_folder import open_store
from piaa_lightning.photos.results.cards import prior_card
from piaa_lightning.pipeline.parts.build_model import build_extractor
from piaa_lightning.pipeline.parts.open_data import Databases, data_module
from piaa_lightning.pipeline.specs.backbone_config import network_settings
from piaa_lightning.pipeline.specs.specs import RunSpec, TaskSpec
from piaa_lightning.pipeline.training.train_models import ModelTrainer
from piaa_lightning.runtime.devices import device_of

# Parts that a trained network may have besides its backbone: they read its features and change nothing of them.
KNOWN = ("piaa_lightning.models.papers.two_streams.TwoStreams", "piaa_lightning.models.papers.fusion.fused")


def publish_prior(cfg: DictConfig, directory: Path) -> None:
    """Publish the model of the composed experiment in ``directory/prior``.

    Args:
        cfg: the composed configuration.
        directory: of the run.

    Raises:
        UserError: the experiment has no such model, or one that cannot be published.
    """
    spec = RunSpec.of(cfg)
    prior = make_prior(spec, published_task(spec), directory / "checkpoints")
    target = directory / "prior"
    differences = write_programs(prior, target) if cfg.export.programs else {}
    prior.save(target, prior_card(prior, differences))
    print(
        f"{target}: {prior.config['name']}, learnt from {prior.config['data']}; users: {prior.population.learnt_from}"
    )
    print(f"Use it: python -m piaa_lightning mode=adapt photos=DIR ratings=FILE prior={target}")


def published_task(spec: RunSpec) -> TaskSpec:
    """Return the task whose backbone is published, if it is trained.

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
        raise UserError(f"export.method={key}: there is no such method with a model; choose one of {', '.join(found)}.")
    return found[key]


def make_prior(spec: RunSpec, task: TaskSpec, checkpoints: Path) -> PublishedModel:
    """Take frozen backbones, or train a task's or take it from the cache, and learn from the training users.

    Raises:
        UserError: the task changes the backbone with each user, or there is too little to learn from.
    """
    pl.seed_everything(spec.seed, workers=True, verbose=False)
    _refuse_moving_parts(task)
    settings = network_settings(spec.backbone)
    if spec.backbone.frozen:
        backbone, module = build_backbone(settings), data_module(spec.data, spec.cache)
        table, split, name = module.table, module.split, module.name
    else:
        backbone, databases = _trained(spec, task, checkpoints)
        table, split, name = databases.main.table, databases.main.split, databases.main.name
    networks = PhotoNetworks(backbone.cpu(), settings)
    store = open_store(spec.cache)
    try:
        population = learn_from_table(networks, store, table, split)
    finally:
        store.close()
    config = {
        "name": "+".join(networks.names) if spec.backbone.frozen else task.label,
        "data": name,
        "command": re.sub(r"(?<==)[~/]\S*/", "", str(spec.config.command)),  # without directories of this machine
        "versions": {library: version(library) for library in ("torch", "timm", "piaa-lightning")},
    }
    return PublishedModel(networks, population, config)


def _trained(spec: RunSpec, task: TaskSpec, checkpoints: Path) -> tuple[Backbone, Databases]:
    """Train a task's network and return its backbone.

    NOTE: what the crowd says of training images is then learnt from features that have seen their ratings.
    """
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    device = device_of(spec.trainer.accelerator)
    extractor = build_extractor(spec, device)
    databases = Databases(spec, extractor, device)
    network = ModelTrainer(spec, databases, extractor, False, checkpoints).get(task)
    backbone = getattr(network, "backbone", None)
    assert isinstance(backbone, Backbone)
    return backbone, databases


def _refuse_moving_parts(task: TaskSpec) -> None:
    """Stop at a network whose backbone is not what it is for everybody.

    Raises:
        UserError: it has parts that move with each user.
    """
    for step in task.chain():
        for part in (step.network, step.extend):
            if part is not None and part._target_ not in KNOWN:
                raise UserError(
                    f"export: the model of {task.name} has parts ({part._target_.rsplit('.', 1)[-1]}) that move with"
                    " each user or give no score, so it is not published; name another method with export.method=NAME,"
                    " or task=generic."
                )
