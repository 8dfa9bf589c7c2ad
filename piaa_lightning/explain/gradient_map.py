"""Where a picture would have to change for its score to change most."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d


def gradient_map(
    score: Callable[[Tensor], Tensor], picture: Tensor, samples: int = 8, noise: float = 0.1, blur: int = 9
) -> Tensor:
    """Return the size of the score's gradient at every pixel, averaged over noisy copies of the picture.

    Source: Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2013, for the gradient (the largest
    over colours); Smilkov et al., "SmoothGrad", 2017, for the average over copies.

    NOTE: it is blurred, since single pixels are no parts of a picture that a person would name.

    Args:
        score: scores ``(batch, 3, height, width)`` floats, differentiably.
        picture: ``(3, height, width)`` as the network sees it, normalised.
        samples: noisy copies.
        noise: their standard deviation, as a share of the picture's range.
        blur: side of the averaged square in pixels, odd.

    Returns:
        ``(height, width)``, from 0 to 1, all 0 where nothing changes the score.
    """
    drawn = torch.Generator().manual_seed(0)
    spread = noise * float(picture.max() - picture.min())
    copies = picture + spread * torch.randn(samples, *picture.shape, generator=drawn)
    with torch.inference_mode(False), torch.enable_grad():
        copies = copies.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(score(copies).sum(), copies)
    size = gradient.abs().amax(dim=1).mean(dim=0)
    for _ in range(2):  # twice, which is nearly a Gaussian
        size = avg_pool2d(size[None, None], blur, stride=1, padding=blur // 2, count_include_pad=False)[0, 0]
    return size / size.max() if size.max() > 0 else torch.zeros_like(size)
