"""The loss of an order of distances: images of alike beauty lie nearer to each other than others."""

from __future__ import annotations

import torch
from torch import Tensor


def triplet_loss(places: Tensor, score: Tensor, margin: float = 0.2, gap: float = 0.1) -> Tensor:
    """Margin loss over all triplets of a batch, max(0, margin + d(a, p) - d(a, n)) with squared distances d.

    A triplet is an anchor a, an image p whose score is near the anchor's, and n whose score is farther from it by at
    least the gap: |s_a - s_p| + gap <= |s_a - s_n|.

    Source: Schwarz, Wieschollek and Lensch, "Will users like your image? Learning the aesthetic space", WACV 2018.
    NOTE: the paper draws triplets; here all of a batch count, averaged. What makes two scores alike is a hypothesis,
    ``gap``.

    Args:
        places: ``(batch, dimensions)`` where images lie in the aesthetic space.
        score: ``(batch,)`` in [0, 1].
        margin: by how much n lies farther than p, in the unit of squared distances; at least 0.
        gap: see above, above 0 and in the unit of scores.

    Returns:
        A scalar; zero, with a gradient of zero, where there is no triplet.

    Raises:
        ValueError: another number of scores than of places, a margin below 0, or a gap of 0 or below.
    """
    if places.ndim != 2 or score.shape != places.shape[:1]:
        raise ValueError(
            f"places {tuple(places.shape)} must be (batch, dimensions), scores {tuple(score.shape)} (batch,)"
        )
    if margin < 0 or gap <= 0:
        raise ValueError(f"margin must be at least 0 and gap above 0, not {margin} and {gap}")
    apart = (places[:, None] - places[None, :]).square().sum(dim=2)
    differ = (score[:, None] - score[None, :]).abs()
    # [a, p, n]; an anchor is no partner of its own
    counts = differ[:, :, None] + gap <= differ[:, None, :]
    counts = counts & ~torch.eye(len(score), dtype=torch.bool, device=score.device)[:, :, None]
    short = (margin + apart[:, :, None] - apart[:, None, :]).relu()
    return torch.where(counts, short, 0.0).sum() / counts.sum().clamp(min=1)
