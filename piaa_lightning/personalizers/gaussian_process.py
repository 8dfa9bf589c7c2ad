"""A Gaussian process on what the generic score leaves of users' ratings, its kernel learnt from training users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.features import Floats, image_features
from piaa_lightning.personalizers.gaussian import GaussianPersonalizer
from piaa_lightning.personalizers.hierarchical import training_ratings
from piaa_lightning.personalizers.personalizer import FitContext

# Where the search for the greatest likelihood starts, in the unit of scores; distances are in units of typical ones.
START = {"offset": 0.1, "slope": 0.3, "linear": 0.05, "rbf": 0.05, "length": 1.0, "noise": 0.2}
NAMES = tuple(START)


def kernel(rows: Tensor, others: Tensor, generic: Tensor, other: Tensor, of: Mapping[str, Tensor | float]) -> Tensor:
    """offset^2 + slope^2 g g' + linear^2 x'x / d + rbf^2 exp(-|x - x'|^2 / (2 d length^2)).

    Users differ in their level, in how much they follow the generic score, in what they like linearly, and in what
    they like in images near each other.

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
    users: Sequence[tuple[Floats, Floats, Floats]], start: Mapping[str, float] = START
) -> dict[str, float]:
    """Find the standard deviations and the length under which users' ratings are most likely.

    Args:
        users: of each, ``(n, d)`` features, ``(n,)`` generic scores less their level, and ``(n,)`` residuals.
        start: where the search starts.

    Returns:
        Values by the names of `START`; ``noise`` is the standard deviation of one rating.
    """
    longest = max(len(residuals) for _, _, residuals in users)
    size = users[0][0].shape[1]
    rows, generic = torch.zeros(len(users), longest, size).double(), torch.zeros(len(users), longest).double()
    residuals, there = torch.zeros_like(generic), torch.zeros_like(generic)
    for number, parts in enumerate(users):
        count = len(parts[2])
        for whole, part in zip((rows, generic, residuals), parts, strict=True):
            whole[number, :count] = torch.from_numpy(part)
        there[number, :count] = 1
    # a row that is not there is an image of its own with variance 1 and residual 0: it adds nothing
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
        model: see `GaussianPersonalizer`.
        prior_variances: candidate factors of the covariance, see `GaussianPersonalizer`.
        kernel: standard deviations and length by the names of `START`; None takes those under which the training
            users' ratings are most likely.
        components: at most so many principal components of the prior's features are used; None takes all features.
        users: at most so many training users are asked for the kernel.
        ratings: at most so many ratings of each; the cost grows with their cube.

    Raises:
        UserError: a kernel that lacks a name, or a count below 2.
    """

    def __init__(
        self,
        model: object = None,
        prior_variances: Sequence[float] = (1.0,),
        kernel: Mapping[str, float] | None = None,
        components: int | None = 32,
        users: int = 150,
        ratings: int = 60,
    ) -> None:
        super().__init__(model, prior_variances)
        if kernel is not None and (set(kernel) != set(NAMES) or min(kernel.values()) <= 0):
            raise ArgumentError("kernel", f"give a number above 0 for each of {', '.join(NAMES)}, or null.")
        for name, count in (("users", users), ("ratings", ratings)):
            if count < 2:
                raise ArgumentError(name, "give 2 or more.", count)
        self.kernel = None if kernel is None else {name: float(value) for name, value in kernel.items()}
        self.components = components
        self.users, self.ratings = users, ratings

    def prepare(self, context: FitContext) -> None:
        """Learn the kernel from the training users, where it is not given.

        Raises:
            LeftOutError: it is not given, and fewer than two training users have ratings.
        """
        self.features = image_features(context, self.components)
        self.level = 0.0
        self.learnt = self.kernel or self._learnt(context)
        self.noise = self.learnt["noise"] ** 2

    def _learnt(self, context: FitContext) -> dict[str, float]:
        _, told = training_ratings(context, 2)
        chosen = [told[number] for number in spread_out(len(told), self.users)]
        apart = [scores - self.features.scores(images) for images, scores in chosen]
        self.level = float(np.mean([residuals.mean() for residuals in apart]))
        users = []
        for (images, _), residuals in zip(chosen, apart, strict=True):
            some = spread_out(len(images), self.ratings)
            users.append((self.features.rows(images[some]), self._slopes(images[some]), residuals[some] - self.level))
        return learn_kernel(users)

    def _slopes(self, images: Indices) -> Floats:
        return self.features.scores(images) - self.features.level

    def mean(self, user: int, images: Indices) -> Floats:
        """Return the generic scores, at the level of training users."""
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
        slopes, other = (torch.from_numpy(self._slopes(which)) for which in (images, others))
        with torch.no_grad():
            found: Floats = kernel(*self._rows(images, others), slopes, other, self.learnt).numpy()
        return found


def spread_out(count: int, most: int) -> Indices:
    """Return at most so many of ``count`` places, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
