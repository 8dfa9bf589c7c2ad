"""What fits users, fitted to everybody's average."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rating_tables import scored_images

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.splits import random_images
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.one_user import AsOneUser
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.image_facts import ImageFacts
from piaa_lightning.personalizers.personalizer import Personalizer
from piaa_lightning.personalizers.usar import USAR

COUNT = 400
FEATURES = torch.randn(COUNT, 6, generator=torch.Generator().manual_seed(0))
TRUTH = FEATURES[:, :2].sum(dim=1).sigmoid().numpy()


class Attributes(torch.nn.Module):
    """Sees two of the features as attributes; the first is worth something."""

    def both(self, inputs):
        return inputs[:, 0], inputs[:, [0, 5]].tanh()


@pytest.fixture
def context() -> ImageContext:
    table = scored_images(TRUTH)
    torch.manual_seed(0)
    prior, split = ScoreNetwork(None, ScoreHead(6)), random_images(table, test_images=100, val_images=60)
    auxiliary = {"attributes": Attributes()}
    return ImageContext(table, split, Inputs(Features(FEATURES)), torch.device("cpu"), 0.5, 0, Path(), prior, auxiliary)


def usar(*parts: str) -> USAR:
    return USAR(parts, ImageFacts(components=6), weights=[0.03, 0.3])


@pytest.mark.parametrize(("parts", "least"), [(["ppr"], 0.7), (["pad"], 0.4), (["ppr", "pad"], 0.7)])
def test_the_crowds_ranker_orders_images_that_it_has_not_seen(context, parts, least):
    crowd = AsOneUser(usar(*parts), shots=150)
    crowd.fit(context)
    test = context.split.test_images
    prediction = crowd.predict(test)
    assert (prediction.threshold, prediction.ordered, prediction.votes) == (None, True, None)
    assert srocc(prediction.values, TRUTH[test]) > least
    generic = context.model(FEATURES[test]).detach().numpy()
    assert srocc(prediction.values, TRUTH[test]) > srocc(generic, TRUTH[test])


class Told(Personalizer):
    """Says what it was given, and one of two things."""

    def __init__(self):
        self.seen = []

    def candidates(self):
        return [{"sign": 0}, {"sign": -1}, {"sign": 1}]

    def fit_user(self, support, settings):
        self.seen.append(support)
        return lambda images: settings["sign"] * TRUTH[images]


def test_support_is_of_training_images_and_validation_images_choose(context):
    told = Told()
    crowd = AsOneUser(told, shots=50)
    crowd.fit(context)
    assert crowd.chosen == {"sign": 1}
    for support in told.seen:
        assert len(support.images) == 50
        assert np.isin(support.images, context.split.train_images).all()
        assert support.scores.tolist() == TRUTH[support.images].tolist()
    assert crowd.predict(np.array([3, 7])).values.tolist() == TRUTH[[3, 7]].tolist()


def test_all_training_images_where_there_are_fewer_and_another_seed_draws_others(context):
    one, two, whole = Told(), Told(), Told()
    AsOneUser(one, 50).fit(context)
    AsOneUser(two, 50).fit(replace(context, seed=1))
    AsOneUser(whole).fit(context)
    assert one.seen[0].images.tolist() != two.seen[0].images.tolist()
    assert whole.seen[0].images.tolist() == context.split.train_images.tolist()


def test_what_it_stands_on_is_missed_in_a_sentence(context):
    with pytest.raises(UserError, match=r"^USAR cannot evaluate images: it stands on attributes, and no network"):
        AsOneUser(usar("pad")).fit(replace(context, auxiliary={}))
