"""Third stage: every method is evaluated, those that fit users on one set of splits of every test user's ratings."""

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
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.evaluation.fused_users import FusedUsers, fused_users
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.evaluation.journal import Journal
from piaa_lightning.evaluation.protocol import Protocol, choose, evaluate
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.shown_users import ShownUsers
from piaa_lightning.evaluation.trait_evaluation import TraitEvaluation
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError, Personalizer
from piaa_lightning.pipeline.choose_metrics import choose_metrics
from piaa_lightning.pipeline.evaluate_estimator import evaluate_estimator
from piaa_lightning.pipeline.evaluate_network import evaluate_images, evaluate_traits
from piaa_lightning.pipeline.open_data import Databases
from piaa_lightning.pipeline.show_users import choose_users, number_of_maps, show_method, shown_methods
from piaa_lightning.pipeline.train_models import ModelTrainer
from piaa_lightning.runtime.distributed import process_index

log = logging.getLogger(__name__)

EVALUATIONS = ("images", "traits")
PARTS = ("test", "val")


@dataclass
class Results:
    """What evaluating brought.

    Args:
        records: one per method, shots, repeat and user.
        images: by key of the method, what networks said about test images.
        traits: by key of the method, what networks said about test users' traits.
        fused: by key of the method, the weights that its fusion ended with for test users.
        chosen: the settings that validation users chose, by method and shots.
        left_out: methods that could not take part, and why.
        shown: a few users' single images; None where nobody is shown.
    """

    records: list[Record] = field(default_factory=list)
    images: dict[str, ImageEvaluation] = field(default_factory=dict)
    traits: dict[str, TraitEvaluation] = field(default_factory=dict)
    fused: dict[str, FusedUsers] = field(default_factory=dict)
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    shown: ShownUsers | None = None


def refuse_impossible(cfg: DictConfig, databases: Databases) -> None:
    """Stop before hours of training where a method cannot be evaluated.

    Args:
        cfg: the composed configuration.
        databases: what the methods are evaluated on.

    Raises:
        UserError: an unknown evaluation or database, or a method that fits users where none are held out.
    """
    if cfg.evaluate_on not in PARTS:
        raise UserError(
            f"evaluate_on={cfg.evaluate_on}: methods are evaluated on test or val, the users and images held out."
        )
    number_of_maps(cfg)
    for key, method in cfg.methods.items():
        data = databases.get(method.get("database"))
        if not method.get("evaluation"):
            if not len(data.split.test_users if cfg.evaluate_on == "test" else data.split.val_users):
                raise UserError(
                    f"{data.name}: the split holds out no users, and {method.label} is evaluated on users; choose a"
                    " database with ratings of single users, or an experiment that evaluates images."
                )
        elif method.evaluation not in EVALUATIONS:
            raise UserError(
                f"methods.{key}.evaluation={method.evaluation}: choose one of {', '.join(EVALUATIONS)}, or give a"
                " personalizer."
            )
        elif method.get("estimator") and method.evaluation != "images":
            raise UserError(
                f"methods.{key}.evaluation={method.evaluation}: an estimator predicts images; set it to images."
            )


def evaluate_methods(
    cfg: DictConfig, databases: Databases, priors: ModelTrainer, shots: Sequence[int], device: torch.device, kept: Path
) -> Results:
    """Evaluate every method of the configuration.

    Args:
        cfg: the composed configuration; ``methods`` maps keys to label, prior, and a personalizer or an evaluation.
        databases: what the methods stand on.
        priors: trains what the methods start from.
        shots: support sizes.
        device: where networks run.
        kept: directory of what was evaluated so far, see `evaluation.journal`.

    Raises:
        UserError: every method but the control rows had to be left out.
    """
    protocol: Protocol = instantiate(cfg.protocol.test)
    validation: Protocol = instantiate(cfg.protocol.validation)
    if cfg.trainer.fast_dev_run:
        protocol, validation = protocol.cut_short(), validation.cut_short()
    if cfg.evaluate_on == "val":
        protocol = validation
    results = Results(shown=choose_users(cfg, databases, shots, protocol))
    evaluator = _Evaluator(cfg, databases, priors, shots, device, kept, protocol, validation, results)
    for key, method in cfg.methods.items():
        try:
            (evaluator.evaluate if method.get("evaluation") else evaluator.evaluate_users)(str(key), method)
        except (LeftOutError, MissingLabelsError) as reason:
            results.left_out[method.label] = str(reason).rstrip(".")
            log.info("%s is left out: %s", method.label, results.left_out[method.label])
    refuse_controls_alone(cfg, results)
    return results


