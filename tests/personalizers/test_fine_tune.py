from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.personalizers.fine_tune import FineTune
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.network_scorer import NetworkScorer

INNER = InnerLoop(rates={"backbone": 1e-3, "head": 1e-2})


def prepared(personalizer, ground):
    personalizer.prepare(ground)
    return personalizer


@pytest.fixture
def images(ground):
    return ground.split.test_images[10:]


def test_zero_steps_are_the_prior_bit_for_bit(ground, support, images):
    tuned = prepared(FineTune(INNER, steps=[0]), ground).fit(support(), {"layers": "all", "rate": 1.0, "steps": 0})(
        images
    )
    scorer = NetworkScorer(ground)
    assert tuned.tolist() == scorer.score(ground.prior, images).tolist()
    # alone and among all held-out pictures a batch may be added up in another order
    assert tuned == pytest.approx(prepared(Generic(), ground).fit(support(), {})(images), abs=1e-6)


def test_steps_are_torch_adams_on_the_whole_support_set(ground, support, images):
    own = copy.deepcopy(ground.prior).eval()
    optimizer = torch.optim.Adam(
        [{"params": own.backbone.parameters(), "lr": 2e-3}, {"params": own.head.parameters(), "lr": 2e-2}]
    )
    told = support()
    for _ in range(3):
        optimizer.zero_grad()
        error = own(ground.inputs.batch(told.images)) - torch.from_numpy(told.scores)
        error.square().mean().backward()
        optimizer.step()
    with torch.no_grad():
        expected = own(ground.inputs.batch(images)).numpy()
    tuned = prepared(FineTune(INNER, rates=[2.0], steps=[3]), ground).fit(
        told, {"layers": "all", "rate": 2.0, "steps": 3}
    )(images)
    assert tuned == pytest.approx(expected, abs=1e-5)


def test_candidates_are_all_pairs(ground):
    found = FineTune(INNER, rates=[0.5, 2.0], steps=[4, 1]).candidates()
    assert {(c["rate"], c["steps"]) for c in found} == {(0.5, 1), (0.5, 4), (2.0, 1), (2.0, 4)}
    assert len(found) == 4


def test_a_trace_equals_separate_fits(ground, support, images):
    tune = prepared(FineTune(INNER, rates=[0.5, 3.0], steps=[0, 1, 2, 5]), ground)
    candidates = list(tune.candidates())[::-1]  # asked for in any order
    traced = tune.trace(support(), images, candidates)
    for settings, scores in zip(candidates, traced, strict=True):
        assert scores.tolist() == tune.fit(support(), settings)(images).tolist()
    assert len({tuple(scores) for scores in traced}) == 7  # both rates agree at zero steps alone


@pytest.mark.parametrize("layers", ["all", "head", "norm"])
@pytest.mark.parametrize("dropout", [False, True])
def test_the_prior_is_bit_identical_after_any_number_of_people_in_any_order(ground, support, images, layers, dropout):
    before = {name: value.clone() for name, value in ground.prior.state_dict().items()}
    assert any(name.endswith("running_mean") for name in before)
    tune = prepared(
        FineTune(InnerLoop(rates={"backbone": 1e-2, "head": 1e-1}, layers=layers, dropout=dropout), steps=[4]), ground
    )
    for user in (4, 5, 3, 4):
        tune.fit(support(user), {"layers": layers, "rate": 1.0, "steps": 4})(images)
        tune.trace(support(user), images, tune.candidates())
    after = ground.prior.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert not ground.prior.training


def test_the_order_of_people_changes_nothing(ground, support, images):
    settings = {"layers": "all", "rate": 1.0, "steps": 3}

    def scores(order):
        tune = prepared(FineTune(INNER, steps=[3]), ground)
        return {user: tune.fit(support(user), settings)(images).tolist() for user in order}

    forwards, backwards = scores([2, 3, 4, 5]), scores([5, 4, 3, 2])
    assert forwards == backwards
    assert forwards[4] != forwards[5]


def test_scorers_of_two_people_live_side_by_side(ground, support, images):
    tune = prepared(FineTune(INNER, steps=[3]), ground)
    first = tune.fit(support(4), {"layers": "all", "rate": 1.0, "steps": 3})
    before = first(images).tolist()
    tune.fit(support(5), {"layers": "all", "rate": 1.0, "steps": 3})(images)
    assert first(images).tolist() == before


@pytest.mark.parametrize(("layers", "moving"), [("head", ("head.",)), ("all", ("head.", "backbone."))])
def test_only_the_layers_chosen_move(ground, support, layers, moving):
    tune = prepared(FineTune(InnerLoop(rates={"backbone": 1e-2, "head": 1e-2}, layers=layers)), ground)
    tuned = next(tune._descent(support(), 1.0, [2]))
    start = dict(ground.prior.named_parameters())
    moved = {name for name, value in tuned.named_parameters() if not torch.equal(value, start[name])}
    assert moved
    assert all(name.startswith(moving) for name in moved)
    assert {name.split(".")[0] + "." for name in moved} == set(moving)


def test_many_pictures_are_scored_as_few(ground, monkeypatch):
    scorer = NetworkScorer(ground)
    images = np.arange(60)
    whole = scorer.score(ground.prior, images)
    monkeypatch.setattr("piaa_lightning.personalizers.network_scorer.BATCH", 7)
    assert scorer.score(ground.prior, images) == pytest.approx(whole, abs=1e-6)
    assert scorer.score(ground.prior, images).dtype == np.float32
