"""The figures of a few users' single images."""

from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.protocol import Draw
from piaa_lightning.evaluation.shown_users import ExplainedImage, ShownUser, ShownUsers
from piaa_lightning.report.best_and_worst import best_and_worst, best_and_worst_images
from piaa_lightning.report.gradient_maps import gradient_maps, overlay, spoken
from piaa_lightning.report.predicted_scores import evenly_rated, predicted_scores
from piaa_lightning.report.style import described

SCALE = Scale(1, 5)


@pytest.fixture
def shown():
    draw = Draw(0, 10, 0, np.arange(10), np.arange(8))
    users = [
        ShownUser(draw, f"{k}" * 12, np.arange(8), np.linspace(0, 1, 8)[:: 1 - 2 * k], np.array(list("abcdefgh")))
        for k in range(2)
    ]
    found = ShownUsers(10, users, {"BLG-PIAA": [np.linspace(1, 0, 8)] * 2, "BA-PIAA": [np.full(8, 0.5)] * 2})
    maps = np.random.default_rng(0).random((3, 8, 8)).astype(np.float32)
    names = ("prior", *(user.name for user in users))
    found.explained = [ExplainedImage(2, "c", names, (None, 0.25, 0.75), (0.5, 0.3, 0.7), maps, (0.2, 0.3, 0.4))]
    found.explains = "BLG-PIAA"
    return found


def test_best_and_worst_are_the_ends_of_the_predictions():
    assert best_and_worst(np.array([0.1, 0.9, 0.5, 0.3, 0.7]), 2) == ([1, 4], [0, 3])
    assert best_and_worst(np.array([0.1, 0.9, 0.5]), 3) == ([1], [0]), "no image is on both sides"


@pytest.mark.slow
def test_best_and_worst_say_what_was_rated_and_said(shown, tmp_path, words, image):
    svg = best_and_worst_images(shown, "BLG-PIAA", image, SCALE, tmp_path / "b.png", "d")
    texts = words(svg)
    assert {"rated 1, said 5.0", "rated 5, said 1.0", "000000", "111111"} <= set(texts)
    # user 0 rated the three that are expected to be liked best 1, 1.57 and 2.14
    assert "user 000000 rated the best and the worst of them 1.6 and 4.4 on average" in described(svg)
    with pytest.raises(UserError, match=r"raise report\.users"):
        best_and_worst_images(shown, "ridge", image, SCALE, tmp_path / "c.png", "d")


def test_images_are_spaced_evenly_by_the_rating(shown):
    assert evenly_rated(shown.users[0], 3) == [7, 3, 0] or evenly_rated(shown.users[0], 3) == [7, 4, 0]
    assert sorted(evenly_rated(shown.users[0], 20)) == list(range(8))


@pytest.mark.slow
def test_predicted_scores_quote_the_error_over_all_images(shown, tmp_path, words, image):
    texts = words(predicted_scores(shown, image, SCALE, tmp_path / "p.png", "d"))
    of_ba = 4 * np.abs(np.linspace(0, 1, 8) - 0.5).mean()
    assert f"BA-PIAA, off by {of_ba:.2f} on average over all images of 2 users" in texts
    of_blg = 4 * np.mean([np.abs(np.linspace(1, 0, 8) - user.scores).mean() for user in shown.users])
    assert f"BLG-PIAA, off by {of_blg:.2f} on average over all images of 2 users" in texts


def test_maps_stand_beside_the_image_with_words(shown, tmp_path, words, image):
    svg = gradient_maps(shown, image, SCALE, tmp_path / "g.png", "d")
    assert {"image", "prior", "model of 000000", "says 3.0; .200", "rated 2, says 2.2; .300"} <= set(words(svg))
    assert spoken(shown) in described(svg)
    assert ".200 of the prior's gradient and .350 of the users'" in spoken(shown)


def test_an_overlay_is_brightest_where_the_gradient_is():
    gradients = np.zeros((4, 4), np.float32)
    gradients[0, 0] = 1
    found = overlay(np.full((40, 60, 3), 100, np.uint8), gradients)
    assert found.shape == (40, 60, 3)
    brightness = found.astype(float).sum(axis=2)
    assert np.unravel_index(brightness.argmax(), brightness.shape) < (10, 15)
    assert brightness[-1, -1] < brightness[0, 0] / 2
    assert overlay(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32)).shape == (4, 4, 3)


def test_nothing_to_show_is_a_sentence(shown, tmp_path, image):
    shown.predicted, shown.explained = {}, []
    for draw in (predicted_scores, gradient_maps):
        with pytest.raises(UserError, match=r"raise report"):
            draw(shown, image, SCALE, Path(tmp_path / "x.png"), "d")
    assert list(tmp_path.iterdir()) == []
