"""Learning a few functions of which every user's taste is a mixture, by alternating least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from sklearn.cluster import KMeans

from piaa_lightning.personalizers.empirical_bayes import learn_prior, posteriors, sums
from piaa_lightning.personalizers.features import Floats

SUM_WEIGHT = 1e4  # how much more the sum of 1 counts than what is fitted


@dataclass(frozen=True)
class Mixtures:
    """K prototypes, and how users mix them.

    Args:
        prototypes: ``(K, weights)``.
        mean: ``(K,)`` the training users' mean mixture.
        level: of the ratings where the mean mixture gives 0.
        information: ``(K, K)`` what one rating of a training image tells of a mixture, on average.
    """

    prototypes: Floats
    mean: Floats
    level: float
    information: Floats

    def fitted(self, gram: Floats, moment: Floats, pull: float) -> Floats:
        """Return the mixture that fits a user's ratings best.

        Args:
            gram: ``(weights, weights)`` Z'Z of the rated images, Z less its mean.
            moment: ``(weights,)`` Z's, s less its mean.
            pull: ratings that the mean mixture is worth.
        """
        square = self.prototypes @ gram @ self.prototypes.T + pull * self.information
        return in_simplex(square, self.prototypes @ moment + pull * self.information @ self.mean)


def in_simplex(square: Floats, linear: Floats) -> Floats:
    """Return argmin w'Aw - 2w'b over w from 0 with sum 1.

    Source: Lawson and Hanson, "Solving Least Squares Problems", 1974, chapter 23: non-negative least squares; the sum
    is one more equation, of great weight.

    Args:
        square: ``(K, K)`` A, positive semidefinite.
        linear: ``(K,)`` b.

    Example:
        >>> import numpy as np
        >>> in_simplex(np.eye(2), np.array([0.8, 0.4])).round(3).tolist()  # the nearest point with sum 1
        [0.7, 0.3]
        >>> in_simplex(np.eye(2), np.array([3.0, 0.4])).round(3).tolist()
        [1.0, 0.0]
    """
    count = len(square)
    unit = max(float(np.trace(square)) / count, 1e-12)
    root = np.linalg.cholesky(square / unit + 1e-8 * np.eye(count))
    rows = np.vstack([root.T, np.full((1, count), SUM_WEIGHT)])
    targets = np.append(np.linalg.solve(root, linear / unit), SUM_WEIGHT)
    found: Floats = nnls(rows, targets)[0]
    found /= found.sum()
    return found


def learn_mixtures(
    users: Sequence[tuple[Floats, Floats]], counts: Sequence[int], rounds: int, seed: int
) -> dict[int, Mixtures]:
    """Learn prototypes and mixtures for several numbers of prototypes.

    In turn: each user's mixture by `in_simplex`, then all prototypes by penalised least squares. What is penalised is
    how far a prototype is from what users have in common, in units of how much users differ (`learn_prior`), which
    keeps prototypes from running off to where a corner of the simplex is nobody. A user's level is free.

    Args:
        users: ``(ratings, weights)`` rows and ``(ratings,)`` scores of every training user; the first weight is that of
            the generic score.
        counts: numbers of prototypes.
        rounds: of learning in turn.
        seed: of k-means over users, from which prototypes start.
    """
    apart = [(rows - rows.mean(axis=0), scores - scores.mean()) for rows, scores in users]
    known = sums(apart)
    prior = learn_prior(sums([(np.insert(rows, 0, 1.0, axis=1), scores) for rows, scores in users]))
    own = prior.covariance[1:, 1:]
    common = np.zeros(len(own))
    common[0] = known.moment[:, 0].sum() / max(known.gram[:, 0, 0].sum(), 1e-12)
    gram, ratings = known.gram.sum(axis=0), known.count.sum()
    found = posteriors(known, np.broadcast_to(common, known.moment.shape), own, prior.noise)[0]
    least = 1e-6 * max(float(np.trace(own)) / len(own), 1e-12) * np.eye(len(own))
    penalty = (prior.noise * np.linalg.inv(own + least)).astype(np.float64)
    centre = np.concatenate([rows for rows, _ in users]).mean(axis=0)
    level = float(np.concatenate([scores for _, scores in users]).mean())
    learnt = {}
    for count in counts:
        start = _starts(found, gram / ratings, count, seed)
        prototypes, shares = _in_turn(known.gram, known.moment, common, penalty, start, rounds)
        mean = shares.mean(axis=0)
        told = float(level - centre @ (mean @ prototypes))
        learnt[count] = Mixtures(prototypes, mean, told, prototypes @ (gram / ratings) @ prototypes.T)
    return learnt


def _starts(found: Floats, gram: Floats, count: int, seed: int) -> Floats:
    """Part users by what they make of images, and return the parts' mean weights."""
    values, axes = np.linalg.eigh(gram)
    root = axes * np.sqrt(np.maximum(values, 0))
    parts = KMeans(count, n_init=4, random_state=seed).fit(found @ root).labels_
    return np.stack(
        [found[parts == part].mean(axis=0) if (parts == part).any() else found[part] for part in range(count)]
    )


def _in_turn(
    gram: Floats, moment: Floats, common: Floats, penalty: Floats, start: Floats, rounds: int
) -> tuple[Floats, Floats]:
    """Return prototypes and the users' mixtures, ``(K, weights)`` and ``(users, K)``."""
    count, size = start.shape
    flat, left = gram.reshape(len(gram), -1), moment - gram @ common
    prototypes = start
    for _ in range(rounds):
        shares = _shares(gram, moment, prototypes)
        together = (shares[:, :, None] * shares[:, None, :]).reshape(len(shares), -1)
        square = (together.T @ flat).reshape(count, count, size, size)
        for own in range(count):
            square[own, own] += penalty
        solved = np.linalg.solve(
            square.transpose(0, 2, 1, 3).reshape(count * size, -1), (shares.T @ left).reshape(count * size)
        )
        prototypes = common + solved.reshape(count, size)
    return prototypes, _shares(gram, moment, prototypes)


def _shares(gram: Floats, moment: Floats, prototypes: Floats) -> Floats:
    """Return every user's mixture, ``(users, K)``."""
    squares, linear = prototypes @ gram @ prototypes.T, moment @ prototypes.T
    return np.stack([in_simplex(square, own) for square, own in zip(squares, linear, strict=True)])
