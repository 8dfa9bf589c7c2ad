"""One simulated population: how much each user likes each image, and how they say it on a scale.

The generator was set once from published and measured facts, before any method was run on its data; each constant
names its fact, or says that it is an assumption. A user's liking of an image, in standard units, is::

    liking = bias + spread * (shared taste + trait-linked taste + own taste);  rating = level(liking + spread * noise)

where each taste is linear in the same features of an image: its attributes, their squares, its category, and a few
hidden values that images do not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from piaa_lightning.simulation.latent import ATTRIBUTES, CATEGORIES, HIDDEN, Latent, attribute_table

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# Shares of 1, 2, .. 5 among FLICKR-AES's ratings.
LEVEL_SHARES = (0.10, 0.24, 0.30, 0.24, 0.12)

# How the variance of one user's ratings divides. The mean of a hundred and more other raters predicts one user's
# beauty ratings of the OASIS images at .63-.66 mean SROCC (Brielmann & Pelli 2019; our count: .633), which after
# cutting to five levels takes a shared part of half. Ratings repeated by the same user correlate about .7-.8
# (assumption, the range usual for aesthetic ratings), which after the same cutting leaves a fifth for noise.
# The remaining third is personal and repeatable, somewhat less than the shared part: for images of scenes users
# agree more than for faces or art, where the two are about equal (assumption).
SHARED, PERSONAL, NOISE = 0.50, 0.31, 0.19
TRAIT_SHARE = 1 / 3  # of the personal part; assumption: traits matter, but most of a user's taste is not in them
HIDDEN_SHARE = 0.10  # of shared and personal taste alike; assumption: an image's story and memories are not its pixels
CATEGORY_SHARE = 0.5  # of visible personal taste; assumption: what is shown counts as much as how it is shown

# 25 % of the pairs of one FLICKR-AES user's ratings are tied, against 23 % of pairs across users: users differ a
# little in their means and their use of the scale. OASIS: means .14 of all variance, spreads vary by .21 of themselves;
# FLICKR-AES's ties leave room for about half of that share of means.
BIAS_SHARE = 0.07  # of the variance of all ratings lies between users' means
SPREAD_VARIATION = 0.2  # standard deviation of the logarithm of a user's spread

# Users go along with the crowd to different degrees: the slopes of OASIS raters on the mean of the others have a
# standard deviation of .33, of which sampling explains .08 and chance alignment of personal with shared taste about .2.
AGREEMENT_VARIATION = 0.25

TRAITS = ("O", "C", "E", "A", "N")
REFERENCE_SEED = 4  # of the sample that fixes the thresholds
TRAIT_MAP_SEED = 5  # the map from traits to taste is arbitrary but always the same: no source gives its numbers

# What most photographers say: vivid but not garish, contrast, neither dark nor washed out, the subject on a third,
# some symmetry, a blurred background, hues that agree, little clutter. Only the proportions matter.
SHARED_LINEAR = {
    "colourfulness": 0.35,
    "contrast": 0.30,
    "brightness": 0.10,
    "thirds": 0.30,
    "symmetry": 0.15,
    "depth": 0.35,
    "harmony": 0.40,
    "clutter": -0.45,
}
SHARED_SQUARES = {"colourfulness": -0.20, "contrast": -0.15, "brightness": -0.35, "clutter": 0.0}
SHARED_CATEGORIES = {
    "sea": 0.45,
    "mountain": 0.40,
    "forest": 0.20,
    "desert": 0.10,
    "city": -0.30,
    "night": 0.05,
    "flower": 0.30,
    "animal": 0.20,
    "person": -0.10,
    "food": -0.35,
}
SQUARED = tuple(ATTRIBUTES.index(name) for name in SHARED_SQUARES)


@dataclass(frozen=True)
class Users:
    """Simulated users.

    Args:
        traits: ``(users, 5)`` standard normal O, C, E, A, N, independent: what one trait does can then be told from
            what another does; real inventories correlate by up to about .4.
        shared: ``(users, features)`` weights that all have in common, up to a factor.
        linked: ``(users, features)`` weights that follow from the traits.
        own: ``(users, features)`` weights of one's own.
        bias: ``(users,)`` mean liking, in standard units of all ratings.
        spread: ``(users,)`` standard deviation of likings and noise together.
    """

    traits: Floats
    shared: Floats
    linked: Floats
    own: Floats
    bias: Floats
    spread: Floats

    def __len__(self) -> int:
        """Number of users."""
        return len(self.bias)

    @property
    def weights(self) -> Floats:
        """``(users, features)`` all taste together."""
        return self.shared + self.linked + self.own

    @property
    def noise(self) -> Floats:
        """``(users,)`` standard deviation of what differs when the same user rates the same image again."""
        return np.asarray(self.spread * np.sqrt(NOISE))


def features(latents: Sequence[Latent]) -> Floats:
    """What taste is linear in, ``(images, features)``, scaled so that weights ``w`` give taste of variance sum(w^2).

    Attributes ``a`` are uniform on [0, 1]: ``a`` has the variance 1/12, ``(a - 1/2)^2`` has 1/180, and the two are
    uncorrelated. Category columns have this scale for weights that sum to zero over the categories, as all here do.
    """
    category = np.array([latent.category for latent in latents], dtype=np.int64)
    hidden = np.array([latent.hidden for latent in latents], dtype=np.float64).reshape(-1, HIDDEN)
    return _feature_table(attribute_table(list(latents)), category, hidden)


def _feature_table(attributes: Floats, category: Indices, hidden: Floats) -> Floats:
    linear = (attributes - 0.5) * np.sqrt(12)
    squares = ((attributes[:, SQUARED] - 0.5) ** 2 - 1 / 12) * np.sqrt(180)
    one_hot = np.sqrt(len(CATEGORIES)) * np.eye(len(CATEGORIES))[category]
    return np.concatenate([linear, squares, one_hot, hidden], axis=1)


def draw_users(rng: np.random.Generator, count: int) -> Users:
    """Draw users from the one population."""
    traits = rng.standard_normal((count, len(TRAITS)))
    trait_map = _random_taste(np.random.default_rng(TRAIT_MAP_SEED), len(TRAITS)) / np.sqrt(len(TRAITS))
    spread = np.exp(SPREAD_VARIATION * rng.standard_normal(count))
    agreement = 1 + AGREEMENT_VARIATION * rng.standard_normal((count, 1))
    return Users(
        traits=traits,
        shared=np.sqrt(SHARED / (1 + AGREEMENT_VARIATION**2)) * agreement * shared_taste(),
        linked=np.sqrt(PERSONAL * TRAIT_SHARE) * traits @ trait_map,
        own=np.sqrt(PERSONAL * (1 - TRAIT_SHARE)) * _random_taste(rng, count),
        bias=np.sqrt(BIAS_SHARE) * rng.standard_normal(count),
        spread=np.sqrt(1 - BIAS_SHARE) * spread / np.exp(SPREAD_VARIATION**2),
    )


def liking(users: Users, table: Floats, user: Indices, image: Indices) -> Floats:
    """Noise-free liking ``(ratings,)`` of images by users.

    Args:
        users: the users.
        table: ``(images, features)`` from ``features``.
        user: ``(ratings,)`` index into users.
        image: ``(ratings,)`` index into images.
    """
    weights = users.weights
    taste = np.empty(len(user))
    for start in range(0, len(user), 65536):  # bounded memory at the published sizes
        rows = slice(start, start + 65536)
        taste[rows] = np.einsum("rf,rf->r", weights[user[rows]], table[image[rows]])
    return np.asarray(users.bias[user] + users.spread[user] * taste)


@cache
def thresholds() -> Floats:
    """Likings at which the rating steps up, ``(4,)``: the ``LEVEL_SHARES`` quantiles of what the population feels."""
    rng, count = np.random.default_rng(REFERENCE_SEED), 40000
    category = rng.integers(len(CATEGORIES), size=count)
    table = _feature_table(rng.random((count, len(ATTRIBUTES))), category, rng.standard_normal((count, HIDDEN)))
    users = draw_users(rng, count // 4)
    user = np.arange(count) % len(users)
    felt = liking(users, table, user, np.arange(count)) + users.noise[user] * rng.standard_normal(count)
    return np.asarray(np.quantile(felt, np.cumsum(LEVEL_SHARES)[:-1]))


def rate(rng: np.random.Generator, liked: Floats, noise: Floats, steps: Floats) -> NDArray[np.int64]:
    """Ratings 1, 2, .. for noise-free likings, the noise's standard deviation and the steps, shapes broadcast."""
    felt = liked + noise * rng.standard_normal(np.broadcast_shapes(liked.shape, noise.shape))
    return np.searchsorted(steps, felt, side="right") + 1


