from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.data.datasets import LikedImages
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError

RATINGS = [(0, 0, 1), (0, 1, 0.75), (0, 2, 0.5), (1, 0, 0.9), (1, 3, 0.2), (2, 1, 1), (3, 2, 1)]
TRAITS = np.array([[0.1, -0.2], [0.3, 1], [-1, 0.5], [np.nan, 0.5]], dtype=np.float32)


@pytest.fixture
def table(make_table):
    return make_table(RATINGS, 4, 4, traits=TRAITS, trait_names=("O", "C"))


def likes(data) -> list[tuple[int, int]]:
    return list(zip(data.users.tolist(), data.images.tolist(), strict=True))


def test_what_users_rated_highly_counts_with_their_own_traits(table, make_split, numbers):
    data = LikedImages(table, make_split(table), "train", numbers(4), 0)
    assert likes(data) == [(0, 0), (0, 1), (1, 0), (2, 1)]  # of user 3 a trait is unknown
    batch = data.__getitems__([Visit(3, 0), Visit(1, 0)])
    assert batch.inputs.flatten().tolist() == [1, 1]
    assert batch.users.tolist() == [2, 0]
    assert batch.likes.tolist() == [3, 1]
    assert batch.traits.tolist() == TRAITS[[2, 0]].tolist()


def test_the_threshold_and_the_traits_can_be_chosen(table, make_split, numbers):
    data = LikedImages(table, make_split(table), "train", numbers(4), 0, traits=["C"], liked=0.95)
    assert likes(data) == [(0, 0), (2, 1), (3, 2)]
    assert data.traits.tolist() == TRAITS[:, 1:].tolist()


@pytest.mark.parametrize(("part", "expected"), [("train", [(0, 0)]), ("val", [(2, 1)]), ("test", [])])
def test_every_part_has_its_own_users_and_images(table, make_split, numbers, part, expected):
    split = make_split(table, val_users=[2], test_users=[1], val_images=[1], test_images=[3])
    if expected:
        assert likes(LikedImages(table, split, part, numbers(4), 0)) == expected
    else:
        with pytest.raises(UserError, match=r"nobody of the test part has traits and a rating of at least 0\.75"):
            LikedImages(table, split, part, numbers(4), 0)


@pytest.mark.parametrize(("column", "value"), [(1, 1.5), (0, -3)])
def test_traits_out_of_range_are_a_sentence(table, make_split, numbers, column, value):
    traits = TRAITS.copy()
    traits[2, column] = value
    sentence = rf"^tests: 1 of 8 traits lie outside \[-1, 1\] \(first: {'OC'[column]} of u002 is {value}\)"
    with pytest.raises(UserError, match=sentence):
        LikedImages(replace(table, traits=traits), make_split(table), "train", numbers(4), 0)


def scaled(table, split, numbers) -> np.ndarray:
    return LikedImages(table, split, "train", numbers(4), 0, scaling="training").traits.numpy()


def test_scaling_by_training_users_by_hand(table, make_split, numbers):
    ages = np.array([[20, 7], [40, 7], [90, 7], [30, 8]], dtype=np.float32)
    found = scaled(replace(table, traits=ages), make_split(table, test_users=[2, 3]), numbers)
    # training users are 0 and 1: mean 30, spread 10, so that 10 and 50 are the ends; a constant has no spread
    assert found[:, 0].tolist() == pytest.approx([-0.5, 0.5, 1, 0])
    assert found[:, 1].tolist() == pytest.approx([0, 0, 0, 0.5])


def test_held_out_users_have_no_part_in_the_scale(table, make_split, numbers):
    split = make_split(table, val_users=[3], test_users=[2])
    other = TRAITS.copy()
    other[2:] = 100
    before, after = (scaled(replace(table, traits=traits), split, numbers)[:2] for traits in (TRAITS, other))
    assert np.array_equal(before, after)


def test_a_trait_that_no_training_user_has_is_a_sentence(table, make_split, numbers):
    traits = TRAITS.copy()
    traits[:3, 1] = np.nan
    with pytest.raises(UserError, match=r"^tests: the trait C is known of no training user; .*task\.dataset\.traits"):
        scaled(replace(table, traits=traits), make_split(table, test_users=[3]), numbers)


@pytest.mark.parametrize(
    ("changes", "options", "sentence"),
    [
        ({"traits": None, "trait_names": ()}, {}, r"lacks the traits that personality is learnt from \(it has none\)"),
        ({}, {"traits": ["O", "mood"]}, r"lacks the traits mood \(it has O, C\); choose psychoflickr or para"),
        ({}, {"scaling": "ranks"}, r"^task\.dataset\.scaling=ranks: .* choose one of published, training"),
        ({}, {"liked": 1.1}, "nobody of the train part has traits and a rating of at least"),
    ],
)
def test_a_mistake_is_a_sentence(table, make_split, numbers, changes, options, sentence):
    with pytest.raises(UserError, match=sentence):
        LikedImages(replace(table, **changes), make_split(table), "train", numbers(4), 0, **options)
