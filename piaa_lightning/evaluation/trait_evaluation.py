"""Evaluate how well the traits of users are predicted from the images that they like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.resampling import Indices, paired_interval
from piaa_lightning.evaluation.image_evaluation import comparison
from piaa_lightning.metrics.registry import Metric, main, usual

Floats = NDArray[np.float64]
Interval = tuple[float, tuple[float, float]]  # a value and its interval


@dataclass(frozen=True)
class Likes:
    """What a network said about every image that test users like.

    Args:
        images: ``(likes,)`` numbers of the images.
        users: ``(likes,)`` numbers of the users among those of the evaluation.
        predicted: ``(likes, traits)`` in [-1, 1].
    """

    images: Indices
    users: Indices
    predicted: Floats


@dataclass(frozen=True)
class TraitEvaluation:
    """What one network said about a database's test users, from what they like.

    A user's prediction is the mean over the images that the user likes. NOTE: that published tables are at
    the level of users is a hypothesis, see ``metrics.stateful.traits``.

    Args:
        method: its label.
        backbone: the network underneath.
        database: what was read.
        trait_names: for instance O, C, E, A, N.
        users: ``(users,)`` hashed ids.
        traits: ``(users, traits)`` in [-1, 1].
        predicted: ``(users, traits)`` in [-1, 1].
        liked: what this was averaged from; None where it was not kept.
    """

    method: str
    backbone: str
    database: str
    trait_names: tuple[str, ...]
    users: tuple[str, ...]
    traits: Floats
    predicted: Floats
    liked: Likes | None = None

    def rows(self, metrics: Sequence[Metric] | None = None) -> list[dict[str, Any]]:
        """Return a line of the result table for each trait.

        Args:
            metrics: of traits, see `metrics.registry`; None takes the usual ones.
        """
        found = {metric.name: self.of_traits(metric) for metric in metrics or usual("trait")}
        return [
            {
                "method": self.method,
                "backbone": self.backbone,
                "evaluated_on": self.database,
                "trait": name,
                **{metric: _value(values[column]) for metric, values in found.items()},
                "users": len(self.users),
            }
            for column, name in enumerate(self.trait_names)
        ]

    def lines(self) -> list[dict[str, Any]]:
        """Return one line per user and trait, from which everything can be recomputed."""
        return [
            {
                "method": self.method,
                "backbone": self.backbone,
                "user": user,
                "trait": name,
                "value": float(self.traits[row, column]),
                "predicted": float(self.predicted[row, column]),
            }
            for row, user in enumerate(self.users)
            for column, name in enumerate(self.trait_names)
        ]

    def of_traits(self, metric: Metric, drawn: Indices | None = None) -> Floats:
        """Return a metric of every trait, ``(traits,)``.

        Args:
            metric: of traits.
            drawn: numbers of the users; None takes all.
        """
        users = np.arange(len(self.users)) if drawn is None else drawn
        pairs = zip(self.predicted[users].T, self.traits[users].T, strict=True)
        return np.array([metric.function(predicted, true) for predicted, true in pairs])


def trait_intervals(evaluation: TraitEvaluation, samples: int = 1000, seed: int = 0) -> list[Interval]:
    """SROCC of every trait and, last, of their mean, each with its 95 % percentile bootstrap interval over users.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993). All traits are drawn with the same users.
    NaN stands where all users have one value of a trait; draws in which that is so are left out.

    Args:
        evaluation: of one network.
        samples: bootstrap samples.
        seed: of the draws.
    """
    random, users = np.random.default_rng(seed), len(evaluation.users)
    values = evaluation.of_traits(main())
    drawn = np.array([evaluation.of_traits(main(), random.integers(0, users, users)) for _ in range(samples)])
    found = []
    for value, own in zip([*values, values.mean()], [*drawn.T, drawn.mean(axis=1)], strict=True):
        known = own[np.isfinite(own)]
        low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
        found.append((float(value), (float(low), float(high))))
    return found


def compare_traits(
    a: TraitEvaluation, b: TraitEvaluation, metrics: Sequence[Metric] | None = None
) -> list[dict[str, Any]]:
    """Compare two networks on the same users, paired: the mean over traits of SROCC.

    Args:
        a: an evaluation.
        b: the evaluation that it is compared with.
        metrics: of traits, of which those that are for comparing are taken; None takes the usual ones.

    Raises:
        UserError: they were evaluated on other users or traits.
    """
    if a.users != b.users or a.trait_names != b.trait_names:
        raise UserError(f"{a.method} and {b.method} were evaluated on different users; evaluate both on one database.")
    found = []
    for metric in metrics or usual("trait"):
        if metric.compared:

            def difference(drawn: Indices, metric: Metric = metric) -> float:
                return float(a.of_traits(metric, drawn).mean()) - float(b.of_traits(metric, drawn).mean())

            result = paired_interval(difference, len(a.users))
            words = f"mean {metric.label} of traits"
            found.append(comparison(a, b, metric, "users", len(a.users), result, words))
    return found


def _value(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
