"""Prototypes of taste: found again where users were drawn as mixtures of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from rating_tables import everybody, numbered, table_of
from scipy.optimize import minimize

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.protocol import Protocol, choose
from piaa_lightning.evaluation.user_tables import user_tables
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.mixtures import in_simplex
from piaa_lightning.personalizers.personalizer import LeftOutError, Support
from piaa_lightning.personalizers.prototypes import Prototypes

USERS, IMAGES, SIZE = 90, 150, 6


@pytest.fixture
def drawn(context):
    """Users who are mixtures of three tastes, and the shares; every third is of one taste alone."""
    random = np.random.default_rng(0)
    values = random.standard_normal((IMAGES, SIZE)).astype(np.float32)
    tastes = np.array([[0.1, 0, 0, 0.05, 0, 0], [0, 0.1, 0, 0, 0.05, 0], [-0.05, 0, 0.1, 0, 0, 0.05]])
    shares = random.dirichlet([0.5] * 3, USERS)
    shares[::3] = np.eye(3)[np.arange(USERS // 3) % 3]
    user, image = everybody(USERS, IMAGES)
    level = 0.5 + 0.05 * random.standard_normal(USERS)
    score = level[user] + (values[image] * (shares @ tastes)[user]).sum(axis=1)
    score += 0.02 * random.standard_normal(len(user))
    table = table_of(user, image, score.clip(0, 1), numbered("u", USERS), numbered("p", IMAGES))
    users, images = np.split(np.arange(USERS), [50, 70]), np.split(np.arange(IMAGES), [50, 100])
    split = replace(
        context.split,
        **dict(zip(("train_users", "val_users", "test_users"), users, strict=True)),
        **dict(zip(("train_images", "val_images", "test_images"), images, strict=True)),
    )
    torch.manual_seed(0)
    model = ScoreNetwork(None, ScoreHead(SIZE))
    known = replace(context, table=table, split=split, inputs=Inputs(Features(torch.from_numpy(values))), model=model)
    return known, shares


def told(context, user, count=20):
    rows = np.flatnonzero((context.table.user == user) & np.isin(context.table.image, context.split.test_images))
    return Support(user, context.table.image[rows[:count]], context.table.score[rows[:count]])


def prepared(context, **options):
    method = Prototypes(**options)
    method.prepare(context)
    return method


def test_the_tastes_that_users_were_drawn_from_are_found_again(drawn):
    context, shares = drawn
    method = prepared(context, counts=[3])
    test = context.split.test_users
    found = np.stack([method.fit_user(told(context, u), {"prototypes": 3, "pull": 0.0}).shares for u in test])
    alike = np.corrcoef(found.T, shares[test].T)[:3, 3:]
    order = alike.argmax(axis=0)
    assert sorted(order) == [0, 1, 2]
    assert alike.max(axis=0).min() > 0.95
    pure = shares[test].max(axis=1) == 1
    assert pure.sum() >= 5
    assert found[:, order][pure][shares[test][pure] == 1].min() > 0.8


def test_validation_users_ask_for_as_many_prototypes_as_there_are(drawn):
    context, _ = drawn
    method = prepared(context, counts=[2, 3], pulls=[0.0])
    rows = context.split.rows(context.table, "val")
    assert choose(context.table, rows, [20], Protocol(repeats=1), "it", method)[20]["prototypes"] == 3


def test_a_table_says_which_mixture_a_user_is(drawn):
    context, _ = drawn
    method = prepared(context, counts=[3], pulls=[0.0])
    rows = context.split.rows(context.table, "test")
    tables = user_tables(
        context.table, rows, [5, 20], Protocol(), "prototypes", method, dict.fromkeys((5, 20), method.candidates()[0])
    )
    lines = tables["mixtures"]
    assert list(lines[0]) == ["method", "shots", "user", "prototype", "share"]
    assert len(lines) == 20 * 3
    assert [line["prototype"] for line in lines[:3]] == [1, 2, 3]
    assert sum(line["share"] for line in lines[:3]) == pytest.approx(1)


def test_ideal_points_are_found_where_users_like_what_is_near_them(drawn):
    """Scores fall with the squared distance from a point between two, which no line in the features says."""
    context, _ = drawn
    values = context.inputs.evaluation.values.numpy()
    points = np.array([[1.5, 0, 0, 0, 0, 0], [-1.5, 0.5, 0, 0, 0, 0]])
    share = np.random.default_rng(1).random(USERS)
    ideal = share[:, None] * points[0] + (1 - share)[:, None] * points[1]
    table = context.table
    apart = np.square(values[table.image] - ideal[table.user]).sum(axis=1)
    known = replace(context, table=replace(table, score=(1 - apart / 60).clip(0, 1).astype(np.float32)))
    missed = {}
    for taste in ("points", "functions"):
        method = prepared(known, counts=[2], taste=taste)
        user = known.split.test_users[0]
        images = known.split.test_images[20:]
        scores = method.fit_user(told(known, user), {"prototypes": 2, "pull": 0.0})(images)
        truth = 1 - np.square(values[images] - ideal[user]).sum(axis=1) / 60
        missed[taste] = np.abs(scores - truth).max()
    assert missed["points"] < 0.02 < missed["functions"]


class TestNewUsers:
    def test_a_strong_pull_is_the_mean_mixture(self, drawn):
        context, _ = drawn
        method = prepared(context, counts=[3])
        mean = method.learnt[3].mean
        found = method.fit_user(told(context, 80), {"prototypes": 3, "pull": 1e9}).shares
        assert found == pytest.approx(mean, abs=1e-4)
        assert np.abs(method.fit_user(told(context, 80), {"prototypes": 3, "pull": 0.0}).shares - mean).max() > 0.05

    @pytest.mark.parametrize("shots", [1, 5])
    def test_equal_ratings_are_the_mean_mixture_at_their_level(self, drawn, shots):
        context, _ = drawn
        method, images = prepared(context, counts=[3]), context.split.test_images[:shots]
        user = method.fit_user(Support(80, images, np.full(shots, 0.75, np.float32)), {"prototypes": 3, "pull": 0.0})
        assert user.shares.tolist() == method.learnt[3].mean.tolist()
        assert user(images).mean() == pytest.approx(0.75)

    def test_without_a_rating_the_level_is_that_of_the_training_users(self, drawn):
        context, _ = drawn
        method = prepared(context, counts=[3])
        user = method.fit_user(Support(80, np.zeros(0, int), np.zeros(0, np.float32)), {"prototypes": 3, "pull": 0.0})
        rows = context.split.rows(context.table, "train")
        expected = context.table.score[rows].mean()
        assert user(context.table.image[rows]).mean() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_simplex_is_that_of_a_solver_for_anything(seed):
    random = np.random.default_rng(seed)
    rows, targets = random.standard_normal((7, 4)), 2 * random.standard_normal(7)
    square, linear = rows.T @ rows, rows.T @ targets
    oracle = minimize(
        lambda w: w @ square @ w - 2 * w @ linear,
        np.full(4, 0.25),
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    assert in_simplex(square, linear) == pytest.approx(oracle.x, abs=1e-4)


def test_more_prototypes_than_training_users_are_left_out(context):
    with pytest.raises(LeftOutError, match=r"3 prototypes cannot be learnt from 2 training users; lower"):
        Prototypes(counts=[3]).prepare(context)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"counts": [1]}, "counts"),
        ({"pulls": [-1]}, "pulls"),
        ({"taste": "curves"}, "taste=curves"),
        ({"rounds": 0}, "rounds=0"),
    ],
)
def test_options_that_make_no_sense(options, sentence):
    with pytest.raises(UserError, match=rf"^{sentence}"):
        Prototypes(**options)
