"""The metrics by name: what each is called in tables, what it needs, and what it is taken over.

A metric is one file of this package that calls `register`; tables, records, comparisons, pages and loggers ask here.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal, get_args

from piaa_lightning.errors import ArgumentError
from piaa_lightning.runtime.choices import did_you_mean

Level = Literal["user", "image", "trait"]
Needs = Literal["order", "scores", "threshold", "distributions", "all_users"]
LEVELS: tuple[Level, ...] = get_args(Level)

MAIN = "srocc"  # chooses settings and epochs, and is what figures show: always computed
# What is computed, and the order of columns, where nothing else is chosen.
USUAL: dict[Level, tuple[str, ...]] = {
    "user": ("srocc", "srocc_pooled"),
    "image": ("acc", "balanced_acc", "srocc", "plcc", "emd_r1", "emd_r2"),
    "trait": ("srocc", "rmse"),
}
USUAL_WORD = "usual"  # stands for these in a list of names


@dataclass(frozen=True)
class Metric:
    """One metric.

    Args:
        name: in csv files, in ``summary.json`` and in the key ``metrics``.
        label: in headings.
        function: what it needs says how it is called, and NaN says that it is undefined.

            ``order`` or ``scores``: ``function(prediction, target)`` with ``(n,)`` numbers each, returns a number.
            ``threshold``: ``function(prediction, target, threshold, predicted_threshold)``, returns a number.
            ``distributions``: ``function(prediction, target)`` with ``(n, bins)`` shares each, returns ``(n,)`` numbers
            whose mean is the metric.
            ``all_users``: ``function(predictions, targets)`` with one ``(n,)`` array for each user, returns each
            user's part; the parts sum to the metric.
        needs: ``order``: predictions in any unit; ``scores``: predictions in the unit of the target.
        levels: what it is taken over: the query images of each user, the test images, or the users who have a trait.
        higher_is_better: its direction.
        bounds: the smallest and the greatest value there can be; None where there is no such value.
        compared: whether methods are compared by it and its intervals are taken.
        in_tables: whether printed tables have a column for it; csv files always have.

    Raises:
        ValueError: a name that is no identifier, a level that there is not, or one that cannot give what is needed.
    """

    name: str
    label: str
    function: Callable[..., Any]
    needs: Needs = "order"
    levels: tuple[Level, ...] = LEVELS
    higher_is_better: bool = True
    bounds: tuple[float, float] | None = None
    compared: bool = True
    in_tables: bool = True

    def __post_init__(self) -> None:
        """Stop at what no table could hold."""
        if not self.name.isidentifier() or self.name == USUAL_WORD:
            raise ValueError(f"name={self.name!r}: a metric's name is a column's, letters, digits and underscores")
        if not self.levels or not set(self.levels) <= set(LEVELS):
            raise ValueError(f"{self.name}: levels={self.levels}: choose from {', '.join(LEVELS)}")
        only: dict[str, tuple[Level, ...]] = {
            "threshold": ("image",), "distributions": ("image",), "all_users": ("user",)
        }  # fmt: skip
        possible = only.get(self.needs, LEVELS if self.needs in get_args(Needs) else ())
        if not set(self.levels) <= set(possible):
            raise ValueError(f"{self.name}: needs={self.needs!r} and levels={self.levels} do not go together")

    @property
    def of_single_users(self) -> bool:
        """Whether every user has a value; a part of a pooled value is none."""
        return self.needs != "all_users"


@dataclass(frozen=True)
class Chosen:
    """The metrics that are computed.

    Args:
        user: over each user's query images.
        image: over test images.
        trait: over users, for each trait.
    """

    user: tuple[Metric, ...]
    image: tuple[Metric, ...]
    trait: tuple[Metric, ...]


_REGISTERED: dict[str, Metric] = {}


def register(metric: Metric) -> Metric:
    """Make a metric known by its name.

    Raises:
        ValueError: another metric has the name.

    Example:
        >>> register(get("mae")).label  # once more the same is no mistake
        'MAE'
    """
    if _REGISTERED.setdefault(metric.name, metric) != metric:
        raise ValueError(f"name={metric.name!r}: there is another metric of this name; choose another one")
    return metric


def get(name: str) -> Metric:
    """Return a metric.

    Args:
        name: of it; one with dots names a `Metric` in a module of your own: ``mylab.agreement.tau``.

    Raises:
        ArgumentError: there is none; the nearest name is told.

    Example:
        >>> get("srocc").label
        'SROCC'
    """
    module, _, own = name.rpartition(".")
    if module:
        try:
            found = getattr(import_module(module), own)
        except (ImportError, AttributeError) as error:
            raise ArgumentError("metrics", "there is no such name; correct it.", name) from error
        if not isinstance(found, Metric):
            raise ArgumentError("metrics", f"this is a {type(found).__name__}; name a Metric.", name)
        return register(found)
    metric = find(name)
    if metric is None:
        known = ", ".join(_REGISTERED)
        meant = did_you_mean(name, _REGISTERED)
        raise ArgumentError("metrics", f"there is no such metric; choose from {known}{meant}.", name)
    return metric


def find(name: str) -> Metric | None:
    """Return a metric by its name; None where no metric has it, as for other columns of a table."""
    _discover()
    return _REGISTERED.get(name)


def labelled(label: str) -> Metric | None:
    """Return a metric by its label, which is what comparisons are written with."""
    _discover()
    return next((metric for metric in _REGISTERED.values() if metric.label == label), None)


def main() -> Metric:
    """Return the metric that chooses settings and that figures show."""
    return get(MAIN)


def of_level(level: Level) -> tuple[Metric, ...]:
    """Return all metrics of a level, in the order of columns: the usual ones, then the others by name.

    Example:
        >>> [metric.name for metric in of_level("trait")][:2]
        ['srocc', 'rmse']
    """
    _discover()
    usual = USUAL[level]
    others = sorted(name for name, metric in _REGISTERED.items() if level in metric.levels and name not in usual)
    return tuple(_REGISTERED[name] for name in (*usual, *others))


def usual(level: Level) -> tuple[Metric, ...]:
    """Return the metrics of a level that are computed where nothing else is chosen."""
    return tuple(get(name) for name in USUAL[level])


def chosen(names: Sequence[str] = (USUAL_WORD,)) -> Chosen:
    """Return the metrics of these names at each level that they have, in the order of columns.

    Args:
        names: of metrics, as `get` takes them; ``usual`` stands for those of `USUAL`. SROCC is always among them: it
            chooses settings, and figures show it.

    Raises:
        ArgumentError: there is no metric of a name.

    Example:
        >>> [metric.name for metric in chosen(["usual", "mae"]).trait]
        ['srocc', 'rmse', 'mae']
    """
    asked = {get(name).name for name in names if name != USUAL_WORD} | {MAIN}

    def at(level: Level) -> tuple[Metric, ...]:
        wanted = asked | set(USUAL[level] if USUAL_WORD in names else ())
        return tuple(metric for metric in of_level(level) if metric.name in wanted)

    return Chosen(at("user"), at("image"), at("trait"))


def present(level: Level, columns: Iterable[str], tables: bool = True) -> list[Metric]:
    """Return the metrics of a level that some columns hold, in the order of columns.

    Args:
        level: user, image or trait.
        columns: names, of which those of metrics are found.
        tables: whether metrics that printed tables leave out are left out.
    """
    known = set(columns)
    return [metric for metric in of_level(level) if metric.name in known and (metric.in_tables or not tables)]


@cache
def _discover() -> None:
    """Import every file of this package once: those that hold a metric register it."""
    import piaa_lightning.metrics as package

    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg:
            import_module(f"{package.__name__}.{module.name}")
