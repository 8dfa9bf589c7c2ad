"""Evaluate every method: those that fit users on one set of splits of every test user's ratings."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from piaa_lightning.errors import MissingLabelsError, UserError
from piaa_lightning.estimators.estimator import Estimator
from piaa_lightning.estimators.trait_estimator import TraitEstimator
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.evaluation.protocol import Protocol
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.shown_users import ShownUsers
from piaa_lightning.evaluation.trait_evaluation import TraitEvaluation
from piaa_lightning.evaluation.user_tables import Line
from piaa_lightning.personalizers.personalizer import LeftOutError
from piaa_lightning.pipeline.evaluating.evaluate_images import evaluate_images
from piaa_lightning.pipeline.evaluating.evaluate_traits import evaluate_traits
from piaa_lightning.pipeline.evaluating.evaluate_users import evaluate_users
from piaa_lightning.pipeline.evaluating.evaluation_context import EvaluationContext
from piaa_lightning.pipeline.evaluating.show_users import choose_users
from piaa_lightning.pipeline.parts.make import make
from piaa_lightning.pipeline.parts.open_data import Data, Databases
from piaa_lightning.pipeline.specs.specs import MethodSpec, RunSpec
from piaa_lightning.pipeline.training.train_models import ModelTrainer

log = logging.getLogger(__name__)


@dataclass
class Results:
    """What evaluating brought.

    Args:
        records: one per method, shots, repeat and user.
        images: by key of the method, what networks said about test images.
        traits: by key of the method, what networks said about test users' traits.
        tables: by key of the method, what it tells of test users beside scores, by the table's name.
        chosen: the settings that validation users chose, by method and shots.
        on_edge: what of these lies on the edge of its grid, by method and shots.
        left_out: methods that could not take part, and why.
        shown: a few users' single images; None where nobody is shown.
    """

    records: list[Record] = field(default_factory=list)
    images: dict[str, ImageEvaluation] = field(default_factory=dict)
    traits: dict[str, TraitEvaluation] = field(default_factory=dict)
    tables: dict[str, Mapping[str, Sequence[Line]]] = field(default_factory=dict)
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    on_edge: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    shown: ShownUsers | None = None


def refuse_impossible(spec: RunSpec, databases: Databases) -> None:
    """Stop before hours of training where a method cannot be evaluated on what was opened.

    Args:
        spec: of the run.
        databases: what the methods are evaluated on, and tasks learn from.

    Raises:
        UserError: an unknown database, or a method that fits users where none are held out.
    """
    for task in spec.models():
        for step in task.chain():
            if step.weights is not None:  # nothing is learnt for it
                break
            for source in step.sources:
                databases.get(source.database)
    for method in spec.methods.values():
        data = databases.get(method.database)
        held_out = data.split.test_users if spec.evaluate_on == "test" else data.split.val_users
        if method.evaluation is None and not len(held_out):
            raise UserError(
                f"{data.name}: the split holds out no users, and {method.label} is evaluated on users; choose a"
                " database with ratings of single users, or an experiment that evaluates images."
            )
        if method.evaluation is None:
            _refuse_too_few_ratings(spec, data)


def refuse_other_estimator(method: MethodSpec, estimator: object) -> None:
    """Stop where an estimator predicts something else than its method is evaluated on.

    Args:
        method: that names it.
        estimator: made of the method's configuration.

    Raises:
        UserError: an estimator of traits evaluated on images, the other way round, or none at all.
    """
    kinds = {"images": Estimator, "traits": TraitEstimator}
    fitting = [evaluation for evaluation, kind in kinds.items() if isinstance(estimator, kind)]
    if method.evaluation not in fitting:
        raise UserError(
            f"methods.{method.key}.evaluation={method.evaluation}: {type(estimator).__name__} predicts"
            f" {' and '.join(fitting) or 'neither images nor traits'}; "
            + (f"set it to {fitting[0]}." if fitting else "choose another estimator.")
        )


def _refuse_too_few_ratings(spec: RunSpec, data: Data) -> None:
    """Stop before training where no held-out user has ratings enough to be evaluated.

    Raises:
        UserError: it says how many ratings users have.
    """
    test, _ = protocols(spec)
    rows, least = data.split.rows(data.table, spec.evaluate_on), min(spec.shots)
    most = int(np.bincount(data.table.user[rows], minlength=1).max())
    if test.pool is None and most < least + test.min_query:
        raise UserError(
            f"{data.name}: no {spec.evaluate_on} user has the {least} + {test.min_query} ratings that {least} shots and"
            f" a query take (the most are {most}); lower shots or protocol.test.min_query, or hold out more images."
        )


def evaluate_methods(
    spec: RunSpec, databases: Databases, models: ModelTrainer, device: torch.device, kept: Path
) -> Results:
    """Evaluate every method of a run.

    Args:
        spec: of the run.
        databases: what the methods stand on.
        models: trains what the methods start from.
        device: where networks run.
        kept: directory of what was evaluated so far, see `evaluation.journal`.

    Raises:
        UserError: every method but the control rows had to be left out.
    """
    protocol, validation = protocols(spec)
    context = EvaluationContext(spec, databases, models, device, protocol, validation, kept)
    results = Results(shown=choose_users(spec, databases, protocol))
    for key, method in spec.methods.items():
        try:
            if method.evaluation == "images":
                results.images[key] = evaluate_images(context, method)
            elif method.evaluation == "traits":
                results.traits[key] = evaluate_traits(context, method)
            else:
                found = evaluate_users(context, method, results.shown)
                results.records += found.records
                if found.chosen is not None:
                    results.chosen[method.label] = found.chosen
                if found.on_edge:
                    results.on_edge[method.label] = found.on_edge
                if found.tables:
                    results.tables[key] = found.tables
        except (LeftOutError, MissingLabelsError) as reason:
            results.left_out[method.label] = str(reason).rstrip(".")
            log.info("%s is left out: %s", method.label, results.left_out[method.label])
    refuse_controls_alone(spec, results)
    return results


def protocols(spec: RunSpec) -> tuple[Protocol, Protocol]:
    """Return by which protocol users are evaluated, and by which validation users choose settings."""
    test, validation = (make(spec.protocol[name], f"protocol.{name}") for name in ("test", "validation"))
    if spec.trainer.fast_dev_run:
        test, validation = test.cut_short(), validation.cut_short()
    return test if spec.evaluate_on == "test" else validation, validation


def refuse_controls_alone(spec: RunSpec, results: Results) -> None:
    """Stop where nothing that was asked for could take part."""
    asked = [method.label for method in spec.methods.values() if not method.control]
    if asked and set(asked) <= set(results.left_out):
        reasons = dict.fromkeys(results.left_out[label] for label in asked)
        raise UserError(f"{', '.join(asked)} cannot be evaluated: {'; '.join(reasons)}.")
