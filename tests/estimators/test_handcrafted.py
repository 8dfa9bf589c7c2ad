"""The classical row learns what its features can tell, keeps what it measured, and says what it cannot do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from rating_tables import scored_images

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.splits import random_images
from piaa_lightning.errors import UserError
from piaa_lightning.estimators import handcrafted, image_features
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.handcrafted import Handcrafted
from piaa_lightning.estimators.image_features import simple_of
from piaa_lightning.features import SIMPLE, simple_features

COUNT = 60


@pytest.fixture
def context(tmp_path):
    """Images with fine vertical stripes are good, those with horizontal ones bad; all are equally bright."""
    random = np.random.default_rng(0)
    good = random.random(COUNT) < 0.6
    for number in range(COUNT):
        wave = 128 + 60 * np.sin(np.arange(48) * (0.7 + 0.4 * random.random()))
        image = np.broadcast_to(wave[None, :, None], (48, 48, 3)) + random.normal(0, 8, (48, 48, 3))
        image = image if good[number] else image.transpose(1, 0, 2)
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(tmp_path / f"{number}.png")
    ids = np.array([str(number) for number in range(COUNT)])
    score = np.where(good, 0.45, 0.43).astype(np.float32) + random.random(COUNT).astype(np.float32) / 1000
    files = np.array([f"{name}.png" for name in ids])
    table = scored_images(score, images=ids, root=tmp_path, image_files=files)
    split = random_images(table, test_images=20, val_images=10)
    inputs = Inputs(Features(torch.zeros(COUNT, 1)))
    return ImageContext(table, split, inputs, torch.device("cpu"), 4 / 9, 0, tmp_path / "cache")


SMALL = {"gaussians": 4, "components": 8, "vocabulary": 20, "per_image": 30}


def test_fisher_vectors_and_a_machine_tell_directions_apart(context):
    one = Handcrafted(kinds=["sift"], strengths=[10.0], **SMALL)
    one.fit(context)
    test = context.split.test_images
    prediction = one.predict(test)
    assert (prediction.threshold, prediction.ordered, prediction.votes) == (0.0, True, None)
    right = (prediction.values > 0) == (context.table.image_score[test] > 4 / 9)
    assert right.mean() >= 0.9, prediction.values
    again = Handcrafted(kinds=["sift"], strengths=[10.0], **SMALL)
    again.fit(context)
    assert again.predict(test).values.tolist() == prediction.values.tolist()


def test_kinds_stand_one_after_the_other(context):
    one = Handcrafted(kinds=["colour"], **SMALL)
    one.fit(context)
    assert one._features(context.split.test_images).shape == (20, 2 * 4 * 8)
    both = Handcrafted(kinds=["sift", "colour", "simple"], **SMALL)
    both.fit(context)
    assert both._features(context.split.test_images).shape == (20, 2 * 2 * 4 * 8 + len(SIMPLE))


def test_validation_images_choose_the_strength(context, monkeypatch):
    right = {0.1: 0.7, 1.0: 0.9, 10.0: 0.9}
    monkeypatch.setattr(handcrafted, "balanced_accuracy", lambda values, scores, *cuts: right[next(order)])
    order = iter(right)
    asked = []
    scored = ImageContext.scored
    monkeypatch.setattr(ImageContext, "scored", lambda self, part: asked.append(part) or scored(self, part))
    one = Handcrafted(kinds=["simple"])
    one.fit(context)
    assert one.chosen == one.machine.C == 1.0
    assert asked == ["train", "val"]


def test_only_training_and_validation_images_have_a_part(context):
    one = Handcrafted(kinds=["sift"], **SMALL)
    one.fit(context)
    score = context.table.image_score.copy()
    score[context.split.test_images] = np.random.default_rng(1).random(20)
    other = Handcrafted(kinds=["sift"], **SMALL)
    other.fit(replace(context, table=replace(context.table, image_score=score)))
    images = np.arange(COUNT)
    assert other.predict(images).values.tolist() == one.predict(images).values.tolist()


def test_simple_features_are_those_of_the_files_and_measured_once(context, monkeypatch):
    images = np.array([3, 1, 7])
    found = simple_of(context, images)
    for row, number in zip(found, images, strict=True):
        assert row.tolist() == simple_features(np.asarray(Image.open(context.table.root / f"{number}.png"))).tolist()
    monkeypatch.setattr(image_features, "simple_features", None)
    assert simple_of(context, images).tolist() == found.tolist()


def test_fewer_training_images_may_be_asked_for(context):
    one = Handcrafted(kinds=["simple"], at_most=12, strengths=[1.0])
    one.fit(context)
    assert one.scale.n_samples_seen_ == 12


@pytest.mark.parametrize(
    ("change", "options", "sentence"),
    [
        ({}, {"kinds": ["sift", "taste"]}, r"estimator.kinds=\['sift', 'taste'\]: choose some of sift, colour, simple"),
        (
            {"threshold": 0.9},
            {"kinds": ["simple"]},
            "all images of the train part are on one side of the threshold",
        ),
        (
            {},
            {"kinds": ["sift"], **SMALL, "vocabulary": 1, "per_image": 3},
            "3 descriptors of 128 values are too few",
        ),
    ],
)
def test_mistakes_are_sentences(context, change, options, sentence):
    with pytest.raises(UserError, match=sentence):
        Handcrafted(**options).fit(replace(context, **change))


def test_a_broken_image_is_a_sentence(context):
    (context.table.root / f"{context.split.train_images[0]}.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=f"{context.split.train_images[0]}.png"):
        Handcrafted(kinds=["simple"]).fit(context)
