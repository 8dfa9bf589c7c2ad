"""Facts of images: from images and networks alone, scaled by training images, computed once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.errors import UserError
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.papers.attribute_network import AttributeNetwork
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.personalizers.image_facts import ImageFacts, standardised
from piaa_lightning.personalizers.personalizer import LeftOutError


@pytest.fixture
def described(context):
    """The context on frozen features, with a network that predicts three attributes."""
    values = torch.from_numpy(np.random.default_rng(5).normal(2, 3, (context.table.images, 6)).astype(np.float32))
    prior = ScoreNetwork(None, ScoreHead(6, hidden=[]))
    network = AttributeNetwork(None, partial(ScoreHead, hidden=[]), 6, partial(TraitHead, traits=3, hidden=[]))
    return replace(context, inputs=Inputs(Features(values)), model=prior, auxiliary={"attributes": network})


def test_contents_are_probabilities_that_follow_the_clusters(described):
    # three clouds far apart: every image is surely of its own cloud
    cloud = np.arange(described.table.images) % 3
    values = torch.eye(6)[cloud] * 9 + torch.randn(len(cloud), 6, generator=torch.Generator().manual_seed(0)) * 0.1
    context = replace(described, inputs=Inputs(Features(values.float())))
    posterior = ImageFacts(clusters=3).content(context)
    np.testing.assert_allclose(posterior.sum(axis=1), 1)
    names = posterior.argmax(axis=1)
    assert len(set(zip(cloud.tolist(), names.tolist(), strict=True))) == 3
    assert posterior.max(axis=1).min() > 0.99


def test_probabilities_of_overlapping_images_are_soft(described):
    posterior = ImageFacts(clusters=4).content(described)
    np.testing.assert_allclose(posterior.sum(axis=1), 1)
    assert (posterior.max(axis=1) < 0.99).any()


def test_attributes_are_those_of_the_network(described):
    network = described.auxiliary["attributes"].eval()
    with torch.no_grad():
        expected = network.both(described.inputs.batch(np.arange(described.table.images)))[1]
    np.testing.assert_allclose(ImageFacts().attributes(described), expected.numpy(), rtol=1e-6)


def test_components_are_those_of_an_svd_of_the_training_images(described):
    values = described.inputs.batch(np.arange(described.table.images)).double().numpy()
    known = described.split.train_images
    axes = np.linalg.svd(values[known] - values[known].mean(axis=0))[2][:2]
    expected = (values - values[known].mean(axis=0)) @ axes.T
    found = ImageFacts(components=2).semantic(described)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found * signs, expected / expected[known].std(), atol=1e-5)


def test_facts_stand_side_by_side_on_the_scale_of_training_images(described):
    both = ImageFacts(clusters=4).of(described)
    assert both.shape == (described.table.images, 3 + 4)
    known = both[described.split.train_images]
    np.testing.assert_allclose(known.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(known.std(axis=0), 1)
    np.testing.assert_array_equal(ImageFacts(["attributes"]).of(described), both[:, :3])
    np.testing.assert_array_equal(ImageFacts(["content"], clusters=4).of(described), both[:, 3:])


def test_a_constant_fact_is_zero(described):
    np.testing.assert_allclose(standardised(np.full((described.table.images, 1), 0.3), described.split), 0, atol=1e-12)


def test_held_out_images_move_no_scale(described):
    values = described.inputs.evaluation.values.clone()
    values[described.split.test_images] *= 7
    moved = replace(described, inputs=Inputs(Features(values)))
    seen = described.split.train_images
    before, after = (ImageFacts(clusters=4).of(context)[seen] for context in (described, moved))
    np.testing.assert_allclose(before, after)


def test_a_network_sees_every_image_once_for_all_methods(described, monkeypatch):
    seen = []
    embed = ScoreNetwork.embed
    monkeypatch.setattr(ScoreNetwork, "embed", lambda self, x: seen.append(len(x)) or embed(self, x))
    for kinds in (["content"], ["content", "attributes"]):
        ImageFacts(kinds, clusters=5).of(described)
    ImageFacts().semantic(described)
    images = described.table.images
    assert sum(seen) == 2 * images  # the prior and the network of attributes


@pytest.mark.parametrize("kinds", [[], ["colour"], ["content", "colour"]])
def test_unknown_kinds_are_a_sentence(kinds):
    with pytest.raises(UserError, match=r"^kinds=.*name one or more of attributes, content"):
        ImageFacts(kinds)


def test_what_is_lacking_leaves_the_row_out_with_the_reason(described):
    with pytest.raises(LeftOutError, match="no network predicts them here; add"):
        ImageFacts().of(replace(described, auxiliary={}))
    with pytest.raises(LeftOutError, match="20 training images cannot be parted into 21 contents"):
        ImageFacts(["content"], clusters=21).of(described)
    with pytest.raises(UserError, match="starts from a prior and none is given"):
        ImageFacts(["content"]).of(replace(described, model=None))


def test_a_backbone_is_looked_through(context):
    assert isinstance(context.model.backbone, nn.Module)
    values = ImageFacts(components=3).semantic(context)
    assert values.shape == (context.table.images, 3)
    assert np.isfinite(values).all()
