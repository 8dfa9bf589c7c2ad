"""Why an image stands where it stands: its score as a sum of what anybody says and what each rating adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.personal_model import ROWS, PersonalModel

REFERENCE = 1000  # images that stand for a larger folder


@dataclass(frozen=True)
class Reason:
    """One image's score as a sum, on a scale from 0 to 1: ``average + anybody + pulls.sum()``.

    Args:
        average: the mean score of the folder.
        anybody: how much more anybody is expected to give this image than the folder's average image.
        pulls: ``(ratings,)`` float64, what each rating adds to this image beyond what it adds to the average one.
        alike: ``(ratings,)`` whether the image is more like the rated one, in the covariance of the process, than the
            folder's average image is.
        own: number of the rating of the image itself; it adds nothing, for the score is judged by the others.
    """

    average: float
    anybody: float
    pulls: Tensor
    alike: Tensor
    own: int | None

    @property
    def score(self) -> float:
        """What the image is expected to get, not held to the scale."""
        return self.average + self.anybody + float(self.pulls.sum())


class Reasons:
    """Takes scores of a folder apart.

    The posterior mean of a Gaussian process is the prior mean plus, for each rated image, a weight times its covariance
    with the image at hand (Rasmussen and Williams, 2006, equation 2.25). Here each of these terms is told less its mean
    over the folder, since that part moves all images and explains no place; the means together are the folder's average
    score. The sum stays what it was.

    NOTE: of a large folder a thousand images, drawn with a fixed seed, stand for all.

    Args:
        personal: whose scores.
        folder: what networks saw in its images; at least one.

    Example:
        >>> import torch
        >>> from piaa_lightning.photos.learning.process import Described, Process
        >>> def describe(seen):
        ...     return Described(seen.score, seen.values, seen.values[:, :0], seen.values[:, :0])
        >>> folder = PhotoFeatures(torch.tensor([[1.0], [-1.0]]), torch.zeros(2))
        >>> fond_of_the_first = PersonalModel(Process(describe, noise=1.0), folder[[0]], torch.tensor([1.0]))
        >>> first, second = Reasons(fond_of_the_first, folder).of(folder)
        >>> first.alike.tolist(), second.alike.tolist(), first.score > second.score
        ([True], [False], True)
    """

    def __init__(self, personal: PersonalModel, folder: PhotoFeatures) -> None:
        self._personal = personal
        some = np.random.default_rng(0).permutation(len(folder))[:REFERENCE]
        expected, across = personal.kernel(folder[some.tolist()])
        self._expected, self._across = expected.mean(), across.mean(dim=0)

    def of(self, seen: PhotoFeatures, own: Sequence[int | None] | None = None) -> Iterator[Reason]:
        """Take the scores of some images apart.

        Args:
            seen: the images.
            own: of each the number of its own rating, which is left out as in `PersonalModel.without_own`; None where
                it was not rated.

        Yields:
            One reason for each.
        """
        numbers = [None] * len(seen) if own is None else list(own)
        usual = self._personal.weights()
        for start in range(0, len(seen), ROWS):
            for number, expected, across in zip(
                numbers[start : start + ROWS], *self._personal.kernel(seen[start : start + ROWS]), strict=True
            ):
                weights = usual if number is None else self._personal.weights(number)
                beyond = across - self._across
                yield Reason(
                    float(self._expected + self._across @ weights),
                    float(expected - self._expected),
                    beyond * weights,
                    beyond > 0,
                    number,
                )
