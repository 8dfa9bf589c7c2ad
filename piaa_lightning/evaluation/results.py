"""What an evaluation found, as tables: every single measurement, means, and paired comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import pandas as pd

from piaa_lightning.errors import ArgumentError, UserError
from piaa_lightning.evaluation import statistics
from piaa_lightning.evaluation.records import Record
from piaa_lightning.personalizers.personalizer import Settings

KEYS = ("method", "backbone", "shots", "repeat", "user", "n_support", "n_query", "dropped")
METRICS = ("srocc", "pooled")


@dataclass(frozen=True)
class EvaluationResults:
    """Methods that were evaluated on the same users and splits; see `evaluate`.

    Args:
        records: one per method, shots, repeat and user.
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
            Columns ``method, backbone, shots, repeat, user, n_support, n_query, dropped, metric, value``; ``user`` is a
            hashed id, ``value`` is NaN where ``dropped`` says why there is none. Metrics are ``srocc``, and
            ``pooled``: the user's part of the SROCC over all users' pairs, which sums to it over the users of a repeat.
        """
        lines = [
            {**{key: getattr(record, key) for key in KEYS}, "metric": metric, "value": getattr(record, metric)}
            for record in self.records
            for metric in METRICS
        ]
        frame = pd.DataFrame(lines, columns=[*KEYS, "metric", "value"])
        return frame.astype({"value": "float64"})

    def summary(self) -> pd.DataFrame:
        """Return a line per method and number of shots: mean SROCC, spreads over repeats and users; see `Row`."""
        return pd.DataFrame([asdict(row) for row in statistics.summarise(self.records)])

    @property
    def shots(self) -> list[int]:
        """The numbers of shots, ascending."""
        return sorted({record.shots for record in self.records})


def compare(
    results: EvaluationResults, a: str, b: str, shots: int | None = None, *, samples: int = 10_000, seed: int = 0
) -> pd.DataFrame:
    """Compare two methods on the users and splits that both were evaluated on.

    Source: 95 % percentile bootstrap over users of the mean difference in SROCC, and Wilcoxon's signed-rank test over
    users' mean differences, with Holm's correction over the lines of the table.

    Args:
        results: what `evaluate` returned.
        a: a method.
        b: the method that it is compared with.
        shots: one number of shots; None compares at each.
        samples: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        A line per number of shots: ``a, b, shots, difference, low, high, p, p_holm, users, repeats``; ``difference`` is
        ``a`` less ``b``, ``low`` and ``high`` the ends of its interval.

    Raises:
        ArgumentError: a method or a number of shots was not evaluated.

    Example:
        >>> told = [Record(m, "", 10, 0, u, 10, 20, v) for m, v in (("A", 0.5), ("B", 0.3)) for u in ("u", "v")]
        >>> compare(EvaluationResults(told), "A", "B")[["difference", "users"]].round(3).values.tolist()
        [[0.2, 2.0]]
    """
    has = dict.fromkeys(record.method for record in results.records)
    for argument, method in (("a", a), ("b", b)):
        if method not in has:
            raise ArgumentError(argument, f"there is no such method; choose from {', '.join(has)}.", method)
    if shots is not None and shots not in results.shots:
        raise ArgumentError("shots", f"choose from {', '.join(map(str, results.shots))}.", shots)
    found = []
    for each in results.shots if shots is None else [shots]:
        try:
            found.append(statistics.compare(results.records, a, b, each, samples=samples, seed=seed))
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
