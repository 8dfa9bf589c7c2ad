"""Learning a population prior from people's ratings of images whose features are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.personalizers.empirical_bayes import learn_prior, sums
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.learnt_prior import LearntNumbers, LearntPrior, fit_components, likeness
from piaa_lightning.photos.learning.rating_unit import SPREAD

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

# Chosen on OASIS's sets 1 to 3 (learnt on two, tried on the third), experiments/own_photographs/choose.py
COMPONENTS, OWN = 128, 32  # for what images are like, and for what a person may like of them
RIDGE = 0.8  # variance of what the crowd says of an image, about k
CURVED, CROWD_DOUBT, LEVEL = 0.1, 0.3, 0.5
MORE_NOISE = 1.2  # for images that people were not asked about
STEPS, CORRELATION_USERS = 20, 10.0  # of EM
FOLDS = 5
SMALLEST_SPREAD = 1e-6
MOST_IMAGES = 2000  # whose mean ratings the crowd's taste stands on; its cost grows with their square

# What is taken for granted where nobody's own ratings are known: those of the prior out of the box, see `built_in`.
ASSUMED_SLOPE, ASSUMED_FEATURES, ASSUMED_LEVEL, ASSUMED_NOISE = 0.013, 0.78, 0.13, 0.26


@dataclass(frozen=True)
class UserRatings:
    """What one user said of images.

    Args:
        images: ``(ratings,)`` numbers of the images.
        scores: ``(ratings,)`` on any scale.
    """

    images: Numbers
    scores: Floats

    def standard(self) -> Floats | None:
        """Return the user's z scores; None where there is no spread."""
        spread = self.scores.std() if len(self.scores) > 1 else 0.0
        return (self.scores - self.scores.mean()) / spread if spread > SMALLEST_SPREAD else None


def learn_population(
    seen: PhotoFeatures, blocks: Sequence[int], users: Sequence[UserRatings], learnt_from: str
) -> LearntPrior:
    """Learn what users have in common, and how they differ.

    The crowd's taste is fitted to the users' mean z scores; how people differ from it is learnt by EM from what each
    says besides what the others say of the same image, see `empirical_bayes.learn_prior`.

    NOTE: where few people rated an image, what the crowd says of it is uncertain by as much (1 / raters is added to the
    ridge), and a user is compared with the others' mean, shrunk by one pretended rater to what the crowd would say of
    the image if it had not been shown.

    Args:
        seen: the training images.
        blocks: how many features each network has.
        users: at least two with ratings that are not all equal; images by their place in ``seen``.
        learnt_from: who they are, for the model card.

    Raises:
        ValueError: fewer than two users whose ratings differ.
    """
    known = [(user.images, z) for user in users if (z := user.standard()) is not None]
    if len(known) < 2:
        raise ValueError("fewer than two users have ratings that differ")
    total, raters = np.zeros(len(seen)), np.zeros(len(seen))
    for images, z in known:
        np.add.at(total, images, z)
        np.add.at(raters, images, 1)
    prior, unseen = _crowd(seen, blocks, total, raters, learnt_from)
    rows = prior.components.of(seen.values).double().numpy()[:, :OWN]
    weighed = np.concatenate([np.ones((len(seen), 1)), (unseen / unseen.std())[:, None], rows], axis=1)
    told = []
    for images, z in known:
        others = (total[images] - z + unseen[images]) / raters[images]
        told.append((weighed[images], z - others))
    found = learn_prior(sums(told), steps=STEPS, correlation_users=CORRELATION_USERS)
    numbers = LearntNumbers(float(unseen.std()), CURVED, CROWD_DOUBT, LEVEL, MORE_NOISE * found.noise)
    return _with(prior, torch.from_numpy(found.covariance).float(), numbers)


def learn_averages(seen: PhotoFeatures, blocks: Sequence[int], averages: Floats, learnt_from: str) -> LearntPrior:
    """Learn the crowd's taste from mean ratings alone; how people differ is taken for granted.

    NOTE: the variances are those of the prior out of the box (`built_in`), its features' part spread over k.

    Args:
        seen: the training images.
        blocks: how many features each network has.
        averages: ``(images,)`` mean ratings in [0, 1].
        learnt_from: what they are, for the model card.
    """
    said = (averages - averages.mean()) / SPREAD
    prior, unseen = _crowd(seen, blocks, said, np.ones(len(seen)), learnt_from)
    own = min(OWN, prior.images.shape[1])
    covariance = torch.diag(torch.tensor([0.0, ASSUMED_SLOPE, *[0.0] * own]))
    # k of an image with itself is 2
    numbers = LearntNumbers(float(unseen.std()), ASSUMED_FEATURES / 2, CROWD_DOUBT, ASSUMED_LEVEL, ASSUMED_NOISE)
    return _with(prior, covariance, numbers)


def _crowd(
    seen: PhotoFeatures, blocks: Sequence[int], total: Floats, raters: Floats, learnt_from: str
) -> tuple[LearntPrior, Floats]:
    """Fit the crowd's taste.

    Returns:
        A prior without a covariance, and ``(images,)`` what it says of images that it was not shown.
    """
    rated = np.flatnonzero(raters)
    # those that most people rated, of these the first: what they say is the surest
    chosen = np.sort(rated[np.argsort(-raters[rated], kind="stable")[:MOST_IMAGES]])
    values = seen.values[torch.from_numpy(chosen)]
    components, images = fit_components(values, blocks, COMPONENTS)
    said = total[chosen] / raters[chosen]
    said = said - said.mean()
    ridge = RIDGE + 1 / raters[chosen]
    prior = LearntPrior(
        components,
        images,
        torch.from_numpy(said).float(),
        torch.from_numpy(ridge).float(),
        torch.zeros(0, 0),
        LearntNumbers(1.0, 0.0, 0.0, 0.0, 1.0),
        learnt_from,
    )
    unseen = np.empty(len(seen))
    for start in range(0, len(seen), 1024):
        unseen[start : start + 1024] = prior.crowd(seen.values[start : start + 1024]).numpy()
    unseen[chosen] = _left_out(images, said, ridge)
    unseen[np.setdiff1d(np.arange(len(seen)), rated)] = 0.0
    return prior, unseen


def _left_out(images: Tensor, said: Floats, ridge: Floats) -> Floats:
    """Return what the crowd would say of each image if a fifth of all, it among them, had not been shown."""
    directions = torch.nn.functional.normalize(images.double(), dim=1)
    covariance = likeness(directions @ directions.T).numpy()
    found = np.empty(len(said))
    fold = np.random.default_rng(0).permutation(len(said)) % FOLDS
    for number in range(FOLDS):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        noisy = covariance[np.ix_(inside, inside)] + np.diag(ridge[inside])
        found[outside] = covariance[np.ix_(outside, inside)] @ np.linalg.solve(noisy, said[inside])
    return found


def _with(prior: LearntPrior, covariance: Tensor, numbers: LearntNumbers) -> LearntPrior:
    return LearntPrior(prior.components, prior.images, prior.said, prior.ridge, covariance, numbers, prior.learnt_from)
