"""Trees on what experts measure and on what a network sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import random_images
from piaa_lightning.errors import UserError
from piaa_lightning.estimators import boosted_trees
from piaa_lightning.estimators.boosted_trees import BoostedTrees, deep_features
from piaa_lightning.estimators.estimator import PictureGround
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork

COUNT = 400
RANDOM = np.random.default_rng(0)
EXPERT = RANDOM.normal(size=(COUNT, 3))
DEEP = RANDOM.normal(size=(COUNT, 4)).astype(np.float32)
# good where an expert's value and one that the network sees agree in sign: neither tells it alone
GOOD = EXPERT[:, 0] * DEEP[:, 1] > 0
SCORES = np.where(GOOD, 0.6, 0.4).astype(np.float32) + RANDOM.random(COUNT).astype(np.float32) / 100


@pytest.fixture
def ground(monkeypatch) -> PictureGround:
    monkeypatch.setattr(boosted_trees, "simple_of", lambda ground, images: EXPERT[images])
    ids, nothing = np.array([f"{number:03}" for number in range(COUNT)]), np.zeros(0, np.int64)
    table = RatingTable(
        "made", Path(), ids, ids, ids[:0], nothing, nothing, np.zeros(0, np.float32), Scale(1, 10), image_score=SCORES
    )
    split = random_images(table, test_images=100, val_images=60)
    inputs = Inputs(Features(torch.from_numpy(DEEP)))
    prior = ScoreNetwork(None, ScoreHead(4))
    return PictureGround(table, split, inputs, torch.device("cpu"), 0.5, 0, Path(), prior)


def right(ground: PictureGround, **options) -> float:
    trees = BoostedTrees(rate=0.2, **options)
    trees.fit(ground)
    test = ground.split.test_images
    verdict = trees.judge(test)
    assert verdict.cut == 0.5
    assert ((verdict.values >= 0) & (verdict.values <= 1)).all()
    return float(((verdict.values > 0.5) == GOOD[test]).mean())


def test_what_takes_both_kinds_is_learnt_from_both_alone(ground):
    assert right(ground) > 0.85
    assert right(ground, kinds=["expert"]) < 0.65
    assert right(ground, kinds=["deep"]) < 0.65


def test_principal_components_of_the_deep_features_are_those_of_training_pictures(ground):
    trees = BoostedTrees(kinds=["deep"], trees=2, components=2)
    trees.fit(ground)
    own = DEEP[ground.split.train_images].astype(np.float64)
    axes = np.linalg.svd(own - own.mean(axis=0), full_matrices=False)[2][:2]
    expected = (DEEP[:5] - own.mean(axis=0)) @ axes.T
    assert np.abs(trees._features(np.arange(5))) == pytest.approx(np.abs(expected), abs=1e-5)


def test_validation_pictures_say_how_many_trees(ground):
    trees = BoostedTrees(trees=60, rate=0.5)
    trees.fit(ground)
    val = ground.split.val_images
    staged = list(trees.machine.staged_predict_proba(trees._features(val)))
    losses = [log_loss(GOOD[val], share) for share in staged]
    assert losses[trees.used - 1] == min(losses)
    assert 1 < trees.used < 60
    assert trees.judge(val).values.tolist() == staged[trees.used - 1][:, 1].tolist()


def test_deep_features_are_what_the_head_sees_batch_by_batch(ground):
    images = np.arange(COUNT)[::-1].copy()  # more than one batch
    assert deep_features(ground, images) == pytest.approx(DEEP[images])


def test_test_pictures_have_no_part(ground):
    one, other = BoostedTrees(trees=5), BoostedTrees(trees=5)
    one.fit(ground)
    score = SCORES.copy()
    score[ground.split.test_images] = 1 - score[ground.split.test_images]
    other.fit(replace(ground, table=replace(ground.table, image_score=score)))
    images = np.arange(COUNT)
    assert one.judge(images).values.tolist() == other.judge(images).values.tolist()


def test_mistakes_are_sentences(ground):
    with pytest.raises(UserError, match=r"^estimator\.kinds=\['taste'\]: choose one or both of expert, deep\.$"):
        BoostedTrees(kinds=["taste"])
    with pytest.raises(UserError, match=r"^estimator: deep features need a network that scores pictures"):
        BoostedTrees().fit(replace(ground, prior=None))
    with pytest.raises(UserError, match=r"all pictures of the train part are on one side of the cut; move data\.cut"):
        BoostedTrees().fit(replace(ground, cut=0.9))
