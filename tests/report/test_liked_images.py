from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitEvaluation
from piaa_lightning.report.liked_images import favourites, liked_images

pytestmark = pytest.mark.slow


def evaluation(traits, likes):
    """One trait; ``likes`` is (user, image, what the network says)."""
    users, images, said = (np.array(column) for column in zip(*likes, strict=True))
    count = tuple(f"u{number}" for number in range(len(traits)))
    values = np.array(traits)[:, None]
    return TraitEvaluation("m", "b", "d", ("E",), count, values, values, Likes(images, users, said[:, None]))


def test_both_ends_and_the_most_typical_favourite_of_each_user():
    made = evaluation(
        [0.9, -0.8, 0.1, 0.5], [(0, 10, 0.2), (0, 11, 0.6), (1, 12, -0.1), (1, 13, 0.4), (2, 14, 0), (3, 15, 0)]
    )
    most, least = favourites(made, 0, 1)
    assert [(f.image, f.trait, f.predicted) for f in most] == [(11, 0.9, 0.6)]
    assert [(f.image, f.trait, f.predicted) for f in least] == [(12, -0.8, -0.1)]


def test_nobody_stands_on_both_sides_and_ties_go_by_id():
    most, least = favourites(evaluation([0.5, 0.5, 0.5], [(k, k, 0.0) for k in range(3)]), 0, 4)
    assert [f.image for f in most] == [2]
    assert [f.image for f in least] == [0]


def test_an_image_that_two_users_like_is_shown_once():
    made = evaluation([0.9, 0.8, -0.8, -0.9], [(0, 7, 0.9), (1, 7, 0.9), (1, 8, 0.1), (2, 5, 0), (3, 5, 0)])
    most, least = favourites(made, 0, 2)
    assert [f.image for f in most] == [7, 8]
    assert [f.image for f in least] == [5]  # the other user has nothing else


def test_numbers_are_shown_and_users_are_not(tmp_path, trait_evaluation, image, words):
    made = trait_evaluation()
    texts = words(liked_images(made, image, tmp_path / "l.png", "psychoflickr, embedded tiny"))
    first = favourites(made, 0)[0][0]
    assert f"+{first.trait:.2f}, said +{first.predicted:.2f}".replace("0.", ".") in texts
    assert {*"OCEAN", "liked by users with the most", "liked by users with the least"} <= set(texts)
    assert not [text for text in texts for user in made.users if user in text]
    assert sum("said" in text for text in texts) == 40


def test_two_users_are_enough_and_one_is_not(tmp_path, trait_evaluation, image, words):
    texts = words(liked_images(trait_evaluation(count=2), image, tmp_path / "l.png", "d"))
    assert sum("said" in text for text in texts) == 10
    for made in (trait_evaluation(count=1), replace(trait_evaluation(), liked=None)):
        with pytest.raises(UserError, match="at least two users"):
            liked_images(made, image, tmp_path / "l.png", "d")


def test_equal_evaluations_give_equal_bytes(tmp_path, trait_evaluation, image):
    drawn = [liked_images(trait_evaluation(), image, tmp_path / f"{k}.png", "d") for k in (0, 1)]
    assert drawn[0] == drawn[1]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
