"""Networks that evaluate for everybody, against a slow computation, image by image and user by user."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from rating_tables import numbered, table_of

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.ratings import hashed
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import UserError
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.papers.trait_network import TraitNetwork
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.pipeline.evaluating.evaluate_images import evaluate_network
from piaa_lightning.pipeline.evaluating.evaluate_traits import evaluate_on_likes
from piaa_lightning.pipeline.parts.open_data import Data

RANDOM = np.random.default_rng(0)
CPU = torch.device("cpu")
IMAGES, USERS, BINS = 150, 20, 4
FEATURES = torch.from_numpy(RANDOM.normal(size=(IMAGES, 3)).astype(np.float32))
TEST = np.arange(IMAGES - 100, IMAGES)  # more than one batch


@pytest.fixture
def data() -> Data:
    user = RANDOM.integers(0, USERS, 2000)
    image = RANDOM.integers(0, IMAGES, 2000)
    score, traits = RANDOM.random(2000), RANDOM.uniform(-1, 1, (USERS, 3)).astype(np.float32)
    known = {"traits": traits, "trait_names": ("O", "C", "E")}
    table = table_of(user, image, score, numbered("u", USERS, 2), numbered("p", IMAGES), **known)
    users, images = np.arange(USERS), np.arange(IMAGES)
    split = Split("by hand", users[:10], users[10:10], users[10:], images[:50], images[50:50], TEST)
    return Data("tests, embedded", table, split, Inputs(Features(FEATURES)), threshold=0.4)


def two_streams(traits: int = 3) -> TwoStreams:
    torch.manual_seed(0)
    head = partial(DistributionHead, bins=BINS, hidden=[5], norm=True, dropout=0.5)
    return TwoStreams(None, head, 3, partial(TraitHead, traits=traits, hidden=[5], norm=True, dropout=0.5))


def test_votes_against_a_slow_computation(data):
    network = two_streams()
    evaluation = evaluate_network(network.train(), data, "M", "net", CPU)  # it is put into evaluation mode
    assert evaluation.image_ids.tolist() == [f"p{n:03}" for n in TEST]
    network.eval()
    for place, image in enumerate(TEST):
        with torch.no_grad():
            votes = network.distribution(FEATURES[image : image + 1])[0].double().numpy()
        own = data.table.score[data.table.image == image].astype(np.float64)
        counts = [sum(np.rint(own * (BINS - 1)) == level) / len(own) for level in range(BINS)]
        assert evaluation.scores[place] == pytest.approx(own.mean(), abs=1e-6)
        assert evaluation.votes[place] == pytest.approx(counts, abs=1e-6)
        assert evaluation.predicted_votes[place] == pytest.approx(votes, abs=1e-6)
        assert evaluation.predicted[place] == pytest.approx(
            sum(n / (BINS - 1) * v for n, v in enumerate(votes)), abs=1e-6
        )
    assert (evaluation.method, evaluation.backbone, evaluation.database, evaluation.threshold) == (
        "M",
        "net",
        "tests, embedded",
        0.4,
    )


def test_scores_alone(data):
    torch.manual_seed(0)
    network = ScoreNetwork(None, ScoreHead(3))
    evaluation = evaluate_network(network, data, "M", "net", CPU)
    with torch.no_grad():
        assert evaluation.predicted == pytest.approx(network(FEATURES[TEST]).double().numpy(), abs=1e-6)
    assert evaluation.votes is None


def test_where_averages_alone_are_known_the_mean_of_the_votes_is_judged(data):
    nothing = np.zeros(0, dtype=np.int64)
    averages = RANDOM.random(IMAGES).astype(np.float32)
    table = replace(data.table, user=nothing, image=nothing, score=np.zeros(0, np.float32), image_score=averages)
    network = two_streams()
    evaluation = evaluate_network(network, replace(data, table=table), "M", "net", CPU)
    with torch.no_grad():
        assert evaluation.predicted == pytest.approx(network(FEATURES[TEST]).double().numpy(), abs=1e-6)
    assert evaluation.scores == pytest.approx(averages[TEST])
    assert evaluation.votes is None


@pytest.mark.parametrize("dataset", [{}, {"traits": ["E", "O"], "liked": 0.6}, {"scaling": "training"}])
def test_traits_against_a_slow_computation(data, dataset):
    names = dataset.get("traits", ["O", "C", "E"])
    network = two_streams(len(names))
    evaluation = evaluate_on_likes(network.train(), data, "M", "net", CPU, **dataset)
    network.eval()
    table, columns = data.table, ["OCE".index(name) for name in names]
    expected = {}
    for user in range(10, USERS):
        likes = [
            image
            for image, score in zip(table.image[table.user == user], table.score[table.user == user], strict=True)
            if image in TEST and score >= dataset.get("liked", 0.75)
        ]
        if likes:
            with torch.no_grad():
                expected[hashed(f"u{user}")] = network.traits(FEATURES[likes]).double().mean(dim=0).numpy()
    assert evaluation.trait_names == tuple(names)
    assert evaluation.users == tuple(expected)
    assert evaluation.predicted == pytest.approx(np.stack(list(expected.values())), abs=1e-6)
    truth = table.traits[10:, columns]
    if "scaling" in dataset:
        own = table.traits[:10, columns]
        truth = np.clip((truth - own.mean(axis=0)) / (2 * own.std(axis=0)), -1, 1)
    assert evaluation.traits == pytest.approx(truth, abs=1e-6)


def test_a_network_in_the_wrong_evaluation_is_a_sentence(data):
    traits = TraitNetwork(None, ScoreHead, 3, TraitHead)
    with pytest.raises(UserError, match=r"^M: TraitNetwork scores no images; evaluate it with evaluation: traits\.$"):
        evaluate_network(traits, data, "M", "net", CPU)
    with pytest.raises(UserError, match=r"^M: ScoreNetwork predicts no traits; evaluate it with evaluation: images\.$"):
        evaluate_on_likes(ScoreNetwork(None, ScoreHead(3)), data, "M", "net", CPU)


def test_nothing_held_out_is_a_sentence(data):
    nothing = replace(data.split, test_images=TEST[:0])
    with pytest.raises(UserError, match=r"^tests, embedded: the split holds out no image .*data\.split\.test_images"):
        evaluate_network(two_streams(), replace(data, split=nothing), "M", "net", CPU)
