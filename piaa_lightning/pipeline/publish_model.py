"""``mode=export``: what the training users of a database have in common, as networks see its images, is published."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos.cards import prior_card
from piaa_lightning.photos.learn_from_table import learn_from_table
from piaa_lightning.photos.networks import PhotoNetworks
from piaa_lightning.photos.programs import write_programs
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.read_folder import open_store
from piaa_lightning.pipeline.backbone_config import network_settings, settle_backbone
from piaa_lightning.pipeline.open_data import Databases, read_table
from piaa_lightning.pipeline.train_models import ModelTrainer

# Parts that a trained network may have besides its backbone: they read its features and change nothing of them.
KNOWN = ("piaa_lightning.models.two_streams.TwoStreams", "piaa_lightning.models.fusion.fused")


def publish_prior(cfg: DictConfig, directory: Path) -> None:
    """Publish the model of the composed experiment in ``directory/prior``.

    Args:
        cfg: the composed configuration.
        directory: of the run.

    Raises:
        UserError: the experiment has no such model, or one that cannot be published.
    """
    prior = make_prior(cfg, published_task(cfg), directory / "checkpoints")
    target = directory / "prior"
    differences = write_programs(prior, target) if cfg.export.programs else {}
    prior.save(target, prior_card(prior, differences))
    print(f"{target}: {prior.config['name']}, learnt from {prior.config['data']}; users: {prior.users.learnt_from}")
    print(f"Use it: python -m piaa_lightning mode=adapt photos=DIR ratings=FILE prior={target}")


def published_task(cfg: DictConfig) -> DictConfig:
    """Return the task whose backbone is published, if it is trained.

    Raises:
        UserError: ``export.method`` names no method, or one without a model.
    """
    task: DictConfig
    if cfg.export.method is None and not cfg.methods:
        task = cfg.task
        while task.init_from is not None:
            task = task.init_from
        return task
    found = {key: method for key, method in cfg.methods.items() if method.get("model") is not None}
    if cfg.export.method is None:
        found = {key: method for key, method in found.items() if not method.get("control")}
    key = cfg.export.method or next(iter(found), None)
    if key not in found:
        raise UserError(
            f"export.method={key}: there is no such method with a prior; choose one of {', '.join(map(str, found))}."
        )
    task = found[key].model
    return task


def make_prior(cfg: DictConfig, task: DictConfig, checkpoints: Path) -> PublishedModel:
    """Take frozen backbones, or train a task's or take it from the cache, and learn from the training users.

    Raises:
        UserError: the task changes the backbone with each user, or there is too little to learn from.
    """
    pl.seed_everything(cfg.seed, workers=True, verbose=False)
    settle_backbone(cfg)
    _refuse_moving_parts(task)
    cache = Path(cfg.paths.cache).expanduser()
    if cfg.backbone.frozen:
        backbone = build_backbone(network_settings(cfg.backbone))
        table, name = read_table(cfg.data, cache)
        split: Split = instantiate(cfg.data.split)(table)
    else:
        backbone, databases = _trained(cfg, task, checkpoints)
        table, split, name = databases.main.table, databases.main.split, databases.main.name
    networks = PhotoNetworks(backbone.cpu(), network_settings(cfg.backbone))
    store = open_store(cache)
    try:
        users = learn_from_table(networks, store, table, split)
    finally:
        store.close()
    config = {
        "name": "+".join(networks.names) if cfg.backbone.frozen else str(task.label),
        "data": name,
        "command": re.sub(r"(?<==)[~/]\S*/", "", str(cfg.command)),  # without the directories of this machine
        "versions": {library: version(library) for library in ("torch", "timm", "piaa-lightning")},
    }
    return PublishedModel(networks, users, config)


def _trained(cfg: DictConfig, task: DictConfig, checkpoints: Path) -> tuple[Backbone, Databases]:
    """Train a task's network and return its backbone.

    NOTE: what the crowd says of training images is then learnt from features that have seen their ratings.
    """
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    device = torch.device("cuda" if cfg.trainer.accelerator == "gpu" and torch.cuda.is_available() else "cpu")
    databases = Databases(cfg, device)
    network = ModelTrainer(cfg, databases, False, checkpoints).get(task)
    backbone = getattr(network, "backbone", None)
    assert isinstance(backbone, Backbone)
    return backbone, databases


def _refuse_moving_parts(task: DictConfig) -> None:
    """Stop at a network whose backbone is not what it is for everybody.

    Raises:
        UserError: it has parts that move with each user.
    """
    step = task
    while step is not None:
        for part in (step.network, step.extend):
            if part is not None and part._target_ not in KNOWN:
                raise UserError(
                    f"export: the prior of {task.name} has parts ({part._target_.rsplit('.', 1)[-1]}) that move with"
                    " each user or give no score, so it is not published; name another method with export.method=NAME,"
                    " or task=generic."
                )
        step = step.init_from
