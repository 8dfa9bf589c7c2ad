from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from piaa_lightning.data.images.stored import Images
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.frozen import fit_scaling, frozen_features

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 3, 8, 8), dtype=np.uint8)


def backbone(padding: str = "zeros", mean: float = 0.5, bias: float = 0.0) -> Backbone:
    convolution = nn.Conv2d(3, 2, 3, padding=1, padding_mode=padding)
    nn.init.constant_(convolution.weight, 0.1)
    nn.init.constant_(convolution.bias, bias)
    network = nn.Sequential(convolution, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Backbone(network, 2, 8, (mean,) * 3, (0.25,) * 3)


def features(tmp_path, made: Backbone, key: str = "these"):
    images = Images(PIXELS, {}, tmp_path / key)
    return frozen_features(made, images, tmp_path / "cache", torch.device("cpu"))


def test_features_are_those_of_the_backbone_and_kept(tmp_path, monkeypatch):
    made = backbone()
    with torch.no_grad():
        expected = made.eval()(torch.from_numpy(PIXELS)).numpy()
    np.testing.assert_array_equal(features(tmp_path, made), expected)
    monkeypatch.setattr(Backbone, "forward", None)  # not needed a second time
    np.testing.assert_array_equal(features(tmp_path, backbone()), expected)


@pytest.mark.parametrize("change", [{"padding": "reflect"}, {"mean": 0.4}, {"bias": 1.0}])
def test_another_backbone_has_its_own_features_even_where_the_weights_are_the_same(tmp_path, change):
    first = features(tmp_path, backbone())
    second = features(tmp_path, backbone(**change))
    assert not np.allclose(first, second)


@pytest.mark.parametrize("share", [0, 0.1, 0.9])
def test_damaged_features_are_computed_anew(tmp_path, share):
    expected = features(tmp_path, backbone())
    (kept,) = (tmp_path / "cache" / "features").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(share * len(whole))])
    np.testing.assert_array_equal(features(tmp_path, backbone()), expected)
    assert kept.read_bytes() == whole


VALUES = np.random.default_rng(1).normal(3, 2, (30, 4)).astype(np.float32) * np.array([1, 5, 0.1, 1], dtype=np.float32)
KNOWN = np.arange(0, 30, 2)


def test_training_images_have_mean_zero_and_spread_one():
    scaled = fit_scaling(VALUES, KNOWN).apply(VALUES).numpy()
    assert scaled.dtype == np.float32
    assert scaled[KNOWN].mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-6)
    assert scaled[KNOWN].std(axis=0) == pytest.approx(np.ones(4), abs=1e-6)


@pytest.mark.parametrize("components", [None, 2])
def test_other_images_have_no_part_in_the_scale(components):
    other = VALUES.copy()
    other[1::2] *= 100
    first, second = (fit_scaling(values, KNOWN, components).apply(VALUES) for values in (VALUES, other))
    assert torch.equal(first, second)


def test_one_scale_serves_another_database():
    scaling = fit_scaling(VALUES, KNOWN)
    own = VALUES[KNOWN].astype(np.float64)
    expected = (2 * VALUES[:3] - own.mean(axis=0)) / own.std(axis=0)
    assert scaling.apply(2 * VALUES[:3]).numpy() == pytest.approx(expected, rel=1e-5)


def test_components_against_scikit_learn():
    from sklearn.decomposition import PCA

    scaled = fit_scaling(VALUES, KNOWN).apply(VALUES).double().numpy()
    expected = PCA(2).fit(scaled[KNOWN]).transform(scaled)
    found = fit_scaling(VALUES, KNOWN, 2).apply(VALUES).double().numpy()
    expected /= expected[KNOWN].std()
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-5)  # axes may point either way
    assert found[KNOWN, 0].std() > found[KNOWN, 1].std()
    assert found[KNOWN].std() == pytest.approx(1, abs=1e-6)


def test_a_feature_that_never_differs_is_zero_and_no_error():
    constant = VALUES.copy()
    constant[:, 2] = 7
    assert (fit_scaling(constant, KNOWN).apply(constant)[:, 2] == 0).all()


@pytest.mark.parametrize("components", [0, 5, -1])
def test_more_components_than_there_are_is_a_sentence(components):
    with pytest.raises(UserError, match=rf"^backbone\.components={components}: give a number from 1 to 4, or null"):
        fit_scaling(VALUES, KNOWN, components)
