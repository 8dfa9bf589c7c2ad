"""Images are seen through a backbone that is trained with each network, or frozen and on one scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.images.stored import Images
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.feature_extractor import FeatureExtractor


@pytest.fixture
def backbone():
    torch.manual_seed(0)
    return build_backbone("small_cnn", size=16, width=2, features=6).eval()


@pytest.fixture
def images() -> Images:
    return Images(np.random.default_rng(0).integers(0, 256, (20, 3, 16, 16)).astype(np.uint8), {})


def test_a_backbone_that_is_trained_is_a_part_of_each_network(backbone, images):
    extractor = FeatureExtractor(backbone, components=3)
    one, other = extractor.copy(), extractor.copy()
    assert next(one.parameters()).data_ptr() != next(other.parameters()).data_ptr()
    assert (extractor.size, extractor.features) == (16, 6)  # components are of frozen features alone
    inputs = extractor.normalise(images.batch(np.arange(4)))
    assert extractor(inputs) is inputs


def test_frozen_features_are_on_the_scale_of_the_first_training_images(backbone, images):
    extractor = FeatureExtractor(backbone, frozen=True)
    assert extractor.trained is None
    assert extractor.copy() is None
    training = np.arange(8)
    found = extractor.features_of(images, training)
    with torch.no_grad():
        plain = backbone(images.batch(np.arange(20))).double().numpy()
    spread = plain[training].std(axis=0)
    expected = (plain - plain[training].mean(axis=0)) / np.where(spread > 0, spread, 1)
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-4)
    # another database is on the same scale
    np.testing.assert_array_equal(extractor.features_of(images, np.arange(12, 20)).numpy(), found.numpy())


@pytest.mark.parametrize("components", [None, 3])
def test_pixels_lead_to_the_same_features_and_gradients_pass(backbone, images, components):
    extractor = FeatureExtractor(backbone, frozen=True, components=components)
    stored = extractor.features_of(images, np.arange(20))
    assert stored.shape == (20, extractor.features) == (20, components or 6)
    inputs = extractor.normalise(images.batch(np.arange(5))).requires_grad_()
    features = extractor(inputs)
    np.testing.assert_allclose(features.detach().numpy(), stored[:5].numpy(), atol=1e-4)
    network = torch.nn.Linear(extractor.features, 1)
    (gradient,) = torch.autograd.grad(extractor.scores(network)(inputs).sum(), inputs)
    assert gradient.abs().sum() > 0
