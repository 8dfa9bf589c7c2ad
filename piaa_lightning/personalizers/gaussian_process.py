"""A Gaussian process on what the generic score leaves of people's ratings, its kernel learnt from training people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.features import Floats, picture_features
from piaa_lightning.personalizers.gaussian import GaussianPersonalizer
from piaa_lightning.personalizers.hierarchical import training_ratings
from piaa_lightning.personalizers.personalizer import Ground

# Where the search for the greatest likelihood starts, in the unit of scores; distances are in units of typical ones.
START = {"offset": 0.1, "slope": 0.3, "linear": 0.05, "rbf": 0.05, "length": 1.0, "noise": 0.2}
NAMES = tuple(START)


def kernel(rows: Tensor, others: Tensor, generic: Tensor, other: Tensor, of: Mapping[str, Tensor | float]) -> Tensor:
    """offset^2 + slope^2 g g' + linear^2 x'x / d + rbf^2 exp(-|x - x'|^2 / (2 d length^2)).

    People differ in their level, in how much they follow the generic score, in what they like linearly, and in what
    they like in pictures near each other.

    Args:
        rows: ``(..., n, d)`` features x, of mean square 1.
        others: ``(..., m, d)``.
        generic: ``(..., n)`` generic scores g less their level.
        other: ``(..., m)``.
        of: standard deviations of the four terms and the length, by name.

    Returns:
        ``(..., n, m)``.
    """
    size = rows.shape[-1]
    inner = rows @ others.transpose(-1, -2) / size
    slope = generic[..., :, None] * other[..., None, :]
    return of["offset"] ** 2 + of["slope"] ** 2 * slope + of["linear"] ** 2 * inner + near(rows, others, of)


def near(rows: Tensor, others: Tensor, of: Mapping[str, Tensor | float]) -> Tensor:
    """Return the last term of `kernel` alone."""
    size = rows.shape[-1]
    own, theirs = (values.square().sum(-1) / size for values in (rows, others))
    distance = (own[..., :, None] + theirs[..., None, :] - 2 * (rows @ others.transpose(-1, -2)) / size).clamp(min=0)
    return of["rbf"] ** 2 * (-distance / (2 * of["length"] ** 2)).exp()


def learn_kernel(
    people: Sequence[tuple[Floats, Floats, Floats]], start: Mapping[str, float] = START
) -> dict[str, float]:
    """Find the standard deviations and the length under which people's ratings are most likely.

    Args:
        people: of each, ``(n, d)`` features, ``(n,)`` generic scores less their level, and ``(n,)`` residuals.
        start: where the search starts.

    Returns:
        Values by the names of `START`; ``noise`` is the standard deviation of one rating.
    """
    longest = max(len(residuals) for _, _, residuals in people)
    size = people[0][0].shape[1]
    rows, generic = torch.zeros(len(people), longest, size).double(), torch.zeros(len(people), longest).double()
    residuals, there = torch.zeros_like(generic), torch.zeros_like(generic)
    for number, parts in enumerate(people):
        count = len(parts[2])
        for whole, part in zip((rows, generic, residuals), parts, strict=True):
            whole[number, :count] = torch.from_numpy(part)
        there[number, :count] = 1
    # a row that is not there is a picture of its own with variance 1 and residual 0: it adds nothing
    pairs, blank = there[:, :, None] * there[:, None, :], torch.diag_embed(1 - there)
    ratings = float(there.sum())

    def cost(logs: Floats) -> tuple[float, Floats]:
        parameters = torch.tensor(logs, requires_grad=True)
        of = dict(zip(NAMES, parameters.exp(), strict=True))
        covariance = pairs * kernel(rows, rows, generic, generic, of)
        covariance = covariance + torch.diag_embed(there * of["noise"] ** 2) + blank
        half = torch.linalg.cholesky(covariance)
        white = torch.linalg.solve_triangular(half, residuals[..., None], upper=False)
        likely = -0.5 * white.square().sum() - half.diagonal(dim1=-2, dim2=-1).log().sum()
        (gradient,) = torch.autograd.grad(-likely / ratings, parameters)
        return float(-likely.detach() / ratings), gradient.numpy()

    bounds = [(np.log(1e-3), np.log(1e2))] * len(NAMES)  # a term that is not needed goes to nearly nothing
    with torch.inference_mode(False), torch.enable_grad():
        found = minimize(cost, np.log([start[name] for name in NAMES]), jac=True, method="L-BFGS-B", bounds=bounds)
    return {name: float(np.exp(value)) for name, value in zip(NAMES, found.x, strict=True)}


class GaussianProcess(GaussianPersonalizer):
    """s_u = generic score + level + a draw of a Gaussian process with linear and RBF kernels.

    Args:
        widths: candidate factors of the covariance, see `GaussianPersonalizer`.
        kernel: standard deviations and length by the names of `START`; None takes those under which the training
            people's ratings are most likely.
        components: at most so many principal components of the prior's features are used; None takes all features.
        people: at most so many training people are asked for the kernel.
        ratings: at most so many ratings of each; the cost grows with their cube.

    Raises:
        UserError: a kernel that lacks a name, or a count below 2.
    """

    def __init__(
        self,
        widths: Sequence[float] = (1.0,),
        kernel: Mapping[str, float] | None = None,
        components: int | None = 32,
        people: int = 150,
        ratings: int = 60,
    ) -> None:
        super().__init__(widths)
        if kernel is not None and (set(kernel) != set(NAMES) or min(kernel.values()) <= 0):
            raise UserError(f"personalizer.kernel: give a number above 0 for each of {', '.join(NAMES)}, or null.")
        if people < 2 or ratings < 2:  # noqa: PLR2004
            raise UserError("personalizer: give people and ratings from 2.")
        self.kernel = None if kernel is None else {name: float(value) for name, value in kernel.items()}
        self.components = components
        self.people, self.ratings = people, ratings

    def prepare(self, ground: Ground) -> None:
        """Learn the kernel from the training people, where it is not given.

        Raises:
            LeftOutError: it is not given, and fewer than two training people have ratings.
        """
        self.features = picture_features(ground, self.components)
        self.level = 0.0
        self.learnt = self.kernel or self._learnt(ground)
        self.noise = self.learnt["noise"] ** 2

    def _learnt(self, ground: Ground) -> dict[str, float]:
        _, told = training_ratings(ground, 2)
        chosen = [told[number] for number in spread_out(len(told), self.people)]
        apart = [scores - self.features.scores(images) for images, scores in chosen]
        self.level = float(np.mean([residuals.mean() for residuals in apart]))
        people = []
        for (images, _), residuals in zip(chosen, apart, strict=True):
            some = spread_out(len(images), self.ratings)
            people.append((self.features.rows(images[some]), self._slopes(images[some]), residuals[some] - self.level))
        return learn_kernel(people)

    def _slopes(self, images: Indices) -> Floats:
        return self.features.scores(images) - self.features.level

    def mean(self, user: int, images: Indices) -> Floats:
        """Return the generic scores, at the level of training people."""
        return self.features.scores(images) + self.level

    def nearness(self, images: Indices, others: Indices) -> Floats:
        """Return the RBF term of the learnt kernel."""
        with torch.no_grad():
            found: Floats = near(*self._rows(images, others), self.learnt).numpy()
        return found

    def _rows(self, images: Indices, others: Indices) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(self.features.rows(images)), torch.from_numpy(self.features.rows(others))

    def covariance(self, images: Indices, others: Indices) -> Floats:
        """Return the learnt kernel."""
        parts = self._rows(images, others)
        slopes = [torch.from_numpy(self._slopes(which)) for which in (images, others)]
        with torch.no_grad():
            found: Floats = kernel(*parts, *slopes, self.learnt).numpy()
        return found


def spread_out(count: int, most: int) -> Indices:
    """Return at most so many of ``count`` places, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
