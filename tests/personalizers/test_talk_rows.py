"""FPMF, PAM and USAR on problems whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.svm import SVR
from torch import nn

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.errors import UserError
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.fpmf import FPMF, factorise
from piaa_lightning.personalizers.image_facts import ImageFacts
from piaa_lightning.personalizers.pam import PAM
from piaa_lightning.personalizers.personalizer import LeftOutError, Support
from piaa_lightning.personalizers.usar import USAR, rank_weights

IMAGES, USERS, FEATURES = 60, 6, 4


class Facts(ImageFacts):
    """Facts that are laid down by hand."""

    values = np.zeros((0, 0))

    def of(self, context):
        return self.values

    def attributes(self, context):
        return self.values

    def semantic(self, context):
        return self.values


class Linear(nn.Module):
    """A generic model that is one feature."""

    def forward(self, inputs):
        return torch.sigmoid(inputs[:, 0])


@pytest.fixture
def facts():
    found = Facts()
    values = np.random.default_rng(3).normal(size=(IMAGES, FEATURES))
    values[:20] = (values[:20] - values[:20].mean(axis=0)) / values[:20].std(axis=0)  # the training images
    object.__setattr__(found, "values", values)
    return found


@pytest.fixture
def stage(context, facts):
    """The context with a generic model of the facts, so that it can be written down."""
    inputs = Inputs(Features(torch.from_numpy(facts.values).float()))
    return replace(context, inputs=inputs, model=ScoreNetwork(None, Linear()))


def ways(facts):
    return {
        "fpmf": FPMF(facts, factors=2),
        "pam": PAM(facts),
        "usar": USAR(["ppr", "pad"], facts),
        "ppr": USAR(["ppr"], facts),
        "pad": USAR(["pad"], facts),
    }


ALL = sorted(ways(Facts()))


@pytest.mark.parametrize("name", ALL)
def test_ratings_of_held_out_users_and_images_move_nothing(name, stage, facts, support):
    table, split = stage.table, stage.split
    held = ~np.isin(np.arange(table.ratings), split.rows(table, "train"))
    moved = replace(table, score=np.where(held, 1 - table.score, table.score))
    found = []
    for told in (table, moved):
        way = ways(facts)[name]
        way.prepare(replace(stage, table=told))
        told_of = support(shots=20)
        found.append([way.fit_user(told_of, settings)(split.test_images) for settings in way.candidates()])
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", ALL)
def test_users_do_not_reach_each_other_and_a_trace_is_its_fits(name, stage, facts, support):
    way = ways(facts)[name]
    way.prepare(stage)
    images, candidates = stage.split.test_images, way.candidates()
    first = way.trace(support(user=4), images, candidates)
    way.trace(support(user=5, shots=15), images, candidates)
    for settings, scores in zip(candidates, first, strict=True):
        np.testing.assert_array_equal(way.fit_user(support(user=4), settings)(images), scores)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", ALL)
def test_a_user_who_rates_everything_alike_is_no_obstacle(name, stage, facts, support):
    way = ways(facts)[name]
    way.prepare(stage)
    told = replace(support(shots=5), scores=np.full(5, 0.5, dtype=np.float32))
    for settings in way.candidates():
        assert np.isfinite(way.fit_user(told, settings)(stage.split.test_images)).all()


class TestFPMF:
    def planted(self, users=40, images=80, factors=2):
        """Users whose tastes lie in a plane of the features, and what they gave to all images."""
        random = np.random.default_rng(11)
        features = random.normal(size=(images, FEATURES))
        shared, item = random.normal(size=(factors, FEATURES)), random.normal(size=FEATURES)
        everybody, bias = random.normal(size=(users, factors)), random.normal(size=users)
        everybody -= everybody.mean(axis=0)  # else the mean taste is the item bias as well
        return features, shared, bias[:, None] + features @ item + everybody @ shared @ features.T

    def test_a_planted_structure_of_low_rank_is_recovered(self):
        features, shared, scores = self.planted()
        user, image = (grid.ravel() for grid in np.indices(scores.shape))
        found = factorise(user, features[image], scores.ravel(), 2, 1e-6, 50, 0)
        # the plane is the same: what is left of the planted directions outside the found ones is nothing
        basis = np.linalg.qr(found.shared.T)[0]
        np.testing.assert_allclose(shared @ basis @ basis.T, shared, atol=1e-3)

    def test_a_new_user_of_that_plane_is_known_after_three_ratings(self, stage):
        features, shared, scores = self.planted()
        random = np.random.default_rng(12)
        user, image = (grid.ravel() for grid in np.indices(scores.shape))
        mean = factorise(user, features[image], scores.ravel(), 2, 1e-6, 50, 0)
        own = features @ (mean.item + random.normal(size=2) @ shared)  # three unknowns, of which one is the bias
        way = FPMF(Facts(), factors=2, penalties=[1e-6])
        way.images = {1e-6: mean.of_images(features)}
        told = Support(0, np.arange(3), own[:3].astype(np.float32))
        assert srocc(way.fit_user(told, {"penalty": 1e-6})(np.arange(3, 80)), own[3:]) > 0.999

    def test_the_solution_is_a_minimum(self):
        features, _, scores = self.planted(users=8, images=12)
        scores = scores + np.random.default_rng(0).normal(size=scores.shape)
        user, image = (grid.ravel() for grid in np.indices(scores.shape))

        def loss(item, shared):
            total = 3.0 * (np.square(item).sum() + np.square(shared).sum())
            basis = np.column_stack([np.ones(12), features @ shared.T])
            for own in scores - scores.mean() - features @ item:
                weights = np.linalg.solve(basis.T @ basis + 3.0 * np.eye(3), basis.T @ own)
                total += np.square(own - basis @ weights).sum() + 3.0 * np.square(weights).sum()
            return total

        found = factorise(user, features[image], scores.ravel(), 2, 3.0, 400, 0)
        least = loss(found.item, found.shared)
        random = np.random.default_rng(1)
        for _ in range(20):
            step, turn = random.normal(0, 0.01, FEATURES), random.normal(0, 0.01, (2, FEATURES))
            assert loss(found.item + step, found.shared + turn) > least

    def test_nobody_to_learn_from_leaves_the_row_out(self, stage, facts):
        nobody = replace(stage.split, train_users=np.zeros(0, dtype=np.int64))
        with pytest.raises(LeftOutError, match="no training user rated"):
            FPMF(facts).prepare(replace(stage, split=nobody))

    @pytest.mark.parametrize("wrong", [{"factors": 0}, {"rounds": 0}, {"penalties": []}, {"penalties": [0.0]}])
    def test_nonsense_is_a_sentence(self, wrong):
        with pytest.raises(UserError, match=r"^(factors|rounds|penalties)="):
            FPMF(Facts(), **wrong)


class TestPAM:
    def test_it_is_scikit_learns_machine_on_what_the_generic_score_leaves(self, stage, facts, support):
        way, told = PAM(facts), support(shots=15)
        way.prepare(stage)
        with torch.no_grad():
            generic = stage.model(stage.inputs.batch(np.arange(IMAGES))).numpy()
        machine = SVR(kernel="rbf", C=0.3, gamma=0.3 / FEATURES, epsilon=0.05)
        machine.fit(facts.values[told.images], told.scores - generic[told.images])
        images = stage.split.test_images
        expected = generic[images] + machine.predict(facts.values[images])
        found = way.fit_user(told, {"C": 0.3, "gamma": 0.3, "epsilon": 0.05})(images)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        assert np.abs(found - generic[images]).max() > 0.01

    def test_without_cost_or_without_anything_left_it_is_the_generic_score(self, stage, facts, support):
        way, told, images = PAM(facts), support(), stage.split.test_images
        way.prepare(stage)
        assert way.candidates()[0] == {"C": 0.0}
        np.testing.assert_array_equal(way.fit_user(told, {"C": 0.0})(images), way.generic[images])
        satisfied = replace(told, scores=way.generic[told.images])
        for settings in way.candidates():
            np.testing.assert_allclose(way.fit_user(satisfied, settings)(images), way.generic[images], atol=1e-7)

    def test_generic_alone_is_a_candidate_only_where_it_is_named(self):
        assert len(PAM(Facts(), [0, 1, 2], [1], [0.1]).candidates()) == 3
        assert all(settings["C"] > 0 for settings in PAM(Facts(), [1, 2]).candidates())
        with pytest.raises(UserError, match=r"^gammas=\[\]"):
            PAM(Facts(), gammas=[])


class TestUSAR:
    def test_the_ranker_orders_a_linear_user_right(self):
        random = np.random.default_rng(0)
        features, taste = random.normal(size=(200, FEATURES)), np.array([1.0, -2.0, 0.5, 0.0])
        own = features @ taste
        weights = rank_weights(features[:60], own[:60].astype(np.float32), 10.0, 10_000, random)
        assert srocc(features[60:] @ weights, own[60:]) > 0.99

    def test_pairs_have_no_first_and_second(self):
        random = np.random.default_rng(0)
        features, scores = random.normal(size=(12, FEATURES)), random.random(12).astype(np.float32)
        forth = rank_weights(features, scores, 1.0, 1000, random)
        back = rank_weights(features[::-1], scores[::-1], 1.0, 1000, random)
        np.testing.assert_allclose(forth, back, rtol=1e-3)
        np.testing.assert_allclose(rank_weights(-features, scores, 1.0, 1000, random), -forth, rtol=1e-3)

    def test_equal_scores_teach_nothing(self):
        found = rank_weights(np.ones((5, 2)), np.full(5, 0.5, dtype=np.float32), 1.0, 10, np.random.default_rng(0))
        assert found.tolist() == [0, 0]

    def test_look_alikes_of_the_best_are_training_images_and_liked_as_much(self, stage, facts, monkeypatch):
        told = {}

        def spy(features, scores, cost, pairs, chance):
            told["features"], told["scores"] = features, scores
            return np.zeros(FEATURES)

        monkeypatch.setattr("piaa_lightning.personalizers.usar.rank_weights", spy)
        way = USAR(["ppr"], facts, preferred=0.2, retrieved=3)
        way.prepare(stage)
        images = stage.split.test_images[:10]
        scores = np.linspace(1, 0, 10, dtype=np.float32)
        way.fit_user(Support(4, images, scores), {"C": 1.0, "weight": 1.0})
        assert told["scores"].tolist() == [*scores, *[scores[0]] * 3, *[scores[1]] * 3]
        nearest = np.linalg.norm(facts.values[:20] - facts.values[images[0]], axis=1).argsort()[:3]
        np.testing.assert_array_equal(told["features"][10:13], facts.values[nearest])

    def test_a_persons_attributes_rerank(self, stage, facts):
        """Someone who likes the second attribute and is indifferent to the others."""
        values = facts.values
        values[stage.split.test_images[:3]] = [0, 6, 0, 0]
        way = USAR(["pad"], facts, temperature=0.1)
        way.prepare(stage)
        scores = np.array([1, 1, 1, *[0] * 7], dtype=np.float32)
        told = Support(4, stage.split.test_images[:10], scores)
        images = stage.split.test_images[10:]
        found = way.fit_user(told, {"C": 1.0, "weight": 1.0})(images) - way.generic[images]
        assert srocc(found, values[images, 1]) > 0.99

    def test_the_weight_is_what_a_deviation_over_training_images_is_worth(self, stage, facts, support):
        way = USAR(["pad"], facts)
        way.prepare(stage)
        way.generic = np.zeros(IMAGES)
        found = way.fit_user(support(), {"C": 1.0, "weight": 0.25})(stage.split.train_images)
        assert found.std() == pytest.approx(0.25, rel=1e-5)

    def test_both_is_the_sum_of_the_parts(self, stage, facts, support):
        found = {}
        for parts in (["ppr"], ["pad"], ["ppr", "pad"]):
            way = USAR(parts, facts)
            way.prepare(stage)
            images = stage.split.test_images
            found[len(parts), parts[0]] = (
                way.fit_user(support(), {"C": 0.01, "weight": 0.1})(images) - way.generic[images]
            )
        np.testing.assert_allclose(found[2, "ppr"], found[1, "ppr"] + found[1, "pad"], atol=1e-6)

    def test_nonsense_is_a_sentence(self):
        with pytest.raises(UserError, match=r"^parts=\['x'\]"):
            USAR(["x"], Facts())
        with pytest.raises(UserError, match=r"^preferred=0:"):
            USAR(["ppr"], Facts(), preferred=0)
