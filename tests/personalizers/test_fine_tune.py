from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.fine_tune import FineTune
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.network_scorer import NetworkScorer

INNER = InnerLoop(lr_by_part={"backbone": 1e-3, "head": 1e-2})


def prepared(personalizer, context):
    personalizer.prepare(context)
    return personalizer


@pytest.fixture
def images(context):
    return context.split.test_images[10:]


def settings(steps, rate=1.0, layers="all"):
    return {"layers": layers, "lr_multiplier": rate, "steps": steps}


def test_zero_steps_are_the_generic_row_bit_for_bit(context, support, images):
    tune = prepared(FineTune(inner=INNER, steps=[0]), context)
    generic = prepared(Generic(), context).fit_user(support(), {})(images).tolist()
    assert tune.fit_user(support(), settings(0))(images).tolist() == generic
    assert tune.trace(support(), images, [settings(0)])[0].tolist() == generic


def test_the_prior_scores_every_held_out_image_once(context, support, images, monkeypatch):
    tune = prepared(FineTune(inner=INNER, steps=[0, 1]), context)
    scored, score = [], NetworkScorer.score
    monkeypatch.setattr(
        NetworkScorer, "score", lambda self, net, shown: scored.extend(shown) or score(self, net, shown)
    )
    for user in (4, 5):
        tune.trace(support(user), images, tune.candidates())
    assert sorted(scored) == sorted([*context.split.val_images, *context.split.test_images])


def test_steps_are_torch_adams_on_the_whole_support_set(context, support, images):
    own = copy.deepcopy(context.model).eval()
    optimizer = torch.optim.Adam(
        [{"params": own.backbone.parameters(), "lr": 2e-3}, {"params": own.head.parameters(), "lr": 2e-2}]
    )
    told = support()
    for _ in range(3):
        optimizer.zero_grad()
        error = own(context.inputs.batch(told.images)) - torch.from_numpy(told.scores)
        error.square().mean().backward()
        optimizer.step()
    with torch.no_grad():
        expected = own(context.inputs.batch(images)).numpy()
    tuned = prepared(FineTune(inner=INNER, lr_multipliers=[2.0], steps=[3]), context).fit_user(told, settings(3, 2.0))(
        images
    )
    assert tuned == pytest.approx(expected, abs=1e-5)


def test_in_bfloat16_every_step_rounds_the_weights_anew_and_the_head_is_exact(context, support, images):
    own = copy.deepcopy(context.model).eval()
    optimizer = torch.optim.Adam(
        [{"params": own.backbone.parameters(), "lr": 1e-3}, {"params": own.head.parameters(), "lr": 1e-2}]
    )

    def scored(shown):
        pixels = own.backbone.normalise(context.inputs.batch(shown)).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):  # entered anew for every pass: nothing rounded is kept
            features = own.backbone(pixels)
        assert features.dtype == torch.bfloat16
        return own.head(features.float())

    told, before = support(), copy.deepcopy(context.model.state_dict())
    for _ in range(3):
        optimizer.zero_grad()
        (scored(told.images) - torch.from_numpy(told.scores)).square().mean().backward()
        optimizer.step()
    with torch.no_grad():
        expected = scored(images).numpy()
    tune = prepared(FineTune(inner=INNER, steps=[3], precision="bf16-mixed"), context)
    (found,) = tune.trace(told, images, [settings(3)])
    assert found == pytest.approx(expected, abs=1e-5)
    (exact,) = prepared(FineTune(inner=INNER, steps=[3]), context).trace(told, images, [settings(3)])
    assert found == pytest.approx(exact, abs=0.02)
    assert found.tolist() != exact.tolist()
    assert tune.fit_user(told, settings(3))(images) == pytest.approx(
        found, abs=0.02
    )  # fitted alike, shown in full precision
    for name, value in context.model.state_dict().items():
        assert torch.equal(value, before[name])
    assert "forward" not in vars(context.model.backbone)


def test_what_bfloat16_cannot_do_is_said(context):
    with pytest.raises(UserError, match="precision=bf15: take one of 32-true, bf16-mixed"):
        FineTune(inner=INNER, precision="bf15")
    with pytest.raises(UserError, match="one by one"):
        FineTune(inner=INNER, precision="bf16-mixed", user_batch_size=2)
    flat = replace(context, model=ScoreNetwork(None, torch.nn.Linear(3, 1)))
    with pytest.raises(UserError, match="no backbone to compute"):
        FineTune(inner=INNER, precision="bf16-mixed").prepare(flat)


