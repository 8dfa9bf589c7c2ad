from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.datasets import AverageScores
from piaa_lightning.data.images.augment import cut_all
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError

RATINGS = ((0, 0, 0.2), (1, 0, 0.6), (2, 0, 1.0), (0, 1, 0.3), (2, 1, 0.1), (2, 2, 0.9))


def test_only_images_that_training_users_rated_are_served(make_table, make_split, numbers):
    # user 2 is a test user, whom alone image 2 was rated by
    table = make_table(RATINGS, 3, 4)
    data = AverageScores(table, make_split(table, test_users=[2]), "train", numbers(4), seed=0)
    assert data.images.tolist() == [0, 1]
    assert data.scores.tolist() == pytest.approx([0.4, 0.3])


def test_one_and_many_agree(make_table, make_split, numbers):
    table = make_table(RATINGS, 3, 4)
    data = AverageScores(table, make_split(table), "train", numbers(4), seed=0)
    batch = data.__getitems__([Visit(2, 0), Visit(1, 0)])
    assert batch.inputs.flatten().tolist() == [2, 1]
    assert batch.scores.tolist() == pytest.approx([0.9, 0.2])
    one = data[Visit(2, 0)]
    assert (one.inputs.item(), one.scores.item()) == (2, pytest.approx(0.9))


def test_crops_are_keyed_by_seed_epoch_and_image(make_table, make_split, drawn):
    table = make_table(RATINGS, 3, 4)

    def cropped(seed: int, epoch: int, *items: int) -> torch.Tensor:
        data = AverageScores(table, make_split(table), "train", drawn(4), seed)
        return cut_all(data.__getitems__([Visit(item, epoch) for item in items])).inputs

    first = cropped(0, 1, 0, 1, 2)
    assert first.shape == (3, 3, 8, 8)
    assert torch.equal(cropped(0, 1, 0, 1, 2), first)
    assert torch.equal(cropped(0, 1, 2, 0), first[[2, 0]])  # whatever else is in the batch
    assert not torch.equal(cropped(0, 2, 0, 1, 2), first)
    assert not torch.equal(cropped(5, 1, 0, 1, 2), first)


@pytest.mark.parametrize("score", [None, [0.5, 0.5, 0.5], [np.nan, 0.3, np.nan]])
def test_nothing_to_learn_is_a_sentence(make_table, make_split, numbers, score):
    table = make_table([], 0, 3, image_score=None if score is None else np.array(score, dtype=np.float32))
    with pytest.raises(UserError, match=r"^tests: its \d images of the train part have no differing average scores"):
        AverageScores(table, make_split(table), "train", numbers(3), seed=0)
