"""The results of an evaluation as tables: every single measurement, means, and paired comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field

import pandas as pd

from piaa_lightning.errors import ArgumentError, UserError
from piaa_lightning.evaluation import statistics
from piaa_lightning.evaluation.records import COLUMNS, Record
from piaa_lightning.metrics.registry import MAIN
from piaa_lightning.personalizers.personalizer import Settings


@dataclass(frozen=True)
class EvaluationResults:
    """Methods that were evaluated on the same users and splits; see `evaluate`.

    Args:
        records: one per method, shots, repeat, user and metric.
        chosen: the settings that validation users chose, by method and shots.
        data: what was read.
        split: in a sentence, who and what was held out.
    """

    records: Sequence[Record]
    chosen: Mapping[str, Mapping[int, Settings]] = field(default_factory=dict)
    data: str = ""
    split: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return every single measurement as a line.

        Returns:
            Columns ``method, backbone, shots, repeat, user, n_support, n_query, metric, value, dropped``; ``user`` is a
            hashed id, ``value`` is NaN where ``dropped`` says why there is none. The usual metrics are ``srocc``, and
            ``srocc_pooled``: the user's part of the SROCC over all users' pairs, which sums to it over the users of a
            repeat.
        """
        return pd.DataFrame(map(astuple, self.records), columns=list(COLUMNS)).astype({"value": "float64"})

    def summary(self) -> pd.DataFrame:
        """Return a line per method and number of shots: mean SROCC, spreads over repeats and users; see `Row`."""
        return pd.DataFrame([row.flat() for row in statistics.summarise(self.records)])

    @property
    def shots(self) -> list[int]:
        """The numbers of shots, ascending."""
        return sorted({record.shots for record in self.records})


def compare(
    results: EvaluationResults,
    a: str,
    b: str,
    shots: int | None = None,
    *,
    metric: str = MAIN,
    samples: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare two methods on the users and splits that both were evaluated on.

    Source: 95 % percentile bootstrap over users of the mean difference, and Wilcoxon's signed-rank test over users'
    mean differences, with Holm's correction over the lines of the table.

    Args:
        results: what `evaluate` returned.
        a: a method.
        b: the method that it is compared with.
        shots: one number of shots; None compares at each.
        metric: name of the one that they are compared by; a value of each user is needed, so no pooled one.
        samples: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        A line per number of shots: ``a, b, shots, difference, low, high, p, p_holm, users, repeats``; ``difference`` is
        ``a`` less ``b``, ``low`` and ``high`` the ends of its interval.

    Raises:
        ArgumentError: a method, a number of shots or a metric was not evaluated, or users have no value of it.

    Example:
        >>> values = {"A": 0.5, "B": 0.3}
        >>> told = [Record(m, "", 10, 0, u, 10, 20, "srocc", v) for m, v in values.items() for u in "uv"]
        >>> compare(EvaluationResults(told), "A", "B")[["difference", "users"]].round(3).values.tolist()
        [[0.2, 2.0]]
    """
    has = dict.fromkeys(record.method for record in results.records)
    for argument, method in (("a", a), ("b", b)):
        if method not in has:
            raise ArgumentError(argument, f"there is no such method; choose from {', '.join(has)}.", method)
    if shots is not None and shots not in results.shots:
        raise ArgumentError("shots", f"choose from {', '.join(map(str, results.shots))}.", shots)
    single = [
        name for name in dict.fromkeys(record.metric for record in results.records) if not statistics.pooled(name)
    ]
    if metric not in single:
        raise ArgumentError("metric", f"choose from {', '.join(single)}.", metric)
    found = []
    for each in results.shots if shots is None else [shots]:
        try:
            found.append(statistics.compare(results.records, a, b, each, samples=samples, seed=seed, metric=metric))
        except UserError as error:
            if shots is not None or len(results.shots) == 1:
                raise ArgumentError("results", str(error)) from error
    lines = [
        {
            "a": each.a,
            "b": each.b,
            "shots": each.shots,
            "difference": each.difference,
            "low": each.ci95[0],
            "high": each.ci95[1],
            "p": each.p,
            "p_holm": each.p_holm,
            "users": each.users,
            "repeats": each.repeats,
        }
        for each in statistics.corrected(found)
    ]
    return pd.DataFrame(lines)
