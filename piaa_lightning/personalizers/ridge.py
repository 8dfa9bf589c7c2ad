"""Ridge regression on frozen features, fitted to what the generic score leaves of one user's ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.features import Floats, OnFeatures, image_features
from piaa_lightning.personalizers.generic_affine import LEAST_SLOPE
from piaa_lightning.personalizers.own_images import network_of
from piaa_lightning.personalizers.personalizer import FitContext, Scorer, Settings, Support

CALIBRATIONS = ("offset", "affine")
CHOICES = ("validation", "leave_one_out")


@dataclass(frozen=True)
class Decomposed:
    """Ridge regression with a free offset under every penalty, from one singular value decomposition.

    The decomposition is of ``(shots, features)``, so that its cost is that of the smaller of primal and dual.

    NOTE: with squared loss, regression on all pairs' differences is this very fit (the offset cancels), so that there
    is no pairwise variant of its own.

    Args:
        centre: ``(features,)`` mean of the rows.
        level: mean of the targets.
        left: ``(shots, r)`` left singular vectors.
        values: ``(r,)`` singular values.
        right: ``(r, features)`` right singular vectors.
        targets: ``(shots,)`` less their mean.
    """

    centre: Floats
    level: float
    left: Floats
    values: Floats
    right: Floats
    targets: Floats

    def weights(self, penalty: float) -> Floats:
        """Return ``(features,)``: argmin |t - Xw|^2 + penalty |w|^2, with X and t less their means."""
        return self.right.T @ (self._kept(penalty) * (self.left.T @ self.targets))

    def _kept(self, penalty: float) -> Floats:
        bottom = np.square(self.values) + penalty
        return np.divide(self.values, bottom, out=np.zeros_like(bottom), where=bottom > 0)

    def left_out_error(self, penalty: float) -> float:
        """Mean square of the error on each row when it is left out, in closed form: e_i / (1 - H_ii).

        Source: Allen, "The relationship between variable selection and data augmentation and a method for
        prediction", Technometrics 1974 (PRESS). Infinite where a row determines its own fit.
        """
        share = self._kept(penalty) * self.values
        error = self.targets - self.left @ (share * (self.left.T @ self.targets))
        free = 1 - 1 / len(error) - np.square(self.left) @ share
        if (free <= 1e-9).any():
            return float("inf")
        return float(np.mean(np.square(error / free)))


def decompose(rows: Floats, targets: Floats) -> Decomposed:
    """Decompose ``(shots, features)`` rows for the regression of ``(shots,)`` targets."""
    centre, level = rows.mean(axis=0), float(targets.mean())
    left, values, right = np.linalg.svd(rows - centre, full_matrices=False)
    return Decomposed(centre, level, left, values, right, targets - level)


class Ridge(OnFeatures):
    """Ridge regression of one user's residuals from the generic score, on frozen features.

    A user whose ratings are all equal is scored as everybody, generically.

    Args:
        model: trained to score images, a LightningModule or its network.
        penalties: candidate penalties, in units of the mean square length of a training image's features.
        choice: by whom the penalty is chosen: ``validation`` users, one for all, or ``leave_one_out`` on the user's
            own ratings.
        calibrations: candidate scales of the generic score, chosen on validation users: the user's ``offset``, or
            ``affine`` with a slope of the user's own.
        components: at most so many principal components of the prior's features are used; None takes all features.

    Raises:
        UserError: an unknown choice or calibration, or no or a negative penalty.
    """

    def __init__(
        self,
        model: object = None,
        penalties: Sequence[float] = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0),
        choice: str = "validation",
        calibrations: Sequence[str] = CALIBRATIONS,
        components: int | None = 32,
    ) -> None:
        self.model = network_of(model)
        self.penalties = [float(penalty) for penalty in penalties]
        if not self.penalties or min(self.penalties) < 0:
            raise ArgumentError("penalties", "give at least one, none below 0.", self.penalties)
        if choice not in CHOICES:
            raise ArgumentError("choice", f"choose one of {', '.join(CHOICES)}.", choice)
        if not calibrations or set(calibrations) - set(CALIBRATIONS):
            raise ArgumentError("calibrations", f"choose from {', '.join(CALIBRATIONS)}.", list(calibrations))
        self.choice = choice
        self.calibrations = list(calibrations)
        self.components = components

    def prepare(self, context: FitContext) -> None:
        """Take the features."""
        self.features = image_features(context, self.components)
        self.length = float(self.features.values.shape[1])  # features have mean square 1

    def candidates(self) -> Sequence[Settings]:
        """Return calibrations, with every penalty where validation users choose it."""
        if self.choice == "leave_one_out":
            return [{"calibration": calibration} for calibration in self.calibrations]
        return [
            {"calibration": calibration, "penalty": penalty}
            for calibration, penalty in product(self.calibrations, self.penalties)
        ]

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Keep the support; images are scored in closed form."""
        return lambda images: self.trace(support, images, [settings])[0]

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Score under every candidate with one decomposition per calibration."""
        if np.ptp(support.scores) == 0:
            return [self.features.generic[images]] * len(candidates)
        rows, wanted = self.features.rows(support.images), self.features.rows(images)
        generic, shown = self.features.scores(support.images), self.features.scores(images)
        own = support.scores.astype(np.float64)
        slopes = {"offset": 1.0, "affine": _slope(generic, own)}
        solved = {name: decompose(rows, own - slopes[name] * generic) for name in self.calibrations}
        found = []
        for settings in candidates:
            name = str(settings["calibration"])
            penalty = float(settings["penalty"]) if "penalty" in settings else self._own_penalty(solved[name])
            fit = solved[name]
            added = (wanted - fit.centre) @ fit.weights(penalty * self.length)
            found.append(slopes[name] * shown + fit.level + added)
        return found  # type: ignore[return-value]  # float64, so that distinct scores stay so

    def _own_penalty(self, solved: Decomposed) -> float:
        errors = [solved.left_out_error(penalty * self.length) for penalty in self.penalties]
        best = int(np.argmin(errors))
        return self.penalties[best] if np.isfinite(errors[best]) else max(self.penalties)


def _slope(generic: Floats, own: Floats) -> float:
    """Slope of a user's ratings over the generic score by least squares, kept positive."""
    spread = generic - generic.mean()
    power = float(spread @ spread)
    return max(float(spread @ own) / power, LEAST_SLOPE) if power > 0 else 1.0
