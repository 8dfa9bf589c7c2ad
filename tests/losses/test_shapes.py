from __future__ import annotations

import pytest
import torch

from piaa_lightning.losses.binary import binary_loss
from piaa_lightning.losses.distribution import distribution_loss
from piaa_lightning.losses.emd import emd_loss
from piaa_lightning.losses.ranking import pair_ranking_loss, ranking_loss
from piaa_lightning.losses.score import score_loss
from piaa_lightning.losses.traits import trait_loss

LOSSES = {
    "score": score_loss,
    "binary": binary_loss,
    "distribution": distribution_loss,
    "emd": emd_loss,
    "traits": trait_loss,
    "pair_ranking": lambda prediction, target: pair_ranking_loss(prediction, target, 0.1),
    "ranking": lambda prediction, target: ranking_loss(prediction, target, 0.1),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_no_loss_stretches_a_shape_to_fit(loss):
    with pytest.raises(ValueError, match=r"prediction \(4, 1\) and target \(4,\) differ in shape"):
        loss(torch.rand(4, 1), torch.rand(4))
