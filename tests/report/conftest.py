"""What tests of figures share: reading one back, and exams made by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from piaa_lightning.evaluation.image_evaluation import PictureExam
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitExam


@pytest.fixture
def words():
    """The texts of a figure, which matplotlib leaves as comments beside their outlines."""

    def read(svg: str) -> list[str]:
        parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
        tree = ElementTree.fromstring(svg, parser=parser)
        return [element.text.strip() for element in tree.iter() if element.tag is ElementTree.Comment]

    return read


@pytest.fixture
def picture():
    """A picture for any id or number."""

    def draw(key: str | int) -> np.ndarray:
        rng = np.random.default_rng(len(str(key)))
        return rng.integers(0, 256, (30, 45, 3), dtype=np.uint8)

    return draw


@pytest.fixture
def picture_exam():
    """What a network said about pictures whose votes were drawn; ``levels`` bins."""

    def make(method: str = "PA_IAA", images: int = 40, levels: int = 10, seed: int = 0) -> PictureExam:
        rng = np.random.default_rng(1)
        votes = rng.dirichlet(np.ones(levels), images)
        said = np.random.default_rng(seed + 2).dirichlet(np.ones(levels), images)
        unit = np.linspace(0, 1, levels)
        ids = np.array([f"p{number:02}" for number in range(images)])
        return PictureExam(method, "densenet121", "ava, embedded tiny", ids, votes @ unit, said @ unit, votes, said)

    return make


@pytest.fixture
def trait_exam():
    """What a network said about people who each like six pictures."""

    def make(
        method: str = "PA_IAA", people: int = 12, names: tuple[str, ...] = tuple("OCEAN"), seed: int = 0
    ) -> TraitExam:
        rng = np.random.default_rng(seed)
        users = np.repeat(np.arange(people), 6)
        said = rng.uniform(-1, 1, (len(users), len(names)))
        means = np.stack([said[users == user].mean(axis=0) for user in range(people)])
        traits = np.random.default_rng(1).uniform(-1, 1, (people, len(names)))
        liked = Likes(np.arange(len(users)) % (5 * people), users, said)
        ids = tuple(f"{number:012x}" for number in range(people))
        return TraitExam(method, "densenet121", "psychoflickr, embedded tiny", names, ids, traits, means, liked)

    return make
