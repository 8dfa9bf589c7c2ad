import sys

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.explain.gradient_map import concentration, gradient_map, smoothed


def test_the_map_is_the_largest_absolute_gradient_over_colours():
    weights = torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(0))
    images = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    found = gradient_map(lambda x: (x * weights).sum(dim=(1, 2, 3)).tanh(), images, blur=0)
    outer = 1 - (images * weights).sum(dim=(1, 2, 3)).tanh() ** 2
    expected = torch.stack([(weights * outer[k]).abs().amax(dim=0) for k in range(2)])
    torch.testing.assert_close(found, expected)


def test_it_works_where_gradients_are_off_and_leaves_nothing_behind():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1), torch.nn.Flatten(0))
    with torch.inference_mode():
        images = torch.ones(1, 3, 2, 2)
        found = gradient_map(network, images, blur=0)
    assert not found.requires_grad
    assert not images.requires_grad
    assert [parameter.grad for parameter in network.parameters()] == [None, None]
    assert (found > 0).all()


def test_a_box_that_passes_twice_is_a_triangle():
    point = torch.zeros(1, 9, 9)
    point[0, 4, 4] = 1
    weights = torch.tensor([0, 0, 1, 2, 3, 2, 1, 0, 0]) / 9
    torch.testing.assert_close(smoothed(point, 3 / 9)[0], weights[:, None] * weights)
    flat = torch.ones(1, 9, 9)
    torch.testing.assert_close(smoothed(flat, 3 / 9), flat)  # borders average what they have
    assert smoothed(point, 0) is point


@pytest.mark.parametrize(("filled", "share"), [(100, 0.1), (10, 1.0), (1, 1.0), (20, 0.5), (0, 0.1)])
def test_concentration_is_the_share_of_the_strongest_tenth(filled, share):
    flat = torch.zeros(100)
    flat[:filled] = 2.5
    assert concentration(flat.view(1, 10, 10)).item() == pytest.approx(share)


def test_without_captum_a_sentence_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(UserError, match=r"pip install 'piaa-lightning\[explain\]'"):
        gradient_map(lambda x: x.sum(dim=(1, 2, 3)), torch.zeros(1, 3, 2, 2))
