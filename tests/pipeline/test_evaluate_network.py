"""Networks that judge for everybody, against a slow computation, picture by picture and person by person."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.ratings import RatingTable, Scale, hashed
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import UserError
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.models.trait_network import TraitNetwork
from piaa_lightning.models.two_streams import TwoStreams
from piaa_lightning.pipeline.evaluate_network import examine_pictures, examine_traits
from piaa_lightning.pipeline.open_data import Data

RANDOM = np.random.default_rng(0)
CPU = torch.device("cpu")
PICTURES, PEOPLE, BINS = 150, 20, 4
FEATURES = torch.from_numpy(RANDOM.normal(size=(PICTURES, 3)).astype(np.float32))
TEST = np.arange(PICTURES - 100, PICTURES)  # more than one batch


@pytest.fixture
def data() -> Data:
    user = RANDOM.integers(0, PEOPLE, 2000)
    image = RANDOM.integers(0, PICTURES, 2000)
    table = RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{n:03}" for n in range(PICTURES)]),
        image_files=np.array([f"p{n:03}.jpg" for n in range(PICTURES)]),
        user_ids=np.array([f"u{n:02}" for n in range(PEOPLE)]),
        user=user,
        image=image,
        score=RANDOM.random(2000).astype(np.float32),
        scale=Scale(1, 5),
        traits=RANDOM.uniform(-1, 1, (PEOPLE, 3)).astype(np.float32),
        trait_names=("O", "C", "E"),
    )
    people, pictures = np.arange(PEOPLE), np.arange(PICTURES)
    split = Split("by hand", people[:10], people[10:10], people[10:], pictures[:50], pictures[50:50], TEST)
    return Data("tests, embedded", table, split, Inputs(Features(FEATURES)), cut=0.4)


def two_streams(traits: int = 3) -> TwoStreams:
    torch.manual_seed(0)
    head = partial(DistributionHead, bins=BINS, hidden=[5], norm=True, dropout=0.5)
    return TwoStreams(None, head, 3, partial(TraitHead, traits=traits, hidden=[5], norm=True, dropout=0.5))


def test_votes_against_a_slow_computation(data):
    network = two_streams()
    exam = examine_pictures(network.train(), data, "M", "net", CPU)  # it is put into evaluation mode
    assert exam.image_ids.tolist() == [f"p{n:03}" for n in TEST]
    network.eval()
    for place, image in enumerate(TEST):
        with torch.no_grad():
            votes = network.distribution(FEATURES[image : image + 1])[0].double().numpy()
        own = data.table.score[data.table.image == image].astype(np.float64)
        counts = [sum(np.rint(own * (BINS - 1)) == level) / len(own) for level in range(BINS)]
        assert exam.scores[place] == pytest.approx(own.mean(), abs=1e-6)
        assert exam.votes[place] == pytest.approx(counts, abs=1e-6)
        assert exam.predicted_votes[place] == pytest.approx(votes, abs=1e-6)
        assert exam.predicted[place] == pytest.approx(sum(n / (BINS - 1) * v for n, v in enumerate(votes)), abs=1e-6)
    assert (exam.method, exam.backbone, exam.database, exam.cut) == ("M", "net", "tests, embedded", 0.4)


def test_scores_alone(data):
    torch.manual_seed(0)
    network = ScoreNetwork(None, ScoreHead(3))
    exam = examine_pictures(network, data, "M", "net", CPU)
    with torch.no_grad():
        assert exam.predicted == pytest.approx(network(FEATURES[TEST]).double().numpy(), abs=1e-6)
    assert exam.votes is None


def test_where_averages_alone_are_known_the_mean_of_the_votes_is_judged(data):
    nothing = np.zeros(0, dtype=np.int64)
    averages = RANDOM.random(PICTURES).astype(np.float32)
    table = replace(data.table, user=nothing, image=nothing, score=np.zeros(0, np.float32), image_score=averages)
    network = two_streams()
    exam = examine_pictures(network, replace(data, table=table), "M", "net", CPU)
    with torch.no_grad():
        assert exam.predicted == pytest.approx(network(FEATURES[TEST]).double().numpy(), abs=1e-6)
    assert exam.scores == pytest.approx(averages[TEST])
    assert exam.votes is None


@pytest.mark.parametrize("form", [{}, {"traits": ["E", "O"], "liked": 0.6}, {"scaling": "training"}])
def test_traits_against_a_slow_computation(data, form):
    names = form.get("traits", ["O", "C", "E"])
    network = two_streams(len(names))
    exam = examine_traits(network.train(), data, "M", "net", CPU, **form)
    network.eval()
    table, columns = data.table, ["OCE".index(name) for name in names]
    expected = {}
    for user in range(10, PEOPLE):
        likes = [
            image
            for image, score in zip(table.image[table.user == user], table.score[table.user == user], strict=True)
            if image in TEST and score >= form.get("liked", 0.75)
        ]
        if likes:
            with torch.no_grad():
                expected[hashed(f"u{user}")] = network.traits(FEATURES[likes]).double().mean(dim=0).numpy()
    assert exam.trait_names == tuple(names)
    assert exam.users == tuple(expected)
    assert exam.predicted == pytest.approx(np.stack(list(expected.values())), abs=1e-6)
    truth = table.traits[10:, columns]
    if "scaling" in form:
        own = table.traits[:10, columns]
        truth = np.clip((truth - own.mean(axis=0)) / (2 * own.std(axis=0)), -1, 1)
    assert exam.traits == pytest.approx(truth, abs=1e-6)


def test_a_network_in_the_wrong_exam_is_a_sentence(data):
    traits = TraitNetwork(None, ScoreHead, 3, TraitHead)
    with pytest.raises(UserError, match=r"^M: TraitNetwork scores no pictures; judge it with exam: traits\.$"):
        examine_pictures(traits, data, "M", "net", CPU)
    with pytest.raises(UserError, match=r"^M: ScoreNetwork predicts no traits; judge it with exam: pictures\.$"):
        examine_traits(ScoreNetwork(None, ScoreHead(3)), data, "M", "net", CPU)


def test_nothing_held_out_is_a_sentence(data):
    nothing = replace(data.split, test_images=TEST[:0])
    with pytest.raises(UserError, match=r"^tests, embedded: the split holds out no picture .*data\.split\.test_images"):
        examine_pictures(two_streams(), replace(data, split=nothing), "M", "net", CPU)
