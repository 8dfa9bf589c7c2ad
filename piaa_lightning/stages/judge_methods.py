"""Third stage: every method is judged, those that fit people on one set of splits of every test person's ratings."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.picture_exam import PictureExam
from piaa_lightning.evaluation.protocol import Protocol, choose, evaluate
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.trait_exam import TraitExam
from piaa_lightning.personalizers.personalizer import Ground, LeftOutError, Personalizer
from piaa_lightning.stages.examine_networks import examine_pictures, examine_traits
from piaa_lightning.stages.open_data import Databases
from piaa_lightning.stages.train_priors import Priors

log = logging.getLogger(__name__)

EXAMS = ("pictures", "traits")


@dataclass
class Judgement:
    """What judging brought.

    Args:
        records: one per method, shots, repeat and user.
        pictures: by key of the method, what networks said about test pictures.
        traits: by key of the method, what networks said about test people's traits.
        chosen: the settings that validation users chose, by method and shots.
        left_out: methods that could not take part, and why.
    """

    records: list[Record] = field(default_factory=list)
    pictures: dict[str, PictureExam] = field(default_factory=dict)
    traits: dict[str, TraitExam] = field(default_factory=dict)
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def judge_methods(
    cfg: DictConfig, databases: Databases, priors: Priors, shots: Sequence[int], device: torch.device
) -> Judgement:
    """Judge every method of the configuration.

    Args:
        cfg: the composed configuration; ``methods`` maps keys to label, prior, and a personalizer or an exam.
        databases: what the methods stand on.
        priors: trains what the methods start from.
        shots: support sizes.
        device: where networks run.

    Raises:
        UserError: an unknown exam.
    """
    judgement = Judgement()
    protocol: Protocol = instantiate(cfg.protocol.test)
    validation: Protocol = instantiate(cfg.protocol.validation)
    if cfg.trainer.fast_dev_run:
        protocol, validation = protocol.cut_short(), validation.cut_short()
    for key, method in cfg.methods.items():
        if method.get("exam"):
            _examine(str(key), method, cfg, databases, priors, device, judgement)
        else:
            _judge(method, cfg, databases, priors, shots, device, judgement, (protocol, validation))
    return judgement


def _judge(
    method: DictConfig,
    cfg: DictConfig,
    databases: Databases,
    priors: Priors,
    shots: Sequence[int],
    device: torch.device,
    judgement: Judgement,
    protocols: tuple[Protocol, Protocol],
) -> None:
    """Let a method fit every test person of the main database."""
    data, (protocol, validation) = databases.main, protocols
    table, split = data.table, data.split
    if not len(split.test_users):
        raise UserError(
            f"{data.name}: the split holds out no people, and {method.label} is judged on people; choose a database with"
            " ratings of single people, or an experiment that judges pictures."
        )
    personalizer: Personalizer = instantiate(method.personalizer)
    prior = None if method.prior is None else priors.get(method.prior)
    aids = {str(name): priors.get(task) for name, task in (method.get("aids") or {}).items()}
    backbone = "" if method.prior is None else str(cfg.backbone.name)
    ground = Ground(table, split, data.inputs, device, prior, aids)
    choice = instantiate(method.support) if method.get("support") else None
    try:
        personalizer.prepare(ground)
        if choice is not None:
            choice.prepare(ground)
    except LeftOutError as reason:
        log.info("%s is left out: %s", method.label, reason)
        judgement.left_out[method.label] = str(reason)
        return
    ask = None if choice is None else choice.order
    chosen = choose(table, split.rows(table, "val"), shots, validation, method.label, personalizer, ask)
    if len(personalizer.candidates()) > 1:
        judgement.chosen[method.label] = {str(k): dict(settings) for k, settings in chosen.items()}
    rows = split.rows(table, "test")
    judgement.records += evaluate(table, rows, shots, protocol, method.label, backbone, personalizer, chosen, ask)


def _examine(
    key: str,
    method: DictConfig,
    cfg: DictConfig,
    databases: Databases,
    priors: Priors,
    device: torch.device,
    judgement: Judgement,
) -> None:
    """Judge a network as it is, without any person."""
    data = databases.get(method.get("database"))
    if method.exam not in EXAMS:
        raise UserError(f"methods.{key}.exam={method.exam}: choose one of {', '.join(EXAMS)}, or give a personalizer.")
    network, backbone = priors.get(method.prior), str(cfg.backbone.name)
    if method.exam == "pictures":
        judgement.pictures[key] = examine_pictures(network, data, method.label, backbone, device)
    else:
        form = OmegaConf.to_container(method.form, resolve=True) if method.get("form") else {}
        assert isinstance(form, dict)
        options = {str(name): form[name] for name in ("traits", "liked", "scaling") if name in form}
        judgement.traits[key] = examine_traits(network, data, method.label, backbone, device, **options)
