from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.datasets import ScoreDistributions
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError

VOTES = np.array([[0.2, 0.3, 0.5], [1, 0, 0], [np.nan] * 3, [0, 0.25, 0.75]], dtype=np.float32)
MEANS = np.array([0.65, 0, 0.9, 0.875], dtype=np.float32)


def test_votes_images_and_averages_belong_together(make_table, make_split, numbers):
    table = make_table([], 0, 4, distribution=VOTES, image_score=MEANS)
    data = ScoreDistributions(table, make_split(table, val_images=[1]), "train", numbers(4), 0, bins=3)
    assert data.images.tolist() == [0, 3]  # image 2 has no votes
    batch = data.__getitems__([Visit(1, 0), Visit(0, 0)])
    assert batch.inputs.flatten().tolist() == batch.images.tolist() == [3, 0]
    assert torch.equal(batch.distribution, torch.from_numpy(VOTES[[3, 0]]))
    assert batch.scores.tolist() == pytest.approx([0.875, 0.65])


def test_histograms_of_training_peoples_ratings(make_table, make_split, numbers):
    table = make_table([(0, 0, 0), (1, 0, 1), (2, 0, 1), (2, 1, 0.5)], 3, 2)
    data = ScoreDistributions(table, make_split(table, test_users=[2]), "train", numbers(2), 0, bins=3)
    batch = data.__getitems__([Visit(0, 0)])
    assert len(data) == 1
    assert batch.distribution.tolist() == [[0.5, 0, 0.5]]
    assert batch.scores.tolist() == [0.5]


def test_no_image_with_votes_is_a_sentence(make_table, make_split, numbers):
    table = make_table([], 0, 4, distribution=VOTES, image_score=MEANS)
    with pytest.raises(UserError, match=r"^tests: no image of the train part has votes; hold out fewer images\.$"):
        ScoreDistributions(table, make_split(table, val_images=[0, 1, 3]), "train", numbers(4), 0, bins=3)