def test_candidates_are_all_combinations(context):
    found = FineTune(inner=INNER, lr_multipliers=[0.5, 2.0], steps=[4, 1]).candidates()
    assert {(c["lr_multiplier"], c["steps"]) for c in found} == {(0.5, 1), (0.5, 4), (2.0, 1), (2.0, 4)}
    assert {c["layers"] for c in found} == {"all"}
    assert len(found) == 4
    assert (
        len(FineTune(inner=INNER, lr_multipliers=[0.5, 2.0], steps=[4], layers=["head", "all", "norm"]).candidates())
        == 6
    )


@pytest.mark.slow
@pytest.mark.parametrize("bn_mode", ["frozen", "per_task_reset", "transductive"])
def test_a_trace_on_the_prior_itself_equals_separate_fits_of_copies(context, support, images, bn_mode):
    inner = replace(INNER, bn_mode=bn_mode)
    tune = FineTune(inner=inner, lr_multipliers=[0.5, 3.0], steps=[0, 1, 2, 5], layers=["all", "head", "last_stage"])
    prepared(tune, context)
    candidates = list(tune.candidates())[::-1]  # asked for in any order
    traced = tune.trace(support(), images, candidates)
    for each, scores in zip(candidates, traced, strict=True):
        assert scores.tolist() == tune.fit_user(support(), each)(images).tolist()
    assert len({tuple(scores) for scores in traced}) == 1 + 3 * 6  # all agree at zero steps alone


@pytest.mark.slow
@pytest.mark.parametrize("cache_features", [False, True])
def test_users_at_once_are_users_one_by_one(context, support, cache_features):
    layers = ["head", "all", "norm"]
    options = {"lr_multipliers": [0.5, 3.0], "steps": [0, 2, 5], "layers": layers}
    alone = prepared(FineTune(inner=INNER, **options), context)
    once = prepared(FineTune(inner=INNER, **options, user_batch_size=3, cache_features=cache_features), context)
    supports = [support(4, draw=0), support(5, draw=1), support(4, draw=2)]
    images = [context.split.test_images[10:], context.split.test_images[12:], context.split.test_images[15:]]
    for one, other in zip(
        alone.trace_all(supports, images, alone.candidates()),
        once.trace_all(supports, images, once.candidates()),
        strict=True,
    ):
        for mine, theirs in zip(one, other, strict=True):
            assert theirs == pytest.approx(mine, abs=2e-4)  # float32, which Adam amplifies; exact in tests/meta


def test_below_a_head_that_alone_moves_every_image_is_computed_once(context, support, images, monkeypatch):
    reference = prepared(FineTune(inner=INNER, steps=[3], layers=["head"]), context)
    tune = prepared(FineTune(inner=INNER, steps=[3], layers=["head"], cache_features=True), context)
    seen, embed = [], context.model.embed
    monkeypatch.setattr(context.model, "embed", lambda inputs: seen.append(len(inputs)) or embed(inputs))
    for user in (4, 5):
        for draw in range(3):
            (found,) = tune.trace(support(user, draw=draw), images, tune.candidates())
            assert found == pytest.approx(
                reference.trace(support(user, draw=draw), images, tune.candidates())[0], abs=1e-4
            )
    assert sum(seen) == 40 + 6 * 20  # forty held-out images once, and the reference each time


@pytest.mark.parametrize("layers", ["all", "head", "norm"])
@pytest.mark.parametrize("dropout", [False, True])
def test_the_prior_is_bit_identical_after_any_number_of_users_in_any_order(context, support, images, layers, dropout):
    before = {name: value.clone() for name, value in context.model.state_dict().items()}
    assert any(name.endswith("running_mean") for name in before)
    tune = prepared(
        FineTune(
            inner=InnerLoop(lr_by_part={"backbone": 1e-2, "head": 1e-1}, layers=layers, dropout=dropout), steps=[4]
        ),
        context,
    )
    for user in (4, 5, 3, 4):
        tune.fit_user(support(user), settings(4, layers=layers))(images)
        tune.trace(support(user), images, tune.candidates())
    after = context.model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert not context.model.training


