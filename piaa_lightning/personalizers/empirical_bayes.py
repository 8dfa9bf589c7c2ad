"""Learn the mean and covariance of users' weights: linear-Gaussian regression by EM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from piaa_lightning.personalizers.features import Floats


@dataclass(frozen=True)
class Sums:
    """What EM needs of users' ratings, whatever their number.

    Args:
        gram: ``(users, weights, weights)`` Z'Z of every user's images.
        moment: ``(users, weights)`` Z's.
        power: ``(users,)`` s's.
        count: ``(users,)`` ratings.
    """

    gram: Floats
    moment: Floats
    power: Floats
    count: Floats


def sums(users: Sequence[tuple[Floats, Floats]]) -> Sums:
    """Sum up ``(ratings, weights)`` images and ``(ratings,)`` scores of every user."""
    return Sums(
        np.stack([rows.T @ rows for rows, _ in users]),
        np.stack([rows.T @ scores for rows, scores in users]),
        np.array([scores @ scores for _, scores in users]),
        np.array([float(len(scores)) for _, scores in users]),
    )


@dataclass(frozen=True)
class WeightPrior:
    """w_u ~ N(effects' t_u, covariance), and a rating is z'w_u plus noise.

    Args:
        effects: ``(descriptors, weights)``; with a single descriptor that is 1 it is the mean of all users' weights.
        covariance: ``(weights, weights)`` of users' weights about that mean.
        noise: variance of a rating.
    """

    effects: Floats
    covariance: Floats
    noise: float


def posteriors(known: Sums, means: Floats, covariance: Floats, noise: float) -> tuple[Floats, Floats]:
    """Posterior mean and covariance of every user's weights.

    The covariance is never inverted, so that it may be singular: P = C (I + G C / noise)^-1.

    Args:
        known: of every user.
        means: ``(users, weights)`` prior means.
        covariance: ``(weights, weights)`` prior covariance.
        noise: variance of a rating.

    Returns:
        ``(users, weights)`` and ``(users, weights, weights)``.
    """
    one = np.eye(len(covariance))
    left = np.linalg.solve(one + covariance @ known.gram / noise, np.broadcast_to(covariance, known.gram.shape))
    left = (left + left.swapaxes(1, 2)) / 2
    gained = known.moment - np.einsum("uij,uj->ui", known.gram, means)
    return means + np.einsum("uij,uj->ui", left, gained) / noise, left


def learn_prior(
    known: Sums,
    descriptors: Floats | None = None,
    steps: int = 30,
    correlation_users: float = 0.0,
    effect_users: float = 0.0,
) -> WeightPrior:
    """Learn mean, covariance and noise from users' ratings, by EM (empirical Bayes).

    Source: Laird and Ware, "Random-Effects Models for Longitudinal Data", Biometrics 1982; with descriptors of users
    the mean is a second regression, as in Lindley and Smith 1972.

    Args:
        known: of every training user.
        descriptors: ``(users, descriptors)`` what is known of users, the first column is 1; None is that column alone.
        steps: rounds of EM; each raises the marginal likelihood.
        correlation_users: correlations between weights are shrunk as if so many users had shown none.
        effect_users: effects of all descriptors but the first are shrunk as if so many users had shown none.
    """
    users, weights = known.moment.shape
    told = np.ones((users, 1)) if descriptors is None else descriptors
    ridge = np.diag([0.0, *[effect_users] * (told.shape[1] - 1)])
    gram, moment, ratings = known.gram.sum(axis=0), known.moment.sum(axis=0), float(known.count.sum())
    shrunk = correlation_users / (users + correlation_users)
    size: Floats = np.maximum(np.diag(gram) / ratings, 1e-12)  # mean square of what each weight is multiplied with
    mean = np.linalg.solve(gram + 1e-6 * ratings * np.diag(size), moment)
    noise = max(float(known.power.sum() - 2 * mean @ moment + mean @ gram @ mean) / ratings, 1e-9)
    effects: Floats = np.zeros((told.shape[1], weights))
    effects[0] = mean
    covariance: Floats = np.diag(noise / size / weights)
    floor = 1e-6 * noise
    for _ in range(steps):
        found, left = posteriors(known, told @ effects, covariance, noise)
        effects = np.linalg.solve(told.T @ told + ridge, told.T @ found).astype(np.float64)
        apart = found - told @ effects
        covariance = _shrunk(left.mean(axis=0) + apart.T @ apart / users, shrunk)
        squares = left + found[:, :, None] * found[:, None, :]
        missed = (
            known.power - 2 * np.einsum("ui,ui->u", found, known.moment) + np.einsum("uij,uij->u", known.gram, squares)
        )
        noise = max(float(missed.sum()) / ratings, floor)
    return WeightPrior(effects, covariance, noise)


def _shrunk(covariance: Floats, share: float) -> Floats:
    """Take a share off all correlations; variances stay."""
    shrunk: Floats = (1 - share) * covariance + share * np.diag(np.diag(covariance))
    return shrunk
