from __future__ import annotations

import pytest
import torch

from piaa_lightning.explain.gradient_map import gradient_map


def test_a_linear_score_has_its_weights_as_map():
    weights = torch.zeros(3, 32, 32)
    weights[1, 8:24, 8:24] = -2.0
    found = gradient_map(lambda pictures: (pictures * weights).sum(dim=(1, 2, 3)), torch.rand(3, 32, 32), blur=1)
    assert torch.equal(found, (weights.abs().amax(dim=0) / 2))


def test_it_glows_where_the_score_looks():
    torch.manual_seed(0)
    found = gradient_map(lambda pictures: pictures[:, :, :10, 20:].square().sum(dim=(1, 2, 3)), torch.rand(3, 32, 32))
    assert found.shape == (32, 32)
    assert found[:10, 20:].mean() > 0.6
    assert found[20:, :10].max() == 0
    assert found.max() == pytest.approx(1)


def test_a_constant_score_has_no_map():
    found = gradient_map(lambda pictures: 0 * pictures.sum(dim=(1, 2, 3)), torch.rand(3, 16, 16))
    assert torch.equal(found, torch.zeros(16, 16))


def test_it_works_inside_inference_mode():
    with torch.inference_mode():
        found = gradient_map(lambda pictures: pictures.square().sum(dim=(1, 2, 3)), torch.rand(3, 16, 16))
    assert found.max() == pytest.approx(1)
