from dataclasses import replace

import numpy as np
import pytest
import torch

from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.fusion import fused
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.models.two_streams import TwoStreams
from piaa_lightning.personalizers.fine_tune import FineTune
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.personal_network import fused_weights

SETTINGS = {"layers": "all", "rate": 1.0, "steps": 3}


def prepared(ground, fusion, personalizer=None):
    torch.manual_seed(0)
    joint = TwoStreams(ground.prior.backbone, lambda n: DistributionHead(n, 5), 8, lambda n: TraitHead(n, traits=4))
    chosen = personalizer or FineTune(InnerLoop(rates={"backbone": 0.0, "head": 0.0, "head.fusion": 0.01}), steps=[3])
    chosen.prepare(replace(ground, prior=fused(joint, fusion)))
    return chosen


def test_constant_weights_are_the_parameters_of_the_persons_network(ground, support):
    personalizer = prepared(ground, "constant")
    person = personalizer.fit(support(), SETTINGS)
    own = person.network.head.fusion.weight
    assert fused_weights(person, ground.split.test_images) == pytest.approx(own.detach().double().numpy())
    assert own.abs().min() > 0
    assert not personalizer.scorer.prior.head.fusion.weight.any()  # the prior was read and not moved


def test_weights_of_pictures_are_averaged(ground, support):
    person = prepared(ground, "mlp").fit(support(), SETTINGS)
    images = ground.split.test_images
    one_by_one = np.stack([fused_weights(person, images[[k]]) for k in range(len(images))])
    assert np.ptp(one_by_one, axis=0).max() > 0
    assert fused_weights(person, images) == pytest.approx(one_by_one.mean(axis=0), abs=1e-6)


def test_a_personal_network_scores_as_before(ground, support):
    personalizer = prepared(ground, "constant")
    person, images = personalizer.fit(support(), SETTINGS), ground.split.test_images
    assert np.array_equal(person(images), personalizer.scorer.score(person.network, images))
    assert person(images) == pytest.approx(personalizer.trace(support(), images, [SETTINGS])[0], abs=1e-5)


def test_what_has_no_fusion_has_no_weights(ground, support):
    images = ground.split.test_images
    assert fused_weights(prepared(ground, "none").fit(support(), SETTINGS), images) is None
    assert fused_weights(prepared(ground, "constant").fit(support(), SETTINGS | {"steps": 0}), images) is None
    assert fused_weights(prepared(ground, "constant", Generic()).fit(support(), {}), images) is None
