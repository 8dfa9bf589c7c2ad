from __future__ import annotations

import torch

from piaa_lightning.photos.images.photo_features import PhotoFeatures
from tests.photos.conftest import make_seen


def test_some_of_them_and_joined_again():
    seen = make_seen(5)
    parts = PhotoFeatures.joined([seen[[3, 1]], seen[2:3], PhotoFeatures.nothing(8)])
    assert len(parts) == 3
    assert torch.equal(parts.values, seen.values[[3, 1, 2]])
    assert torch.equal(parts.score, seen.score[[3, 1, 2]])
    assert len(seen[[]]) == len(PhotoFeatures.nothing(8)) == 0