def expected_rating(liked: Floats, noise: Floats, steps: Floats) -> Floats:
    """Mean of infinitely many ratings of the same image by the same user, between 1 and the number of levels.

    It rises strictly with a user's liking, so it ranks images as the liking does, on the scale of the ratings.
    """
    return np.asarray(1 + ndtr((liked[..., None] - steps) / noise[..., None]).sum(-1))


def _normalise(weights: Floats, share: float) -> Floats:
    """Scale weights, last axis, to features of variance ``share`` in the mean over rows."""
    return np.asarray(weights * np.sqrt(share / np.mean(np.sum(weights**2, axis=-1))))


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=-1, keepdims=True))


def shared_taste() -> Floats:
    """Weights ``(features,)`` of what users like alike, of unit variance over images."""
    style = np.array([*SHARED_LINEAR.values(), *SHARED_SQUARES.values()])
    content = _centred(np.array([SHARED_CATEGORIES[name] for name in CATEGORIES]))
    visible = _normalise(np.concatenate([style, content]), 1 - HIDDEN_SHARE)
    hidden = np.eye(HIDDEN)[0] * np.sqrt(HIDDEN_SHARE)
    return np.concatenate([visible, hidden])


def _random_taste(rng: np.random.Generator, count: int) -> Floats:
    """Random weights ``(count, features)`` of unit variance over images in the mean over rows."""
    style = rng.standard_normal((count, len(ATTRIBUTES) + len(SQUARED)))
    content = _centred(rng.standard_normal((count, len(CATEGORIES))))
    hidden = rng.standard_normal((count, HIDDEN))
    hidden[:, 0] = 0  # the first hidden value is what all like alike
    return np.concatenate(
        [
            _normalise(style, (1 - HIDDEN_SHARE) * (1 - CATEGORY_SHARE)),
            _normalise(content, (1 - HIDDEN_SHARE) * CATEGORY_SHARE),
            _normalise(hidden, HIDDEN_SHARE),
        ],
        axis=1,
    )