@pytest.mark.parametrize("dropout", [False, True])
def test_the_order_of_users_changes_nothing(context, support, images, dropout):
    def scores(order):
        tune = prepared(FineTune(inner=replace(INNER, dropout=dropout), steps=[3]), context)
        return {user: tune.trace(support(user), images, tune.candidates())[0].tolist() for user in order}

    forwards, backwards = scores([2, 3, 4, 5]), scores([5, 4, 3, 2])
    assert forwards == backwards
    assert forwards[4] != forwards[5]


def test_dropout_draws_anew_for_every_repeat_and_leaves_the_rest_of_the_run_alone(context, support, images):
    tune = prepared(FineTune(inner=replace(INNER, dropout=True), steps=[3]), context)
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    one, other = (tune.trace(support(draw=draw), images, tune.candidates())[0].tolist() for draw in (0, 1))
    assert one != other
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_user_who_is_interrupted_leaves_the_prior_as_it_was(context, support, images, error):
    before = {name: value.clone() for name, value in context.model.state_dict().items()}
    steps = []

    def fail(prediction, score):
        steps.append(1)
        if len(steps) == 3:
            raise error
        return (prediction - score).square().mean()

    tune = prepared(FineTune(inner=replace(INNER, loss=fail), steps=[4]), context)
    with pytest.raises(error):
        tune.trace(support(), images, tune.candidates())
    assert all(torch.equal(value, before[name]) for name, value in context.model.state_dict().items())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"steps": []}, r"^steps=\[\]: give at least one"),
        ({"steps": [-1]}, "there are no negative steps"),
        ({"user_batch_size": 0}, "user_batch_size=0: give 1"),
        (
            {"user_batch_size": 2, "inner": replace(INNER, dropout=True)},
            "user_batch_size=2: dropout draws for each user separately",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, sentence):
    with pytest.raises(UserError, match=sentence):
        FineTune(**{"inner": INNER, **options})


def test_scorers_of_two_users_live_side_by_side(context, support, images):
    tune = prepared(FineTune(inner=INNER, steps=[3]), context)
    first = tune.fit_user(support(4), settings(3))
    before = first(images).tolist()
    tune.fit_user(support(5), settings(3))(images)
    assert first(images).tolist() == before


def test_many_images_are_scored_as_few(context, monkeypatch):
    scorer = NetworkScorer(context)
    images = np.arange(60)
    whole = scorer.score(context.model, images)
    monkeypatch.setattr("piaa_lightning.personalizers.network_scorer.BATCH", 7)
    assert scorer.score(context.model, images) == pytest.approx(whole, abs=1e-6)
    assert scorer.score(context.model, images).dtype == np.float32


class TestParts:
    def test_a_part_has_a_factor_of_its_own(self, context, support):
        scaled = {"head": [0.0, 2.0]}
        inner = InnerLoop(lr_by_part=RATES_OF_PARTS)
        tuned = FineTune(inner=inner, lr_multipliers=[1.0], steps=[3], part_lr_multipliers=scaled)
        tuned.prepare(context)
        still, moved = tuned.candidates()
        assert still == {"layers": "all", "lr_multiplier": 1.0, "head": 0.0, "steps": 3}
        prior = {name: value.clone() for name, value in context.model.named_parameters()}
        for settings, factor in ((still, 0.0), (moved, 2.0)):
            expected = FineTune(
                inner=InnerLoop(lr_by_part={**RATES_OF_PARTS, "head": RATES_OF_PARTS["head"] * factor}), steps=[3]
            )
            expected.prepare(context)
            (candidate,) = expected.candidates()
            own = tuned.fit_user(support(), settings).network
            other = expected.fit_user(support(), candidate).network
            for (name, value), same in zip(own.named_parameters(), other.parameters(), strict=True):
                assert torch.equal(value, same), name
                if name.startswith("head."):
                    assert torch.equal(value, prior[name]) is (factor == 0.0), name
            images = context.split.test_images[10:]
            (traced,) = tuned.trace(support(), images, [settings])
            np.testing.assert_allclose(traced, tuned.fit_user(support(), settings)(images), atol=1e-6)

    @pytest.mark.parametrize("parts", [{"fusion": [1.0]}, {"head": []}])
    def test_a_part_without_a_rate_or_a_factor_is_a_sentence(self, parts):
        with pytest.raises(
            UserError,
            match=r"^part_lr_multipliers: \w+ needs a rate in inner\.lr_by_part, and at least one m",
        ):
            FineTune(inner=InnerLoop(lr_by_part=RATES_OF_PARTS), part_lr_multipliers=parts)


RATES_OF_PARTS = {"backbone": 1e-3, "head": 1e-2}
