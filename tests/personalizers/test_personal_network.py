from dataclasses import replace

import numpy as np
import pytest
import torch

from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.papers.fusion import fused
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.personalizers.fine_tune import FineTune
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.personal_network import fused_weights

SETTINGS = {"layers": "all", "lr_multiplier": 1.0, "steps": 3}


def prepared(context, fusion, personalizer=None):
    torch.manual_seed(0)
    joint = TwoStreams(context.model.backbone, lambda n: DistributionHead(n, 5), 8, lambda n: TraitHead(n, traits=4))
    chosen = personalizer or FineTune(
        inner=InnerLoop(lr_by_part={"backbone": 0.0, "head": 0.0, "head.fusion": 0.01}), steps=[3]
    )
    chosen.prepare(replace(context, model=fused(joint, fusion)))
    return chosen


def test_constant_weights_are_the_parameters_of_the_persons_network(context, support):
    personalizer = prepared(context, "constant")
    user = personalizer.fit_user(support(), SETTINGS)
    own = user.network.head.fusion.weight
    assert fused_weights(user, context.split.test_images) == pytest.approx(own.detach().double().numpy())
    assert own.abs().min() > 0
    assert not personalizer.scorer.model.head.fusion.weight.any()  # the prior was read and not moved


def test_weights_of_images_are_averaged(context, support):
    user = prepared(context, "mlp").fit_user(support(), SETTINGS)
    images = context.split.test_images
    one_by_one = np.stack([fused_weights(user, images[[k]]) for k in range(len(images))])
    assert np.ptp(one_by_one, axis=0).max() > 0
    assert fused_weights(user, images) == pytest.approx(one_by_one.mean(axis=0), abs=1e-6)


def test_a_personal_network_scores_as_before(context, support):
    personalizer = prepared(context, "constant")
    user, images = personalizer.fit_user(support(), SETTINGS), context.split.test_images
    assert np.array_equal(user(images), personalizer.scorer.score(user.network, images))
    assert user(images) == pytest.approx(personalizer.trace(support(), images, [SETTINGS])[0], abs=1e-5)


def test_what_has_no_fusion_has_no_weights(context, support):
    images = context.split.test_images
    assert fused_weights(prepared(context, "none").fit_user(support(), SETTINGS), images) is None
    assert fused_weights(prepared(context, "constant").fit_user(support(), SETTINGS | {"steps": 0}), images) is None
    assert fused_weights(prepared(context, "constant", Generic()).fit_user(support(), {}), images) is None
