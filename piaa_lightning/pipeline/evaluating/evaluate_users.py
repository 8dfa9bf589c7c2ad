"""Evaluate on test users a method that fits each of them to a support set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piaa_lightning.evaluation.comparison.grid_edge import edges_of
from piaa_lightning.evaluation.protocol import choose, evaluate, sizes_for
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.shown_users import ShownUsers
from piaa_lightning.evaluation.strata import StrataScores
from piaa_lightning.evaluation.user_tables import Line, user_tables
from piaa_lightning.personalizers.personalizer import FitContext, Personalizer
from piaa_lightning.pipeline.evaluating.evaluation_context import EvaluationContext
from piaa_lightning.pipeline.evaluating.show_users import show_method, shown_methods
from piaa_lightning.pipeline.parts.make import make
from piaa_lightning.pipeline.specs.specs import MethodSpec
from piaa_lightning.pipeline.training.task_data import trait_names
from piaa_lightning.runtime.distributed import process_index


@dataclass(frozen=True)
class UsersEvaluated:
    """What evaluating a method on users brought.

    Args:
        records: one per shots, repeat and user.
        chosen: the settings that validation users chose, by shots; None where there was nothing to choose.
        on_edge: what of them lies on the edge of its grid, by shots.
        tables: how it does on hard users and images, and what the method tells of users beside scores, by the table's
            name; see `strata.StrataScores` and `Personalizer.extra_tables`.
    """

    records: list[Record]
    chosen: dict[str, Any] | None
    on_edge: dict[str, list[str]]
    tables: Mapping[str, Sequence[Line]]


def evaluate_users(context: EvaluationContext, method: MethodSpec, shown: ShownUsers | None) -> UsersEvaluated:
    """Let a method fit every test user of the main database.

    Args:
        context: what the run stands on.
        method: with a personalizer.
        shown: filled with what it says of a few users' single images; None where nobody is shown.

    Raises:
        UserError: what it needs is not there.
        LeftOutError: it cannot be part of this table.
    """
    spec, data = context.spec, context.databases.main
    table, split, label, backbone = data.table, data.split, method.label, context.backbone_of(method)
    personalizer: Personalizer = make(method.personalizer, f"methods.{method.key}.personalizer")
    shots = sizes_for(personalizer, spec.shots)
    choice = None if method.support is None else make(method.support, f"methods.{method.key}.support")
    model = context.model_of(method)
    named = trait_names(method.model, context.databases)
    stands = FitContext(table, split, data.inputs, context.device, model, context.auxiliary_of(method), named)
    personalizer.prepare(stands)
    if choice is not None:
        choice.prepare(stands)
    ask = None if choice is None else choice.order
    journals = context.journals_of(method)
    val, rows = split.rows(table, "val"), split.rows(table, spec.evaluate_on)
    chosen = choose(table, val, shots, context.validation, label, personalizer, ask, journals["val"])
    evaluated = (table, rows, shots, context.protocol, label)
    strata = StrataScores(context.strata, table)
    records = evaluate(*evaluated, backbone, personalizer, chosen, ask, journals["test"], spec.metrics.user, strata)
    tables = {**user_tables(*evaluated, personalizer, chosen), "strata": list(strata.lines(label))}
    if shown is not None and shown.shots in chosen and method in shown_methods(spec) and not process_index():
        show_method(shown, context, label, personalizer, chosen, model)
    settings = {str(k): dict(settings) for k, settings in chosen.items()}
    candidates = personalizer.candidates()
    told = settings if len(candidates) > 1 else None
    return UsersEvaluated(records, told, edges_of(candidates, chosen), tables)
