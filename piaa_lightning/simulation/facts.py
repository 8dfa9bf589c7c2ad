"""Facts of the simulated population beside the facts it was made from; no images are drawn for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from piaa_lightning.simulation import flickr_aes, psychoflickr
from piaa_lightning.simulation.latent import draw_image, sample, stream
from piaa_lightning.simulation.population import (
    BIAS_SHARE,
    LEVEL_SHARES,
    NOISE,
    PERSONAL,
    SHARED,
    TRAIT_SHARE,
    TRAITS,
    Floats,
    Indices,
    draw_users,
    expected_rating,
    features,
    liking,
    rate,
    shared_taste,
    thresholds,
)
from piaa_lightning.simulation.readout import read_out


@dataclass(frozen=True)
class Fact:
    """A number of the population.

    Args:
        name: what it is.
        value: in the simulation.
        target: what it was meant to be, and from where; empty where it only follows from the rest.
    """

    name: str
    value: float
    target: str = ""


def crowd_facts(seed: int = 0, users: int = 300, images: int = 900, shown: int = 225) -> list[Fact]:
    """Many raters for every image, as in OASIS: each user rates ``shown`` of the images, and again a year later.

    Args:
        seed: of users and images.
        users: how many.
        images: how many.
        shown: images that one user rates.
    """
    rng = stream(seed, "facts")
    crowd = draw_users(rng, users)
    table = features([sample(rng) for _ in range(images)])
    user = np.repeat(np.arange(users), shown)
    image = np.concatenate([rng.permutation(images)[:shown] for _ in range(users)])
    liked = liking(crowd, table, user, image)
    first, second = (rate(rng, liked, crowd.noise[user], thresholds()) for _ in range(2))
    truth = expected_rating(liked, crowd.noise[user], thresholds())
    others = _others(user, image, first)
    everyone = (table @ shared_taste())[image]
    parts = [np.var(weights @ table.T, axis=-1).mean() for weights in (crowd.shared, crowd.linked, crowd.own)]
    total = sum(parts) + NOISE
    return [
        Fact("share of variance, shared taste", float(parts[0] / total), f"{SHARED:.2f} by construction"),
        Fact("share of variance, linked to traits", float(parts[1] / total), f"{PERSONAL * TRAIT_SHARE:.2f}"),
        Fact("share of variance, own taste", float(parts[2] / total), f"{PERSONAL * (1 - TRAIT_SHARE):.2f}"),
        Fact("share of variance, noise", float(NOISE / total), f"{NOISE:.2f}"),
        Fact("share of variance between people's means", float(np.var(crowd.bias)), f"{BIAS_SHARE:.2f}"),
        Fact("SROCC, mean of many others", _per_user(user, others, first), ".63-.66 in OASIS"),
        Fact("SROCC, the shared taste itself", _per_user(user, everyone, first)),
        Fact("SROCC, the person's ratings repeated", _per_user(user, second, first), ".7-.8, assumption"),
        Fact("SROCC, the person's true taste", _per_user(user, truth, first)),
        Fact("standard deviation between people, many others", _spread(user, others, first), ".15 in OASIS"),
    ]


def flickr_aes_facts(size: str = "demo", seed: int = 0) -> list[Fact]:
    """The embedded FLICKR-AES as a reader would find it."""
    layout, data = flickr_aes.LAYOUTS[size], flickr_aes.simulate(size, seed)
    user, image, score = data.user, data.image, data.score
    test = user < layout.test_users
    shares = np.bincount(score, minlength=6)[1:] / len(score)
    counts = np.bincount(user)
    others = _others(user, image, score)
    known = _known_taste(seed, user[test], image[test], layout.test_users + layout.training_users)
    return [
        *(
            Fact(f"share of ratings {level}", float(share), f"{goal:.2f} in FLICKR-AES")
            for level, share, goal in zip(range(1, 6), shares, LEVEL_SHARES, strict=True)
        ),
        Fact("tied pairs of a test person's ratings", _ties(user[test], score[test]), ".25 in FLICKR-AES"),
        Fact("raters of a picture", len(score) / layout.images, "about 5 in FLICKR-AES"),
        Fact("fewest ratings of a test person", int(counts[: layout.test_users].min()), "112 in FLICKR-AES"),
        Fact("most ratings of a test person", int(counts[: layout.test_users].max()), "180 in FLICKR-AES"),
        Fact("fewest ratings of a training person", int(counts[layout.test_users :].min()), "over 240"),
        Fact(
            "SROCC, mean of the picture's other raters",
            _per_user(user[test], others[test], score[test]),
            ".53, four others in OASIS",
        ),
        *(Fact(f"SROCC, {what}", _per_user(user[test], taste, score[test])) for what, taste in known.items()),
        Fact("SROCC, the person's true taste", _per_user(user[test], data.truth[test], score[test])),
    ]


def psychoflickr_facts(size: str = "demo", seed: int = 0) -> list[Fact]:
    """How well traits can be learnt from the embedded PsychoFlickr by what is linear in an image's true features.

    The simulated traits are what favourites follow from; the attributed ones are in ``traits.csv``.
    """
    layout, data = psychoflickr.LAYOUTS[size], psychoflickr.simulate(size, seed)
    true = draw_users(stream(seed, psychoflickr.NAME, "people"), layout.users).traits
    table = features([draw_image(seed, psychoflickr.NAME, int(number)) for number in data.numbers.ravel()])
    user = np.repeat(np.arange(layout.users), layout.favourites)
    average = table.reshape(layout.users, layout.favourites, -1).mean(axis=1)
    facts = [Fact("SROCC over people, attributed with simulated traits", _per_trait(data.attributed, true))]
    for kind, traits in (("simulated", true), ("attributed", data.attributed)):
        for rows, owner, what in (
            (average, np.arange(layout.users), "a person's mean picture"),
            (table, user, "single pictures, averaged"),
        ):
            value = _per_trait(read_out(rows, owner, traits), traits)
            facts.append(Fact(f"SROCC over people, {kind} traits from {what}", value))
    return facts


def _per_trait(prediction: Floats, traits: Floats) -> float:
    """Mean over the traits of the rank correlation over users."""
    return float(np.mean([spearmanr(prediction[:, n], traits[:, n]).statistic for n in range(len(TRAITS))]))


def _known_taste(seed: int, user: Indices, image: Indices, count: int) -> dict[str, Floats]:
    """What those who know no one's own taste can know of each rating's liking, ``(ratings,)``."""
    users = draw_users(stream(seed, flickr_aes.NAME, "people"), count)
    numbers, row = np.unique(image, return_inverse=True)
    table = features([draw_image(seed, flickr_aes.NAME, int(number)) for number in numbers])[row]
    shared, linked = (np.einsum("rf,rf->r", table, part[user]) for part in (users.shared, users.linked))
    return {"shared taste alone": shared, "shared and trait-linked taste": shared + linked}


def _others(user: Indices, image: Indices, score: Indices) -> Floats:
    """Mean rating of the same image by everybody else, ``(ratings,)``; the middle of the scale where nobody did."""
    count, total = np.bincount(image), np.bincount(image, score)
    rest = count[image] - 1
    return np.where(rest > 0, (total[image] - score) / np.maximum(rest, 1), 3.0)


def _sroccs(user: Indices, prediction: Floats | Indices, score: Indices) -> Floats:
    rows = [user == one for one in np.unique(user)]
    return np.array([spearmanr(prediction[row], score[row]).statistic for row in rows if np.ptp(score[row]) > 0])


def _per_user(user: Indices, prediction: Floats | Indices, score: Indices) -> float:
    return float(_sroccs(user, prediction, score).mean())


def _spread(user: Indices, prediction: Floats | Indices, score: Indices) -> float:
    return float(_sroccs(user, prediction, score).std())


def _ties(user: Indices, score: Indices) -> float:
    """Mean over users of the share of their pairs of ratings that are equal."""
    shares = []
    for one in np.unique(user):
        levels = np.bincount(score[user == one])
        pairs = levels.sum() * (levels.sum() - 1)
        shares.append(float((levels * (levels - 1)).sum() / pairs))
    return float(np.mean(shares))
