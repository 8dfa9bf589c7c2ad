from __future__ import annotations

import pytest
import torch

from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from tests.photos.conftest import make_seen


@pytest.mark.parametrize("cut", [0, 1, 7, 2000, 2500])
def test_pooled_statistics_are_those_of_all_images(cut):
    seen = make_seen(2500)
    rows = torch.cat([seen.values.double(), seen.score.double()[:, None]], dim=1)
    both = FolderStatistics.of(seen[:cut]) + FolderStatistics.of(seen[cut:])
    assert both.count == 2500
    assert torch.allclose(both.mean, rows.mean(dim=0), atol=1e-12)
    assert torch.allclose(both.variance, rows.var(dim=0, correction=0), atol=1e-12)


def test_nothing_adds_nothing():
    nothing = FolderStatistics.of(PhotoFeatures.nothing(8))
    assert nothing.count == (nothing + nothing).count == 0
    assert torch.equal((nothing + nothing).mean, torch.zeros(9).double())
