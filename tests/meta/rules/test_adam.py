import pytest
import torch

from piaa_lightning.meta.rules.adam import InnerAdam


def gradients(seed, shapes, steps):
    generator = torch.Generator().manual_seed(seed)
    return [[torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes] for _ in range(steps)]


SHAPES = [(3, 4), (5,)]


def test_with_bias_correction_it_is_torch_adam():
    ours = [torch.ones(shape, dtype=torch.float64) for shape in SHAPES]
    theirs = [torch.nn.Parameter(parameter.clone()) for parameter in ours]
    adam = InnerAdam([([ours[0]], 1e-2), ([ours[1]], 1e-1)], betas=(0.9, 0.999), eps=1e-8, bias_correction=True)
    reference = torch.optim.Adam([{"params": [theirs[0]], "lr": 1e-2}, {"params": [theirs[1]], "lr": 1e-1}], eps=1e-8)
    for step in gradients(0, SHAPES, 7):
        adam.step(step)
        for parameter, gradient in zip(theirs, step, strict=True):
            parameter.grad = gradient.clone()
        reference.step()
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, other.detach(), rtol=1e-12, atol=1e-12)


def test_without_it_follows_the_talks_formulas():
    mu, alpha, eps = 0.9, 0.05, 1e-3
    theta = torch.tensor([1.0, -2.0], dtype=torch.float64)
    adam = InnerAdam([([theta], alpha)], betas=(mu, mu), eps=eps, bias_correction=False)
    expected, first, second = [1.0, -2.0], [0.0, 0.0], [0.0, 0.0]
    for step in gradients(1, [(2,)], 5):
        adam.step(step)
        for i, g in enumerate(step[0].tolist()):
            first[i] = mu * first[i] + (1 - mu) * g
            second[i] = mu * second[i] + (1 - mu) * g * g
            expected[i] -= alpha * first[i] / (second[i] ** 0.5 + eps)
    assert theta.tolist() == pytest.approx(expected, abs=1e-12)


def test_two_optimizers_share_nothing():
    one, two = torch.zeros(2), torch.zeros(2)
    first = InnerAdam([([one], 1.0)])
    second = InnerAdam([([two], 1.0)])
    first.step([torch.ones(2)])
    assert second.steps == 0
    assert second.first[0].abs().sum() == 0
    assert two.abs().sum() == 0
