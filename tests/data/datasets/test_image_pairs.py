from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.datasets import ImagePairs
from piaa_lightning.data.images.augment import cut_all
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError

SCORES = np.array([0.5, 0.1, 0.5, 0.9, 0.3, np.nan, 0.1], dtype=np.float32)


@pytest.fixture
def pairs(make_table, make_split, numbers):
    def make(seed: int = 0, scores=SCORES, **options) -> ImagePairs:
        table = make_table([], 0, len(scores), image_score=scores)
        return ImagePairs(table, make_split(table), "train", numbers(len(scores)), seed, **options)

    return make


def served(data: ImagePairs, epochs: int) -> set[tuple[int, int, int]]:
    """Item, better and worse image of all that is served in some epochs."""
    found = set()
    for epoch in range(epochs):
        items = range(len(data))
        batch = data.__getitems__([Visit(item, epoch) for item in items])
        sides = (part.inputs.flatten().int().tolist() for part in (batch.better, batch.worse))
        found |= set(zip(items, *sides, strict=True))
    return found


@pytest.mark.parametrize("least", [0.0, 0.2, 0.4, 0.5])
def test_every_admissible_pair_is_reached_and_no_other(pairs, least):
    data = pairs(min_difference=least)
    known = [i for i in range(7) if i != 5]
    expected = {
        (better, worse)
        for better in known
        for worse in known
        if SCORES[better] > SCORES[worse] and SCORES[better] - SCORES[worse] >= np.float32(least) - 1e-6
    }
    found = served(data, 200)
    assert {(better, worse) for _, better, worse in found} == expected
    # each image meets every partner that it may have
    for image in known:
        own = {pair for pair in expected if image in pair}
        items = [item for item in range(len(data)) if data.images[data.items[item]] == image]
        assert len(items) == bool(own)
        assert {(better, worse) for item, better, worse in found if item in items} == own


def test_scores_belong_to_their_images_and_the_better_is_better(pairs):
    data = pairs()
    batch = data.__getitems__([Visit(item, 3) for item in range(len(data))])
    for part in (batch.better, batch.worse):
        assert part.scores.tolist() == SCORES[part.inputs.flatten().long().numpy()].tolist()
    assert (batch.better.scores > batch.worse.scores).all()


def test_draws_are_keyed_by_seed_epoch_and_item(pairs):
    data = pairs(scores=np.linspace(0, 1, 50, dtype=np.float32))

    def drawn(data: ImagePairs, epoch: int, *items: int) -> list[tuple[float, float]]:
        batch = data.__getitems__([Visit(item, epoch) for item in items])
        return list(zip(*(part.inputs.flatten().tolist() for part in (batch.better, batch.worse)), strict=True))

    first = drawn(data, 2, *range(50))
    assert drawn(data, 2, *range(50)) == first
    assert drawn(data, 2, 7, 3) == [first[7], first[3]]
    assert drawn(data, 3, *range(50)) != first
    assert drawn(pairs(1, np.linspace(0, 1, 50, dtype=np.float32)), 2, *range(50)) != first


def test_both_sides_are_cropped_each_its_own_way(make_table, make_split, drawn):
    table = make_table([], 0, 2, image_score=np.array([0.2, 0.8], dtype=np.float32))
    data = ImagePairs(table, make_split(table), "train", drawn(2), 0)
    found = [cut_all(data[Visit(0, epoch)]) for epoch in range(20)]
    assert {pair.better.inputs.shape for pair in found} == {(1, 3, 8, 8)}
    # never the same corner of both in step: where one side's crop repeats, the other's does not
    keys = {(pair.better.inputs.numpy().tobytes(), pair.worse.inputs.numpy().tobytes()) for pair in found}
    sides = [{key[side] for key in keys} for side in (0, 1)]
    assert len(keys) > max(map(len, sides)) > 5


@pytest.mark.parametrize(("scores", "least"), [([0.5, 0.5, 0.5], 0.0), ([0.1, 0.2, 0.3], 0.5), ([0.1, np.nan], 0.0)])
def test_no_pair_is_a_sentence(pairs, scores, least):
    with pytest.raises(UserError, match=rf"no two images of the train part differ by {least:g} .*min_difference"):
        pairs(scores=np.array(scores, dtype=np.float32), min_difference=least)


def test_single_precision_makes_no_pairs_of_equals(pairs):
    tie = np.float32(0.7)
    scores = np.array([tie, np.nextafter(tie, np.float32(1)), 0.1], dtype=np.float32)
    found = {(better, worse) for _, better, worse in served(pairs(scores=scores), 50)}
    assert found == {(0, 2), (1, 2)}
    assert torch.finfo(torch.float32).eps > scores[1] - scores[0]
