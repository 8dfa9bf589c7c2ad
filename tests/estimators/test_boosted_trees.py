"""Trees on what experts measure and on what a network sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rating_tables import scored_images
from sklearn.metrics import log_loss

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.splits import random_images
from piaa_lightning.errors import UserError
from piaa_lightning.estimators import boosted_trees
from piaa_lightning.estimators.boosted_trees import BoostedTrees, deep_features
from piaa_lightning.estimators.estimator import ImageContext
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
def context(monkeypatch) -> ImageContext:
    monkeypatch.setattr(boosted_trees, "simple_of", lambda context, images: EXPERT[images])
    table = scored_images(SCORES)
    split = random_images(table, test_images=100, val_images=60)
    inputs = Inputs(Features(torch.from_numpy(DEEP)))
    prior = ScoreNetwork(None, ScoreHead(4))
    return ImageContext(table, split, inputs, torch.device("cpu"), 0.5, 0, Path(), prior)


def right(context: ImageContext, **options) -> float:
    trees = BoostedTrees(rate=0.2, **options)
    trees.fit(context)
    test = context.split.test_images
    prediction = trees.predict(test)
    assert prediction.threshold == 0.5
    assert ((prediction.values >= 0) & (prediction.values <= 1)).all()
    return float(((prediction.values > 0.5) == GOOD[test]).mean())


@pytest.mark.slow
def test_what_takes_both_kinds_is_learnt_from_both_alone(context):
    assert right(context) > 0.85
    assert right(context, kinds=["expert"]) < 0.65
    assert right(context, kinds=["deep"]) < 0.65


def test_principal_components_of_the_deep_features_are_those_of_training_images(context):
    trees = BoostedTrees(kinds=["deep"], trees=2, components=2)
    trees.fit(context)
    own = DEEP[context.split.train_images].astype(np.float64)
    axes = np.linalg.svd(own - own.mean(axis=0), full_matrices=False)[2][:2]
    expected = (DEEP[:5] - own.mean(axis=0)) @ axes.T
    assert np.abs(trees._features(np.arange(5))) == pytest.approx(np.abs(expected), abs=1e-5)


def test_validation_images_say_how_many_trees(context):
    trees = BoostedTrees(trees=60, rate=0.5)
    trees.fit(context)
    val = context.split.val_images
    staged = list(trees.machine.staged_predict_proba(trees._features(val)))
    losses = [log_loss(GOOD[val], share) for share in staged]
    assert losses[trees.used - 1] == min(losses)
    assert 1 < trees.used < 60
    assert trees.predict(val).values.tolist() == staged[trees.used - 1][:, 1].tolist()


def test_deep_features_are_what_the_head_sees_batch_by_batch(context):
    images = np.arange(COUNT)[::-1].copy()  # more than one batch
    assert deep_features(context, images) == pytest.approx(DEEP[images])


def test_test_images_have_no_part(context):
    one, other = BoostedTrees(trees=5), BoostedTrees(trees=5)
    one.fit(context)
    score = SCORES.copy()
    score[context.split.test_images] = 1 - score[context.split.test_images]
    other.fit(replace(context, table=replace(context.table, image_score=score)))
    images = np.arange(COUNT)
    assert one.predict(images).values.tolist() == other.predict(images).values.tolist()


def test_mistakes_are_sentences(context):
    with pytest.raises(UserError, match=r"^estimator\.kinds=\['taste'\]: choose one or both of expert, deep\.$"):
        BoostedTrees(kinds=["taste"])
    with pytest.raises(UserError, match=r"^estimator: deep features need a network that scores images"):
        BoostedTrees().fit(replace(context, model=None))
    with pytest.raises(
        UserError, match=r"all images of the train part are on one side of the threshold; move data\.threshold"
    ):
        BoostedTrees().fit(replace(context, threshold=0.9))
