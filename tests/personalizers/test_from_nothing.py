"""Users of whom no rating is known: who scores them, and by what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from rating_tables import everybody, numbered, table_of

from piaa_lightning.evaluation.protocol import Protocol, choose, evaluate, sizes_for
from piaa_lightning.personalizers.crowd import Crowd
from piaa_lightning.personalizers.fine_tune import FineTune
from piaa_lightning.personalizers.gaussian_process import GaussianProcess
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.generic_affine import GenericAffine
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess
from piaa_lightning.personalizers.layers_ridge import LayersRidge
from piaa_lightning.personalizers.personalizer import LeftOutError, Support
from piaa_lightning.personalizers.random import Random
from piaa_lightning.personalizers.ridge import Ridge
from piaa_lightning.personalizers.trait_conditioned import TraitConditioned

GENERIC = {
    "generic": Generic,
    "generic + affine": GenericAffine,
    "fine-tuning": lambda: FineTune(steps=[1, 3]),
    "users at once": lambda: FineTune(steps=[1, 3], user_batch_size=4),
    "hierarchical": lambda: Hierarchical(prior_variances=[0.5, 1.0]),
    "gp": lambda: GaussianProcess(ratings=10),
    "process": lambda: HierarchicalProcess(near=GaussianProcess(ratings=10)),
}


def prepared(method, context):
    method.prepare(context)
    return method


@pytest.mark.parametrize("make", GENERIC.values(), ids=GENERIC)
def test_who_knows_nothing_of_a_user_takes_the_generic_order(context, support, make):
    images = context.split.test_images
    with torch.no_grad():
        everything = context.model.eval()(context.inputs.batch(np.arange(context.table.images))).numpy()
    agreed = 0.25 + (everything - everything.min()) / np.ptp(everything) / 2
    noise = 0.1 * np.random.default_rng(0).standard_normal(context.table.ratings)
    rated = (agreed[context.table.image] + noise).astype(np.float32)
    context = replace(context, table=replace(context.table, score=rated))  # users who by and large agree with it
    method = prepared(make(), context)
    assert method.from_nothing
    generic = prepared(Generic(), context).scores[images]
    order = np.argsort(generic, kind="stable").tolist()
    (traced,) = method.trace_all([support(shots=0)], [images], method.candidates())
    assert len(traced) == len(method.candidates())
    for scores in (*traced, method.fit_user(support(shots=0), method.candidates()[0])(images)):
        assert np.argsort(scores, kind="stable").tolist() == order


def test_a_profile_tells_before_the_first_rating(context):
    """Users who like an image the more for its first feature the older they are: age alone gives the order."""
    random = np.random.default_rng(0)
    users, images = 60, context.split.test_images
    hierarchical = prepared(Hierarchical(components=3), context)
    values = hierarchical.features.values[:, 0].astype(np.float64)
    ages = random.normal(40, 10, users)
    user, image = everybody(users, context.table.images)
    score = 0.5 + 0.1 * ((ages[user] - 40) / 10) * values[image] / values.std()
    table = table_of(
        user, image, score.clip(0, 1), numbered("u", users), context.table.image_ids,
        traits=ages[:, None].astype(np.float32), trait_names=("age",),
    )  # fmt: skip
    split = replace(context.split, train_users=np.arange(50), val_users=np.arange(50, 55), test_users=np.arange(55, 60))
    known = replace(context, table=table, split=split)
    told = {}
    for name, method in (
        ("profile", TraitConditioned(components=3, effect_users=0.0)),
        ("nothing", Hierarchical(components=3)),
    ):
        prepared(method, known)
        rows = split.rows(table, "test")
        chosen = choose(table, split.rows(table, "val"), [0], Protocol(repeats=1), name, method)
        records = evaluate(table, rows, [0], Protocol(repeats=2), name, "", method, chosen)
        assert {(r.n_support, r.n_query) for r in records} == {(0, len(images))}
        told[name] = np.mean([r.value for r in records if r.metric == "srocc"])
    # a single rating says nothing of an order, and takes nothing of what the traits say
    profile = prepared(TraitConditioned(components=3, effect_users=0.0), known)
    one, none = (
        profile.trace(
            Support(56, images[:k], table.score[56 * table.images + images[:k]]), images, [{"prior_variance": 1.0}]
        )
        for k in (1, 0)
    )
    assert one[0].tolist() == none[0].tolist()
    assert told["profile"] > 0.9
    assert told["nothing"] < 0.5


class TestSizes:
    def test_zero_is_for_those_that_can(self):
        assert sizes_for(Crowd(), [0, 10]) == sizes_for(Random(), [0, 10]) == [0, 10]
        assert sizes_for(Ridge(), [0, 10]) == sizes_for(LayersRidge(), [0, 10]) == [10]

    def test_who_needs_a_rating_is_left_out_of_a_table_of_none(self):
        with pytest.raises(LeftOutError, match="it scores nobody before the first rating; give shots from 1"):
            sizes_for(Ridge(), [0])


def test_a_user_without_ratings_moves_no_network(context, support):
    before = {name: value.clone() for name, value in context.model.state_dict().items()}
    method = prepared(FineTune(steps=[2]), context)
    images = context.split.test_images
    method.fit_user(Support(4, images[:0], context.table.score[:0]), method.candidates()[0])(images)
    assert all(torch.equal(value, before[name]) for name, value in context.model.state_dict().items())
