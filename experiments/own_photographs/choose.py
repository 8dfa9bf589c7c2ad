"""Choose the numbers of the model out of the box, and try those of learnt models, on people of OASIS's sets 1 to 3.

    python experiments/own_photographs/choose.py OASIS [LITE2_WEIGHTS]

Nobody of the fourth set is looked at. Each line of ``chosen.csv`` changes one number of
``piaa_lightning.photos.learning.built_in`` (or of ``piaa_lightning.photos.learn``, learnt on two sets and tried on the
third) and leaves the others as they are: mean SROCC over people without a rating and after some, of which ``mean`` is
what was decided by. ``pretended`` is tried in small folders, where it matters; rules of asking on images that cannot
be asked for (100 of each set, drawn 12 times). The line ``scale`` is that of all variances at which the uncertainty is
right: the mean square of (rating - score) over its variance is 1 there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from oasis import IMAGES, Floats, Numbers, PeopleOfASet, people_of, seen_by, write_rows
from scipy.stats import rankdata

from piaa_lightning.evaluation.support_choice import by_information
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos import learn
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learn import UserRatings, learn_population
from piaa_lightning.photos.learning.built_in import CHOSEN, built_in_model
from piaa_lightning.photos.learning.folder_prior import FolderNumbers, FolderPrior
from piaa_lightning.photos.learning.next_to_rate import asking_order
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.population import PopulationPrior
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.photos.learning.rating_unit import RatingUnit
from piaa_lightning.runtime.files.user_directories import cache_home

SETS, SHOTS, REPEATS = (1, 2, 3), (0, 5, 10, 20, 50, 100), 2
FOLDER, FOLDERS, FEW = 20, 12, 8  # images of a small folder, how many of them, and ratings in each
QUERY = 100  # images that cannot be asked for
BUILT_IN = {
    "slope": (0.2, 0.3, 0.4),
    "slope_variance": (0.02, 0.05, 0.1),
    "feature_variance": (1.0, 2.0, 3.0, 4.0, 6.0),
    "level_variance": (0.2, 0.5, 1.0),
}
PRETENDED = (0.0, 5.0, 10.0, 20.0, 100.0, 1e9)
LEARNT = {
    "COMPONENTS": (64, 96, 128, 192),
    "OWN": (16, 32, 64),
    "RIDGE": (0.4, 0.8, 1.6),
    "CURVED": (0.0, 0.1, 0.2),
    "CROWD_DOUBT": (0.1, 0.3, 0.6),
    "LEVEL": (0.2, 0.5, 1.0),
    "MORE_NOISE": (1.0, 1.2, 1.5),
}
LITE2 = "efficientnet_lite2"


class Judge:
    """Judges processes on the people of one set, all people at once.

    Args:
        people: of the set.
        seen: its images.
    """

    def __init__(self, people: PeopleOfASet, seen: PhotoFeatures) -> None:
        self.people, self.seen = people, seen
        self.units = {
            shots: np.array(
                [
                    [RatingUnit.of(torch.from_numpy(own[order[:shots]])).spread for order in orders[:REPEATS]]
                    for own, orders in zip(people.ratings, people.drawn, strict=True)
                ]
            )
            for shots in SHOTS
        }

    def srocc(self, prior: PopulationPrior) -> list[float]:
        """Return mean SROCC over people for each number of ratings."""
        return [float(np.mean([self._repeat(prior, shots, r)[0] for r in range(REPEATS)])) for shots in SHOTS]

    def calibration(self, prior: PopulationPrior) -> float:
        """Return the mean square of what ratings are off by, over its expected variance."""
        return float(np.mean([self._repeat(prior, shots, 0)[1] for shots in (0, 10, 50)]))

    def _repeat(self, prior: PopulationPrior, shots: int, repeat: int) -> tuple[float, float]:
        process = prior.process(FolderStatistics.of(self.seen))
        images = process.describe(self.seen)
        covariance = process.covariance(images, images).double().numpy()
        expected = images.expected.double().numpy()
        order = self.people.drawn[:, repeat]
        support, query = order[:, :shots], order[:, shots:]
        unit = self.units[shots][:, repeat, None]
        ratings = (np.take_along_axis(self.people.ratings, order, axis=1) - 0.5) / unit
        across = covariance[query[:, :, None], support[:, None, :]]
        noisy = covariance[support[:, :, None], support[:, None, :]] + process.noise * np.eye(shots)
        apart = ratings[:, :shots] - expected[support]
        scores = expected[query] + (across @ np.linalg.solve(noisy, apart[..., None]))[..., 0]
        left = np.diag(covariance)[query] - np.einsum(
            "pqs,psq->pq", across, np.linalg.solve(noisy, across.swapaxes(1, 2))
        )
        told = ratings[:, shots:]
        return float(_srocc(scores, told).mean()), float(((told - scores) ** 2 / (left + process.noise)).mean())


def _srocc(scores: Floats, told: Floats) -> Floats:
    one, other = (rankdata(values, axis=-1) for values in (scores, told))
    one, other = one - one.mean(axis=-1, keepdims=True), other - other.mean(axis=-1, keepdims=True)
    size = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    return np.divide((one * other).sum(axis=-1), size, out=np.zeros(len(size)), where=size > 0)


def small_folders(numbers: FolderNumbers, reference: FolderStatistics, judges: list[Judge]) -> float:
    """Return mean SROCC after a few ratings in folders of a few images."""
    random, found = np.random.default_rng(0), []
    for judge in judges:
        for _ in range(FOLDERS):
            images: Numbers = random.permutation(IMAGES)[:FOLDER]
            people = judge.people
            order = random.permuted(np.tile(np.arange(FOLDER), (len(people.ratings), 1)), axis=1)
            drawn = np.repeat(order[:, None], REPEATS, axis=1)
            part = PeopleOfASet([], people.users, people.ratings[:, images], drawn)
            some = Judge.__new__(Judge)
            some.people, some.seen = part, judge.seen[images.tolist()]
            spreads = [
                [RatingUnit.of(torch.from_numpy(own[o[:FEW]])).spread] * REPEATS
                for own, o in zip(part.ratings, order, strict=True)
            ]
            some.units = {FEW: np.array(spreads)}
            found.append(some._repeat(FolderPrior(numbers, reference, ""), FEW, 0)[0])
    return float(np.mean(found))


def built_in_lines(judges: list[Judge], reference: FolderStatistics) -> Iterator[list[object]]:
    """Try numbers of the model out of the box."""

    def line(key: str, value: float, numbers: FolderNumbers) -> list[object]:
        values = np.mean([judge.srocc(FolderPrior(numbers, reference, "")) for judge in judges], axis=0)
        return ["built-in", key, value, *(f"{v:.4f}" for v in values), f"{values.mean():.4f}"]

    for key, values in BUILT_IN.items():
        for value in values:
            # variances are told in units of the noise's: what the order depends on
            scaled = value if key == "slope" else value * CHOSEN.noise
            yield line(key, value, replace(CHOSEN, **{key: scaled}))
    for value in PRETENDED:
        score = small_folders(replace(CHOSEN, pretended=value), reference, judges)
        yield ["built-in", f"pretended, {FOLDER} images", value, *[""] * len(SHOTS), f"{score:.4f}"]
    unscaled = replace(
        CHOSEN,
        noise=1.0,
        **{
            key: getattr(CHOSEN, key) / CHOSEN.noise for key in ("slope_variance", "feature_variance", "level_variance")
        },
    )
    off = np.mean([judge.calibration(FolderPrior(unscaled, reference, "")) for judge in judges])
    yield ["built-in", "scale", f"{off:.3f}", *[""] * len(SHOTS), ""]


def asking_lines(judges: list[Judge], model: PublishedModel) -> Iterator[list[object]]:
    """Try rules of which image is asked for."""
    rules = ("at random", "information", "information of correlations")
    found: dict[str, list[list[float]]] = {rule: [] for rule in rules}
    for judge in judges:
        process = model.population.process(FolderStatistics.of(judge.seen))
        for repeat in range(FOLDERS):
            drawn: Numbers = np.random.default_rng(repeat).permutation(IMAGES)
            query, pool = drawn[-QUERY:], drawn[:-QUERY]
            some = judge.seen[pool.tolist()]
            images = process.describe(some)
            covariance = process.covariance(images, images).double().numpy()
            orders = (
                np.arange(len(pool)),
                by_information(covariance, process.noise, max(SHOTS)),
                asking_order(process, some, PhotoFeatures.nothing(judge.seen.values.shape[1]), max(SHOTS)),
            )
            for rule, order in zip(rules, orders, strict=True):
                found[rule].append([_asked(judge, model, pool[order[:shots]], query) for shots in SHOTS])
    for rule in rules:
        values = np.mean(found[rule], axis=0)
        yield ["built-in", "asked for", rule, *(f"{v:.4f}" for v in values), f"{values.mean():.4f}"]


def _asked(judge: Judge, model: PublishedModel, support: Numbers, query: Numbers) -> float:
    """Return mean SROCC over people who have all rated the same images."""
    process = model.population.process(FolderStatistics.of(judge.seen))
    values = []
    for ratings in judge.people.ratings:
        personal = PersonalModel(process, judge.seen[support.tolist()], torch.from_numpy(ratings[support]))
        values.append(personal.predict(judge.seen[query.tolist()]).scores.numpy())
    return float(_srocc(np.array(values), judge.people.ratings[:, query]).mean())


def learnt_lines(people: list[PeopleOfASet], seen: list[PhotoFeatures], blocks: list[int]) -> Iterator[list[object]]:
    """Try numbers of learnt models."""
    judges = [Judge(*both) for both in zip(people, seen, strict=True)]

    def line(key: str, value: float) -> list[object]:
        found = []
        for held_out, judge in enumerate(judges):
            others = [number for number in range(len(SETS)) if number != held_out]
            users = [
                UserRatings(np.arange(IMAGES) + IMAGES * place, own)
                for place, number in enumerate(others)
                for own in people[number].ratings
            ]
            prior = learn_population(PhotoFeatures.joined([seen[n] for n in others]), blocks, users, "")
            found.append(judge.srocc(prior))
        values = np.mean(found, axis=0)
        return ["learnt", key, value, *(f"{v:.4f}" for v in values), f"{values.mean():.4f}"]

    for key, values in LEARNT.items():
        before = getattr(learn, key)
        for value in values:
            setattr(learn, key, value)
            yield line(key.lower(), value)
        setattr(learn, key, before)


def main(root: Path, lite2: str | None) -> None:
    """Try everything."""
    torch.set_num_threads(1)
    model = built_in_model()
    assert isinstance(model.population, FolderPrior)
    store = Store(cache_home() / "photos" / "seen.sqlite")
    people = [people_of(root, number) for number in SETS]
    seen = [seen_by(model.networks, store, root, own.files) for own in people]
    lines: list[list[object]] = []
    judges = [Judge(*both) for both in zip(people, seen, strict=True)]
    parts = [built_in_lines(judges, model.population.reference), asking_lines(judges, model)]
    if lite2 is not None:
        told = [*model.networks.description, {**model.networks.description[0], "name": LITE2}]
        weights = {LITE2: lite2}
        backbone = build_backbone([{**one, "weights": weights.get(str(one["name"]), "bundled")} for one in told])
        networks = PhotoNetworks(backbone, told)
        more = [seen_by(networks, store, root, own.files) for own in people]
        parts.append(learnt_lines(people, more, networks.blocks))
    for part in parts:
        for line in part:
            print(*line, flush=True)
            lines.append(line)
    columns = ["model", "number", "value", *(f"SROCC at {shots}" for shots in SHOTS), "mean"]
    write_rows(Path(__file__).parent / "chosen.csv", columns, lines)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
