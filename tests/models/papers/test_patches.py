"""Networks that look at patches: what is particular about RAPID and DMA."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.double_column import DoubleColumn, StyleColumn
from piaa_lightning.models.papers.patch_aggregation import AGGREGATIONS, PatchAggregation, sorting, statistics
from piaa_lightning.models.trait_head import TraitHead

DRAWN = torch.Generator().manual_seed(0)
VIEWS = torch.randint(0, 256, (4, 6, 3, 2, 2), dtype=torch.uint8, generator=DRAWN)
FEATURES = torch.randn(4, 5, 7, generator=DRAWN)


def backbone() -> Backbone:
    torch.manual_seed(0)
    return Backbone(nn.Sequential(nn.Flatten(), nn.Linear(12, 7)), 7, 2, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))


def networks():
    return {
        "rapid": DoubleColumn(backbone(), ScoreHead, 7),
        "improved": StyleColumn(backbone(), ScoreHead, 7, partial(TraitHead, traits=14)),
        **{name: PatchAggregation(backbone(), ScoreHead, 7, 5, name) for name in AGGREGATIONS},
    }


def test_sorting_is_numpys():
    expected = np.sort(FEATURES.numpy(), axis=1).reshape(4, -1)
    assert sorting(FEATURES).tolist() == expected.tolist()


@pytest.mark.parametrize("patches", [1, 2, 4, 5])
def test_statistics_are_numpys(patches):
    own = FEATURES[:, :patches].numpy()
    expected = np.concatenate([own.min(1), own.max(1), np.median(own, axis=1), own.mean(1)], axis=1)
    assert statistics(FEATURES[:, :patches]).numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_dma_does_not_know_the_order_of_patches_nor_the_whole_image(aggregation):
    net = networks()[aggregation]
    order = torch.tensor([0, 3, 1, 5, 2, 4])
    assert torch.allclose(net(VIEWS[:, order]), net(VIEWS), atol=1e-6)
    whole = VIEWS.clone()
    whole[:, 0] = 7
    assert torch.equal(net(whole), net(VIEWS))
    other = VIEWS.clone()
    other[:, 3] = 255 - other[:, 3]
    assert not torch.allclose(net(other), net(VIEWS), atol=1e-4)


def test_rapid_sees_the_image_and_the_patch_each_with_its_own_column():
    net = networks()["rapid"]
    views = VIEWS[:, :2]
    features = torch.cat([net.backbone(views[:, 0]), net.local(views[:, 1])], dim=1)
    assert torch.equal(net(views), net.head(features))
    several = net.embed(VIEWS)[:, 7:]
    mean = torch.stack([net.local(VIEWS[:, patch]) for patch in range(1, 6)]).mean(dim=0)
    assert torch.allclose(several, mean, atol=1e-6)


@pytest.mark.parametrize("name", networks())
def test_every_part_gets_a_gradient(name):
    net = networks()[name]
    net(VIEWS).sum().backward()
    parts = {part for part, parameter in net.named_parameters() if parameter.grad is not None and parameter.grad.any()}
    assert {part.split(".")[0] for part in parts} == {
        "rapid": {"backbone", "local", "head"},
        "improved": {"backbone", "local", "head"},  # aesthetics do not move the style column
    }.get(name, {"backbone", "head"})
    shared = [id(parameter) for parameter in net.parameters()]
    assert len(set(shared)) == len(shared)


def test_styles_move_the_style_column_alone():
    net = networks()["improved"]
    scores, styles = net.both(VIEWS)
    assert styles.shape == (4, 14)
    assert styles.abs().max() <= 1
    assert torch.equal(scores, net(VIEWS))
    styles.sum().backward()
    moved = {part.split(".")[0] for part, parameter in net.named_parameters() if parameter.grad is not None}
    assert moved == {"style", "styles"}
    before = net(VIEWS)
    with torch.no_grad():
        net.style.network[1].weight += 1
    assert not torch.allclose(net(VIEWS), before)


@pytest.mark.parametrize("name", networks())
def test_images_without_patches_are_a_sentence(name):
    with pytest.raises(UserError, match="looks at patches beside the image, which come without any here"):
        networks()[name](VIEWS[:, 0])


def test_frozen_features_and_unknown_aggregations_are_sentences():
    with pytest.raises(UserError, match=r"^backbone.frozen=true: RAPID looks at images and not at features"):
        DoubleColumn(None, ScoreHead, 7)
    with pytest.raises(UserError, match=r"^task.network.aggregation=max: choose statistics or sorting"):
        PatchAggregation(backbone(), ScoreHead, 7, aggregation="max")
