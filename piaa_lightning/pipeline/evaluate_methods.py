"""Third stage: every method is judged, those that fit people on one set of splits of every test person's ratings."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from piaa_lightning.errors import MissingLabelsError, UserError
from piaa_lightning.estimators.estimator import PictureGround
from piaa_lightning.evaluation.fused_users import FusedPeople, fused_people
from piaa_lightning.evaluation.image_evaluation import PictureExam
from piaa_lightning.evaluation.journal import Journal
from piaa_lightning.evaluation.protocol import Protocol, choose, evaluate
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.shown_users import ShownPeople
from piaa_lightning.evaluation.trait_evaluation import TraitExam
from piaa_lightning.personalizers.personalizer import Ground, LeftOutError, Personalizer
from piaa_lightning.pipeline.evaluate_estimator import examine_estimator
from piaa_lightning.pipeline.evaluate_network import examine_pictures, examine_traits
from piaa_lightning.pipeline.open_data import Databases
from piaa_lightning.pipeline.show_users import choose_people, number_of_maps, show_method, shown_methods
from piaa_lightning.pipeline.train_models import Priors
from piaa_lightning.runtime.distributed import rank

log = logging.getLogger(__name__)

EXAMS = ("pictures", "traits")
PARTS = ("test", "val")


@dataclass
class Judgement:
    """What judging brought.

    Args:
        records: one per method, shots, repeat and user.
        pictures: by key of the method, what networks said about test pictures.
        traits: by key of the method, what networks said about test people's traits.
        fused: by key of the method, the weights that its fusion ended with for test people.
        chosen: the settings that validation users chose, by method and shots.
        left_out: methods that could not take part, and why.
        shown: a few people's single pictures; None where nobody is shown.
    """

    records: list[Record] = field(default_factory=list)
    pictures: dict[str, PictureExam] = field(default_factory=dict)
    traits: dict[str, TraitExam] = field(default_factory=dict)
    fused: dict[str, FusedPeople] = field(default_factory=dict)
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    shown: ShownPeople | None = None


def refuse_impossible(cfg: DictConfig, databases: Databases) -> None:
    """Stop before hours of training where a method cannot be judged.

    Args:
        cfg: the composed configuration.
        databases: what the methods are judged on.

    Raises:
        UserError: an unknown exam or database, or a method that fits people where none are held out.
    """
    if cfg.judge not in PARTS:
        raise UserError(f"judge={cfg.judge}: methods are judged on test or val, the people and pictures held out.")
    number_of_maps(cfg)
    for key, method in cfg.methods.items():
        data = databases.get(method.get("database"))
        if not method.get("exam"):
            if not len(data.split.test_users if cfg.judge == "test" else data.split.val_users):
                raise UserError(
                    f"{data.name}: the split holds out no people, and {method.label} is judged on people; choose a"
                    " database with ratings of single people, or an experiment that judges pictures."
                )
        elif method.exam not in EXAMS:
            raise UserError(
                f"methods.{key}.exam={method.exam}: choose one of {', '.join(EXAMS)}, or give a personalizer."
            )
        elif method.get("estimator") and method.exam != "pictures":
            raise UserError(f"methods.{key}.exam={method.exam}: an estimator judges pictures; set exam to pictures.")


def judge_methods(
    cfg: DictConfig, databases: Databases, priors: Priors, shots: Sequence[int], device: torch.device, kept: Path
) -> Judgement:
    """Judge every method of the configuration.

    Args:
        cfg: the composed configuration; ``methods`` maps keys to label, prior, and a personalizer or an exam.
        databases: what the methods stand on.
        priors: trains what the methods start from.
        shots: support sizes.
        device: where networks run.
        kept: directory of what was judged so far, see `evaluation.journal`.

    Raises:
        UserError: every method but the control rows had to be left out.
    """
    protocol: Protocol = instantiate(cfg.protocol.test)
    validation: Protocol = instantiate(cfg.protocol.validation)
    if cfg.trainer.fast_dev_run:
        protocol, validation = protocol.cut_short(), validation.cut_short()
    if cfg.judge == "val":
        protocol = validation
    judgement = Judgement(shown=choose_people(cfg, databases, shots, protocol))
    judge = _Judge(cfg, databases, priors, shots, device, kept, protocol, validation, judgement)
    for key, method in cfg.methods.items():
        try:
            (judge.examine if method.get("exam") else judge.let_fit_people)(str(key), method)
        except (LeftOutError, MissingLabelsError) as reason:
            judgement.left_out[method.label] = str(reason).rstrip(".")
            log.info("%s is left out: %s", method.label, judgement.left_out[method.label])
    refuse_controls_alone(cfg, judgement)
    return judgement


def refuse_controls_alone(cfg: DictConfig, judgement: Judgement) -> None:
    """Stop where nothing that was asked for could take part."""
    asked = [method.label for method in cfg.methods.values() if not method.get("control")]
    if asked and set(asked) <= set(judgement.left_out):
        reasons = dict.fromkeys(judgement.left_out[label] for label in asked)
        raise UserError(f"{', '.join(asked)} cannot be judged: {'; '.join(reasons)}.")


@dataclass
class _Judge:
    """Who judges one method after another, on the same people, pictures and splits; see `judge_methods`."""

    cfg: DictConfig
    databases: Databases
    priors: Priors
    shots: Sequence[int]
    device: torch.device
    kept: Path
    protocol: Protocol
    validation: Protocol
    judgement: Judgement

    def let_fit_people(self, key: str, method: DictConfig) -> None:
        """Let a method fit every test person of the main database."""
        data, judgement = self.databases.main, self.judgement
        table, split = data.table, data.split
        personalizer: Personalizer = instantiate(method.personalizer)
        prior = self.prior_of(method)
        ground = Ground(table, split, data.inputs, self.device, prior, self.aids_of(method))
        choice = instantiate(method.support) if method.get("support") else None
        personalizer.prepare(ground)
        if choice is not None:
            choice.prepare(ground)
        ask = None if choice is None else choice.order
        content = self.priors.digest(method)
        journals = {part: Journal(self.kept / f"{key}_{part}_{rank()}.txt", content) for part in PARTS}
        val = split.rows(table, "val")
        chosen = choose(table, val, self.shots, self.validation, method.label, personalizer, ask, journals["val"])
        if len(personalizer.candidates()) > 1:
            judgement.chosen[method.label] = {str(k): dict(settings) for k, settings in chosen.items()}
        rows = split.rows(table, self.cfg.judge)
        judged = (table, rows, self.shots, self.protocol, method.label)
        backbone = self.backbone_of(method)
        judgement.records += evaluate(*judged, backbone, personalizer, chosen, ask, journals["test"])
        fused = fused_people(*judged, personalizer, chosen, trait_names(method.prior, self.databases))
        if fused is not None:
            judgement.fused[key] = fused
        if judgement.shown is not None and key in shown_methods(self.cfg) and not rank():
            label = method.label
            show_method(judgement.shown, self.cfg, self.databases, label, personalizer, chosen, prior, self.device)

    def examine(self, key: str, method: DictConfig) -> None:
        """Judge a network as it is, or an estimator that is fitted to training pictures, without any person."""
        cfg, judgement, label = self.cfg, self.judgement, method.label
        data = self.databases.get(method.get("database"))
        network, backbone = self.prior_of(method), self.backbone_of(method)
        if method.get("estimator"):
            cache, aids = Path(cfg.paths.cache).expanduser(), self.aids_of(method)
            seen = (data.table, data.split, data.inputs, self.device, data.cut)
            ground = PictureGround(*seen, cfg.seed, cache, network, aids)
            estimator = instantiate(method.estimator)
            judgement.pictures[key] = examine_estimator(estimator, ground, label, backbone, cfg.judge)
        elif method.exam == "pictures":
            cut = method.get("cut")
            judgement.pictures[key] = examine_pictures(network, data, label, backbone, self.device, cfg.judge, cut)
        else:
            form = OmegaConf.to_container(method.form, resolve=True) if method.get("form") else {}
            assert isinstance(form, dict)
            options = {str(name): form[name] for name in ("traits", "liked", "scaling") if name in form}
            judgement.traits[key] = examine_traits(network, data, label, backbone, self.device, cfg.judge, **options)

    def prior_of(self, method: DictConfig) -> nn.Module | None:
        """Return the network that a method starts from."""
        return None if method.prior is None else self.priors.get(method.prior)

    def backbone_of(self, method: DictConfig) -> str:
        """Name the backbone of a method; empty where it has no network."""
        return "" if method.prior is None else str(self.cfg.backbone.name)

    def aids_of(self, method: DictConfig) -> dict[str, nn.Module]:
        """Return the further networks that a method stands on, by what they are for."""
        tasks = (method.get("aids") or {}).items()
        return {str(name): self.priors.get(task) for name, task in tasks if task is not None}


def trait_names(task: DictConfig | None, databases: Databases) -> list[str]:
    """Name the traits that a task, or one it starts from, learnt in its stream of personality; empty where none did."""
    while task is not None and task.streams is None:
        task = task.starts_from
    stream = None if task is None else task.streams.get("personality")
    if stream is None:
        return []
    return [str(name) for name in stream.form.get("traits") or databases.get(stream.database).table.trait_names]
