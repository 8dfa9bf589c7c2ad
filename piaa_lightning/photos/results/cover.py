"""A cover: the best images that do not all show the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from piaa_lightning.photos.images.reading import Shelf

CANDIDATES = 2000  # the best of a folder; those below stand on no cover


def choose_cover(
    scores: Tensor, shelf: Shelf, count: int, diversity: float = 0.5, without: Sequence[int] = ()
) -> list[int]:
    """Choose by maximal marginal relevance: each next image is liked much and like none of those before.

    Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998, with the cosine of the
    networks' features as likeness, each standardised over the folder, none below 0: an opposite is not worth more than
    something else. Scores are brought to [0, 1] over the folder, so that both count in the same unit.

    Args:
        scores: ``(images,)``.
        shelf: the images.
        count: how many to choose.
        diversity: 0 takes the best, 1 looks at likeness alone (after the best).
        without: numbers of images that are not to be chosen.

    Returns:
        At most ``count`` numbers of images, the first is the best.
    """
    best_first = scores.argsort(descending=True, stable=True)
    best_first = best_first[~torch.isin(best_first, torch.tensor(without, dtype=torch.int64))][:CANDIDATES]
    if not len(best_first):
        return []
    worth_of = scores[best_first].double()
    spread = worth_of[0] - scores.min()
    liked = (worth_of - scores.min()) / spread if spread > 0 else torch.ones_like(worth_of)
    mean, variance = shelf.statistics.mean[:-1].float(), shelf.statistics.variance[:-1].float()
    rows = (shelf.seen.values[best_first].float() - mean) / variance.sqrt().clamp(min=1e-6)
    directions = torch.nn.functional.normalize(rows, dim=1)
    nearest = torch.zeros_like(liked)
    chosen: list[int] = []
    for _ in range(min(count, len(liked))):
        worth = (1 - diversity) * liked - diversity * nearest if chosen else liked.clone()
        worth[chosen] = -torch.inf
        best = int(worth.argmax())
        chosen.append(best)
        nearest = torch.maximum(nearest, (directions @ directions[best]).double())
    return best_first[chosen].tolist()
