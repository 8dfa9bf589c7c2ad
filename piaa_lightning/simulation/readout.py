"""How well people's traits can be read from their pictures by a linear map, judged on people it was not fitted to."""

from __future__ import annotations

import numpy as np

from piaa_lightning.simulation.population import Floats, Indices

FOLDS = 10
PENALTIES = tuple(np.logspace(-4, 2, 13))  # times the mean variance of the features


def read_out(rows: Floats, person: Indices, traits: Floats) -> Floats:
    """Predict every person's traits by ridge regression on the others, cross-validated over people.

    The penalty of each trait is chosen on people inside the training folds. What is predicted from a person's rows is
    averaged.

    Args:
        rows: ``(rows, features)``, one or several of each person.
        person: ``(rows,)`` index of the person.
        traits: ``(people, traits)``.

    Returns:
        ``(people, traits)`` deviations from the mean of the people in the training folds. With that mean itself, who
        is high would be predicted low: it is lower without them.
    """
    folds = np.arange(len(traits)) % FOLDS
    predicted = np.empty_like(traits)
    for fold in range(FOLDS):
        inside = folds != fold
        error = np.zeros((len(PENALTIES), traits.shape[1]))
        for inner in set(range(FOLDS)) - {fold}:
            fitted = _fit(rows, person, traits, inside & (folds != inner), folds == inner)
            error += ((fitted - traits[folds == inner]) ** 2).sum(axis=1)
        best = error.argmin(axis=0)
        outside = _fit(rows, person, traits, inside, ~inside)
        predicted[~inside] = outside[best, :, np.arange(traits.shape[1])].T - traits[inside].mean(axis=0)
    return predicted


def _fit(rows: Floats, person: Indices, traits: Floats, known: Indices, unknown: Indices) -> Floats:
    """Fit on the known people's rows with every penalty and predict the unknown ones, ``(penalties, people, traits)``.

    Args:
        rows: ``(rows, features)``.
        person: ``(rows,)``.
        traits: ``(people, traits)``.
        known: ``(people,)`` mask.
        unknown: ``(people,)`` mask.
    """
    x, y = rows[known[person]], traits[person[known[person]]]
    centre, level = x.mean(axis=0), y.mean(axis=0)
    variance, axes = np.linalg.eigh((x - centre).T @ (x - centre) / len(x))
    along = axes.T @ ((x - centre).T @ (y - level)) / len(x)
    who = np.flatnonzero(unknown)
    mean = np.array([rows[person == one].mean(axis=0) for one in who]) - centre  # linear: the mean row's prediction
    ridge = np.array(PENALTIES)[:, None, None] * variance.mean()
    return np.asarray(mean @ axes @ (along / (variance[:, None] + ridge)) + level)
