"""Evaluate how well a linear map reads users' traits from their images, on other users."""

from __future__ import annotations

import numpy as np

from piaa_lightning.simulation.population import Floats, Indices

FOLDS = 10
PENALTIES = tuple(np.logspace(-4, 2, 13))  # times the mean variance of the features


def read_out(rows: Floats, user: Indices, traits: Floats) -> Floats:
    """Predict every user's traits by ridge regression on the others, cross-validated over users.

    The penalty of each trait is chosen on users inside the training folds. What is predicted from a user's rows is
    averaged.

    Args:
        rows: ``(rows, features)``, one or several of each user.
        user: ``(rows,)`` index of the user.
        traits: ``(users, traits)``.

    Returns:
        ``(users, traits)`` deviations from the mean of the users in the training folds. With that mean itself, who
        is high would be predicted low: it is lower without them.
    """
    folds = np.arange(len(traits)) % FOLDS
    predicted = np.empty_like(traits)
    for fold in range(FOLDS):
        inside = folds != fold
        error = np.zeros((len(PENALTIES), traits.shape[1]))
        for inner in set(range(FOLDS)) - {fold}:
            fitted = _fit(rows, user, traits, inside & (folds != inner), folds == inner)
            error += ((fitted - traits[folds == inner]) ** 2).sum(axis=1)
        best = error.argmin(axis=0)
        outside = _fit(rows, user, traits, inside, ~inside)
        predicted[~inside] = outside[best, :, np.arange(traits.shape[1])].T - traits[inside].mean(axis=0)
    return predicted


def _fit(rows: Floats, user: Indices, traits: Floats, known: Indices, unknown: Indices) -> Floats:
    """Fit on the known users' rows with every penalty and predict the unknown ones, ``(penalties, users, traits)``.

    Args:
        rows: ``(rows, features)``.
        user: ``(rows,)``.
        traits: ``(users, traits)``.
        known: ``(users,)`` mask.
        unknown: ``(users,)`` mask.
    """
    x, y = rows[known[user]], traits[user[known[user]]]
    centre, level = x.mean(axis=0), y.mean(axis=0)
    variance, axes = np.linalg.eigh((x - centre).T @ (x - centre) / len(x))
    along = axes.T @ ((x - centre).T @ (y - level)) / len(x)
    who = np.flatnonzero(unknown)
    mean = np.array([rows[user == one].mean(axis=0) for one in who]) - centre  # linear: the mean row's prediction
    ridge = np.array(PENALTIES)[:, None, None] * variance.mean()
    return np.asarray(mean @ axes @ (along / (variance[:, None] + ridge)) + level)
