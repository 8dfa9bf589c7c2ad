"""Estimators of traits are fitted to training users and take the evaluation that networks take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from rating_tables import numbered, table_of

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.ratings import hashed
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.trait_estimator import KnownLikes, TraitEstimator
from piaa_lightning.pipeline.evaluating.evaluate_traits import evaluate_trait_estimator
from piaa_lightning.pipeline.run import refuse_mistakes
from piaa_lightning.pipeline.specs.specs import RunSpec

from composing import config_of

USERS, IMAGES = 12, 60
RANDOM = np.random.default_rng(0)
VALUE = RANDOM.uniform(-1, 1, (IMAGES, 3))


class Seer(TraitEstimator):
    """Knows of every image what it says, and remembers what it was shown."""

    def fit(self, context, train, val):
        self.train, self.val = train, val

    def predict(self, images):
        return VALUE[images, : self.train.traits.shape[1]]


@pytest.fixture
def context(tmp_path) -> ImageContext:
    user, image = RANDOM.integers(0, USERS, 400), RANDOM.integers(0, IMAGES, 400)
    traits = RANDOM.uniform(-1, 1, (USERS, 3)).astype(np.float32)
    traits[1, 2] = np.nan
    known = {"traits": traits, "trait_names": ("O", "C", "E")}
    score = RANDOM.random(400)
    table = table_of(user, image, score, numbered("u", USERS), numbered("p", IMAGES), **known)
    users, images = np.arange(USERS), np.arange(IMAGES)
    split = Split("by hand", users[:6], users[6:8], users[8:], images[:30], images[30:40], images[40:])
    return ImageContext(table, split, Inputs(Features(torch.zeros(IMAGES, 1))), torch.device("cpu"), 0.5, 0, tmp_path)


def likes_of(table, users, images, liked=0.75):
    kept = np.isin(table.user, users) & np.isin(table.image, images) & (table.score >= liked)
    return table.user[kept], table.image[kept]


def test_a_user_is_the_mean_over_what_the_user_likes(context):
    table = context.table
    evaluation = evaluate_trait_estimator(Seer(), context, "seer", "")
    user, image = likes_of(table, range(8, 12), range(40, 60))
    expected = [VALUE[image[user == one]].mean(axis=0) for one in np.unique(user)]
    assert evaluation.users == tuple(hashed(f"u{one:03}") for one in np.unique(user))
    assert evaluation.predicted == pytest.approx(np.stack(expected))
    assert evaluation.traits == pytest.approx(table.traits[np.unique(user)])
    assert (evaluation.method, evaluation.backbone, evaluation.database) == ("seer", "", "tests")
    assert sorted(evaluation.liked.images) == sorted(image)


def test_it_learns_from_training_users_and_chooses_on_validation_users(context):
    seer, table = Seer(), context.table
    evaluate_trait_estimator(seer, context, "seer", "")
    for known, users, images in ((seer.train, range(6), range(30)), (seer.val, (6, 7), range(30, 40))):
        user, image = likes_of(table, [one for one in users if one != 1], images)  # of user 1 a trait is not known
        assert sorted(known.images) == sorted(image)
        assert known.traits == pytest.approx(table.traits[np.unique(user)])
        assert np.array_equal(np.bincount(known.users), np.bincount(user)[np.unique(user)])


def test_traits_and_liking_are_the_methods(context):
    evaluation = evaluate_trait_estimator(Seer(), context, "seer", "", "val", traits=["C"], liked=0.2)
    user, _ = likes_of(context.table, (6, 7), range(30, 40), 0.2)
    assert evaluation.trait_names == ("C",)
    assert len(evaluation.liked.images) == len(user)


def test_means_of_galleries():
    known = KnownLikes(np.array([5, 6, 5, 7]), np.array([0, 0, 1, 1]), np.zeros((2, 5)))
    assert known.means(np.array([[1.0, 0], [3, 0], [1, 2], [2, 2]])).tolist() == [[2, 0], [1.5, 2]]


def test_nobody_to_learn_from_is_a_sentence(context):
    split = replace(context.split, val_users=context.split.val_users[:0])
    with pytest.raises(UserError, match=r"^tests: nobody of the val part has traits and a rating of at least 0\.75"):
        evaluate_trait_estimator(Seer(), replace(context, split=split), "seer", "")


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (
            ["experiment=handcrafted", "methods.segalin.evaluation=images"],
            r"^methods\.segalin\.evaluation=images: GalleryLasso predicts traits; set it to traits\.$",
        ),
        (
            ["experiment=giaa", "+method@methods.hand=handcrafted", "methods.hand.evaluation=traits"],
            r"^methods\.hand\.evaluation=traits: Handcrafted predicts images; set it to images\.$",
        ),
        (
            ["experiment=handcrafted", "methods.segalin.estimator.penalties=[0]"],
            r"^methods\.segalin\.estimator\.penalties=\[0\]: give one or more shares above 0",
        ),
        (
            ["experiment=ba_piaa", "+methods.ba.estimator={_target_: piaa_lightning.estimators.one_user.AsOneUser}"],
            r"^methods\.ba\.evaluation=None: an estimator predicts images or users' traits; set it to images or",
        ),
    ],
)
def test_what_does_not_fit_together_is_a_sentence_before_anything_is_read(overrides, sentence):
    with pytest.raises(UserError, match=sentence):
        refuse_mistakes(RunSpec.of(config_of(*overrides)))
