"""Evaluate methods on the held-out users of a database, from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import nn

from piaa_lightning.data.database import Database
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.errors import ArgumentError, ArgumentTypeError
from piaa_lightning.evaluation.protocol import Protocol, choose, sizes_for
from piaa_lightning.evaluation.protocol import evaluate as evaluate_one
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.results import EvaluationResults
from piaa_lightning.metrics import registry
from piaa_lightning.personalizers.own_images import size_of
from piaa_lightning.personalizers.personalizer import (
    FitContext,
    LeftOutError,
    Personalizer,
    Settings,
    device_of_model,
    mode_kept,
)


def evaluate(
    methods: Mapping[str, Personalizer],
    data: Database,
    shots: int | Sequence[int] = (10, 100),
    *,
    repeats: int = 10,
    min_query: int = 10,
    max_query: int | None = None,
    seed: int = 0,
    users: int | None = None,
    on: str = "test",
    metrics: Sequence[str] = ("usual",),
) -> EvaluationResults:
    """Fit every method to every held-out user's support set, and measure how well it orders the query set.

    All methods see the same users and the same random splits of their ratings. A method with several candidate settings
    has them chosen on validation users, for each number of shots; test users choose nothing.

    Source: the protocol of Zhu et al., IEEE T-CYB 2020: ten random splits of each test user's ratings into support and
    query, Spearman's rank correlation on the query, averaged over users.

    Args:
        methods: by the names that tables give them.
        data: a `RatingsDataModule`.
        shots: ratings that a method sees of a user, one number or several; at 0 those take part that score without.
        repeats: random splits of each user.
        min_query: a user with fewer ratings left is dropped, and counted.
        max_query: greatest number of ratings that are evaluated on; None takes all that are not support.
        seed: of the splits.
        users: how many users are evaluated, for a quick look; None evaluates all.
        on: ``test`` users, or ``val`` for a search of settings.
        metrics: names of `metrics.registry`; ``usual`` stands for SROCC and its pooled form, and ``kendall_tau``,
            ``mae``, ... add to them. SROCC is always among them.

    Returns:
        The records of all methods.

    Raises:
        ArgumentError: no method, no held-out users, an unknown metric, or a number that cannot be.

    Example:
        >>> from piaa_lightning import FineTune, FlickrAES, GenericAesthetics
        >>> data, model = FlickrAES(size="tiny"), GenericAesthetics()
        >>> results = evaluate({"BA-PIAA": FineTune(model, steps=1)}, data, shots=10, repeats=1, users=2)
        >>> results.to_frame()["metric"].iloc[0]
        'srocc'
    """
    wanted = _shots(shots)
    if not methods:
        raise ArgumentError("methods", "there is none; give methods by name, as {'BA-PIAA': FineTune(generic)}.")
    for name, method in methods.items():
        if not isinstance(method, Personalizer):
            raise ArgumentTypeError("methods", f"{name} is a {type(method).__name__} and no Personalizer.")
    if on not in ("test", "val"):
        raise ArgumentError("on", "choose test or val.", on)
    computed = registry.chosen(list(metrics)).user
    protocol = Protocol(repeats, min_query, max_query, seed, users)
    validation = replace(protocol, repeats=1, seed=seed + 1)
    inputs = {
        name: _inputs(data, method) for name, method in methods.items()
    }  # before the table, which may lose labels
    table, split = data.table, data.split
    if not len(split.users("test" if on == "test" else "val")):
        raise ArgumentError("data", f"{table.database} holds out no users to evaluate on; choose another database.")
    rows = {"val": split.rows(table, "val"), "test": split.rows(table, "test")}
    records: list[Record] = []
    chosen: dict[str, Mapping[int, Settings]] = {}
    for name, method in methods.items():
        with mode_kept(method.model):
            method.prepare(FitContext(table, split, inputs[name], device_of_model(method.model), method.model))
            try:
                sizes = sizes_for(method, wanted)
            except LeftOutError as reason:
                raise ArgumentError("shots", f"{name} cannot take part: {reason}.", shots) from reason
            settings = choose(table, rows["val"], sizes, validation, name, method)
            backbone = _backbone(method.model)
            records += evaluate_one(
                table, rows[on], sizes, protocol, name, backbone, method, settings, metrics=computed
            )
        chosen[name] = settings
    return EvaluationResults(records, chosen, table.database, split.description)


def choose_settings(
    method: Personalizer, data: Database, shots: int = 10, *, min_query: int = 10, seed: int = 1
) -> Settings:
    """Let validation users choose among a method's candidate settings, for `Personalizer.fit`.

    Args:
        method: with several candidates; where there is one it is returned.
        data: a `RatingsDataModule`.
        shots: ratings that the user whom the settings are for has given.
        min_query: validation users with fewer ratings left say nothing.
        seed: of the splits of their ratings.

    Raises:
        ArgumentError: the method cannot learn from this database.

    Example:
        >>> from piaa_lightning import FineTune, FlickrAES, GenericAesthetics
        >>> choose_settings(FineTune(GenericAesthetics(), steps=5), FlickrAES(size="tiny"))["steps"]
        5
    """
    inputs = _inputs(data, method)
    table, split = data.table, data.split
    with mode_kept(method.model):
        try:
            method.prepare(FitContext(table, split, inputs, device_of_model(method.model), method.model))
        except LeftOutError as reason:
            raise ArgumentError("data", f"{reason}.") from reason
        rows, count = split.rows(table, "val"), _shots(shots)
        name = type(method).__name__
        return choose(table, rows, count, Protocol(1, min_query, seed=seed), name, method)[count[0]]


def _shots(shots: int | Sequence[int]) -> list[int]:
    given = [shots] if isinstance(shots, int) else list(shots)
    if not given or any(isinstance(k, bool) or not isinstance(k, int) or k < 0 for k in given):
        raise ArgumentError("shots", "give a whole number from 0, or a list of them.", shots)
    return sorted(set(given))


def _inputs(data: Database, method: Personalizer) -> Inputs:
    """Return the images as a method's model sees them; small ones where there is none that could look."""
    return data.inputs_at(64 if method.model is None else size_of(method.model))


def _backbone(model: nn.Module | None) -> str:
    network = getattr(getattr(model, "backbone", None), "network", None)
    return "" if network is None else type(network).__name__
