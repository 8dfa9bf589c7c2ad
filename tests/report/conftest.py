"""What tests of figures share: reading one back, and evaluations made by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitEvaluation


@pytest.fixture
def words():
    """The texts of a figure, which matplotlib leaves as comments beside their outlines."""

    def read(svg: str) -> list[str]:
        parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
        tree = ElementTree.fromstring(svg, parser=parser)
        return [element.text.strip() for element in tree.iter() if element.tag is ElementTree.Comment]

    return read


@pytest.fixture
def image():
    """An image for any id or number."""

    def draw(key: str | int) -> np.ndarray:
        rng = np.random.default_rng(len(str(key)))
        return rng.integers(0, 256, (30, 45, 3), dtype=np.uint8)

    return draw


@pytest.fixture
def image_evaluation():
    """What a network said about images whose votes were drawn; ``levels`` bins."""

    def make(method: str = "PA_IAA", images: int = 40, levels: int = 10, seed: int = 0) -> ImageEvaluation:
        rng = np.random.default_rng(1)
        votes = rng.dirichlet(np.ones(levels), images)
        said = np.random.default_rng(seed + 2).dirichlet(np.ones(levels), images)
        unit = np.linspace(0, 1, levels)
        ids = np.array([f"p{number:02}" for number in range(images)])
        return ImageEvaluation(method, "densenet121", "ava, embedded tiny", ids, votes @ unit, said @ unit, votes, said)

    return make


@pytest.fixture
def trait_evaluation():
    """What a network said about users who each like six images."""

    def make(
        method: str = "PA_IAA", count: int = 12, names: tuple[str, ...] = tuple("OCEAN"), seed: int = 0
    ) -> TraitEvaluation:
        rng = np.random.default_rng(seed)
        users = np.repeat(np.arange(count), 6)
        said = rng.uniform(-1, 1, (len(users), len(names)))
        means = np.stack([said[users == user].mean(axis=0) for user in range(count)])
        traits = np.random.default_rng(1).uniform(-1, 1, (count, len(names)))
        liked = Likes(np.arange(len(users)) % (5 * count), users, said)
        ids = tuple(f"{number:012x}" for number in range(count))
        return TraitEvaluation(method, "densenet121", "psychoflickr, embedded tiny", names, ids, traits, means, liked)

    return make