def refuse_controls_alone(cfg: DictConfig, results: Results) -> None:
    """Stop where nothing that was asked for could take part."""
    asked = [method.label for method in cfg.methods.values() if not method.get("control")]
    if asked and set(asked) <= set(results.left_out):
        reasons = dict.fromkeys(results.left_out[label] for label in asked)
        raise UserError(f"{', '.join(asked)} cannot be evaluated: {'; '.join(reasons)}.")


@dataclass
class _Evaluator:
    """Who evaluates one method after another, on the same users, images and splits; see `evaluate_methods`."""

    cfg: DictConfig
    databases: Databases
    priors: ModelTrainer
    shots: Sequence[int]
    device: torch.device
    kept: Path
    protocol: Protocol
    validation: Protocol
    results: Results

    def evaluate_users(self, key: str, method: DictConfig) -> None:
        """Let a method fit every test user of the main database."""
        data, results = self.databases.main, self.results
        table, split = data.table, data.split
        personalizer: Personalizer = instantiate(method.personalizer)
        prior = self.model_of(method)
        context = FitContext(table, split, data.inputs, self.device, prior, self.auxiliary_of(method))
        choice = instantiate(method.support) if method.get("support") else None
        personalizer.prepare(context)
        if choice is not None:
            choice.prepare(context)
        ask = None if choice is None else choice.order
        content = self.priors.digest(method)
        journals = {part: Journal(self.kept / f"{key}_{part}_{process_index()}.txt", content) for part in PARTS}
        val = split.rows(table, "val")
        chosen = choose(table, val, self.shots, self.validation, method.label, personalizer, ask, journals["val"])
        if len(personalizer.candidates()) > 1:
            results.chosen[method.label] = {str(k): dict(settings) for k, settings in chosen.items()}
        rows = split.rows(table, self.cfg.evaluate_on)
        evaluated = (table, rows, self.shots, self.protocol, method.label)
        backbone, metrics = self.backbone_of(method), choose_metrics(self.cfg).user
        results.records += evaluate(*evaluated, backbone, personalizer, chosen, ask, journals["test"], metrics)
        fused = fused_users(*evaluated, personalizer, chosen, trait_names(method.model, self.databases))
        if fused is not None:
            results.fused[key] = fused
        if results.shown is not None and key in shown_methods(self.cfg) and not process_index():
            label = method.label
            show_method(results.shown, self.cfg, self.databases, label, personalizer, chosen, prior, self.device)

    def evaluate(self, key: str, method: DictConfig) -> None:
        """Evaluate a network as it is, or an estimator that is fitted to training images, without any user."""
        cfg, results, label = self.cfg, self.results, method.label
        data = self.databases.get(method.get("database"))
        network, backbone = self.model_of(method), self.backbone_of(method)
        if method.get("estimator"):
            cache, auxiliary = Path(cfg.paths.cache).expanduser(), self.auxiliary_of(method)
            seen = (data.table, data.split, data.inputs, self.device, data.threshold)
            context = ImageContext(*seen, cfg.seed, cache, network, auxiliary)
            estimator = instantiate(method.estimator)
            results.images[key] = evaluate_estimator(estimator, context, label, backbone, cfg.evaluate_on)
        elif method.evaluation == "images":
            threshold = method.get("threshold")
            results.images[key] = evaluate_images(
                network, data, label, backbone, self.device, cfg.evaluate_on, threshold
            )
        else:
            dataset = OmegaConf.to_container(method.dataset, resolve=True) if method.get("dataset") else {}
            assert isinstance(dataset, dict)
            options = {str(name): dataset[name] for name in ("traits", "liked", "scaling") if name in dataset}
            results.traits[key] = evaluate_traits(
                network, data, label, backbone, self.device, cfg.evaluate_on, **options
            )

    def model_of(self, method: DictConfig) -> nn.Module | None:
        """Return the network that a method starts from."""
        return None if method.model is None else self.priors.get(method.model)

    def backbone_of(self, method: DictConfig) -> str:
        """Name the backbone of a method; empty where it has no network."""
        return "" if method.model is None else str(self.cfg.backbone.name)

    def auxiliary_of(self, method: DictConfig) -> dict[str, nn.Module]:
        """Return the further networks that a method stands on, by what they are for."""
        tasks = (method.get("auxiliary") or {}).items()
        return {str(name): self.priors.get(task) for name, task in tasks if task is not None}


def trait_names(task: DictConfig | None, databases: Databases) -> list[str]:
    """Name the traits that a task, or one it starts from, learnt in its stream of personality; empty where none did."""
    while task is not None and task.sources is None:
        task = task.init_from
    stream = None if task is None else task.sources.get("personality")
    if stream is None:
        return []
    return [str(name) for name in stream.dataset.get("traits") or databases.get(stream.database).table.trait_names]
