"""A cover: the best images that do not all show the same."""

from __future__ import annotations

import torch
from torch import Tensor


def choose_cover(scores: Tensor, rows: Tensor, count: int, diversity: float = 0.5) -> list[int]:
    """Choose by maximal marginal relevance: each next image is liked much and like none of those before.

    Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998, with the cosine of the
    components as likeness, none below 0: an opposite is not worth more than something else. Scores are brought to
    [0, 1] over the folder, so that both count in the same unit.

    Args:
        scores: ``(images,)``.
        rows: ``(images, 1 + components)``, see `Users.rows`.
        count: how many to choose.
        diversity: 0 takes the best, 1 looks at likeness alone (after the best).

    Returns:
        At most ``count`` numbers of images, the first is the best.
    """
    spread = scores.max() - scores.min()
    liked = (scores - scores.min()) / spread if spread > 0 else torch.ones_like(scores)
    directions = torch.nn.functional.normalize(rows[:, 1:].double(), dim=1)
    nearest = torch.zeros_like(liked)
    chosen: list[int] = []
    for _ in range(min(count, len(scores))):
        worth = (1 - diversity) * liked - diversity * nearest if chosen else liked.clone()
        worth[chosen] = -torch.inf
        best = int(worth.argmax())
        chosen.append(best)
        nearest = torch.maximum(nearest, directions @ directions[best])
    return chosen
