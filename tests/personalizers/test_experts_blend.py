"""A user as a blend of experts' scores: found again where users were drawn as blends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from rating_tables import everybody, numbered, table_of
from torch import nn

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.experts_blend import ExpertsBlend
from piaa_lightning.personalizers.personalizer import LeftOutError, Support
from piaa_lightning.pipeline.specs.specs import RunSpec

from composing import config_of

USERS, IMAGES = 40, 120


class Expert(nn.Module):
    """Scores an image by one of its features."""

    def __init__(self, feature: int) -> None:
        super().__init__()
        self.feature = feature

    def forward(self, inputs):
        return inputs[:, self.feature]


@pytest.fixture
def drawn(context):
    """Users whose ratings are .2 + a_0 generic + a_1 first + a_2 second, with a little noise; and the a."""
    random = np.random.default_rng(0)
    values = random.random((IMAGES, 6)).astype(np.float32)
    torch.manual_seed(0)
    model = ScoreNetwork(None, ScoreHead(6))
    with torch.no_grad():
        generic = model.eval()(torch.from_numpy(values)).numpy()
    blends = np.stack([1 + 0.1 * random.standard_normal(USERS), *(0.3 * random.standard_normal((2, USERS)))], axis=1)
    user, image = everybody(USERS, IMAGES)
    scores = np.column_stack([generic, values[:, 4], values[:, 5]])
    score = (scores[image] * blends[user]).sum(axis=1) + 0.01 * random.standard_normal(len(user))
    score = (score - score.min()) / (score.max() - score.min())
    table = table_of(user, image, score, numbered("u", USERS), numbered("p", IMAGES))
    users, images = np.split(np.arange(USERS), [30, 32]), np.split(np.arange(IMAGES), [40, 60])
    split = replace(
        context.split,
        **dict(zip(("train_users", "val_users", "test_users"), users, strict=True)),
        **dict(zip(("train_images", "val_images", "test_images"), images, strict=True)),
    )
    return replace(
        context,
        table=table,
        split=split,
        inputs=Inputs(Features(torch.from_numpy(values))),
        model=model,
        auxiliary={"first": Expert(4), "second": Expert(5)},
    )


def missed(method, context, shots=6):
    """How far the order of other images is from the user's own, the median over users."""
    method.prepare(context)
    found = []
    for user in context.split.test_users:
        rows = np.flatnonzero((context.table.user == user) & (context.table.image >= 60))
        asked, rest = rows[:shots], rows[shots:]
        told = Support(int(user), context.table.image[asked], context.table.score[asked])
        scores = method.fit_user(told, {"prior_variance": 1.0})(context.table.image[rest])
        found.append(1 - np.corrcoef(scores, context.table.score[rest])[0, 1])
    return float(np.median(found))


def test_a_blend_is_found_from_six_ratings(drawn):
    assert missed(ExpertsBlend(), drawn) < 0.02
    one = replace(drawn, auxiliary={"first": drawn.auxiliary["first"]})
    assert missed(ExpertsBlend(), one) > 0.1  # what the second expert knows cannot be said without it


def test_experts_of_the_library_are_those_of_a_run(drawn):
    given = ExpertsBlend(experts=list(drawn.auxiliary.values()))
    assert missed(given, replace(drawn, auxiliary={})) == missed(ExpertsBlend(), drawn)


@pytest.mark.parametrize("mean", ["generic", "learnt"])
def test_no_rating_at_all_is_the_mean_blend(drawn, mean):
    """Of users who all weigh the first expert by .5, one is expected to."""
    values = drawn.inputs.evaluation.values
    with torch.no_grad():
        generic = drawn.model.eval()(values).numpy()
    truth = generic + 0.5 * values.numpy()[:, 4] - 0.25
    method = ExpertsBlend(mean=mean)
    table = replace(drawn.table, score=truth[drawn.table.image].astype(np.float32))
    method.prepare(replace(drawn, table=table))
    images = drawn.split.test_images
    expected = method.mean(39, images)
    alike = np.corrcoef(expected, truth[images])[0, 1]
    assert (alike > 0.99) == (mean == "learnt")
    if mean == "generic":
        assert abs(np.corrcoef(expected, method.features.generic[images])[0, 1]) == pytest.approx(1)


def test_a_single_generic_set_is_left_out_with_its_reason(context):
    with pytest.raises(LeftOutError, match=r"experts of two generic sets or more, and there is one; add for instance"):
        ExpertsBlend().prepare(context)


def test_the_experts_of_a_run_are_its_tasks_of_that_name():
    words = ["experiment=personal", "method=experts_blend", "logger=none"]
    assert RunSpec.of(config_of(*words)).methods["personal"].auxiliary == {}
    words += ["+data@databases.aadb=aadb", "+task@tasks.experts.aadb=generic", "tasks.experts.aadb.database=aadb"]
    found = RunSpec.of(config_of(*words)).methods["personal"].auxiliary
    assert found["aadb"].sources[0].database == "aadb"
