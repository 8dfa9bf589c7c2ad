"""The facts that a study quotes as ceilings, against slow loops on the tiny databases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from piaa_lightning.simulation import flickr_aes, psychoflickr
from piaa_lightning.simulation.facts import flickr_aes_facts, psychoflickr_facts
from piaa_lightning.simulation.latent import draw_image, stream
from piaa_lightning.simulation.population import draw_users, features
from piaa_lightning.simulation.readout import read_out

pytestmark = pytest.mark.slow


KINDS = ("simulated", "attributed")


def values(facts):
    return {fact.name: fact.value for fact in facts}


def test_what_traits_explain_of_a_test_user_s_ratings():
    data, layout = flickr_aes.simulate("tiny", 3), flickr_aes.LAYOUTS["tiny"]
    users = draw_users(stream(3, "flickr_aes", "people"), layout.test_users + layout.training_users)
    expected = {"shared taste alone": [], "shared and trait-linked taste": []}
    for user in range(layout.test_users):
        rows = np.flatnonzero(data.user == user)
        tables = [features([draw_image(3, "flickr_aes", int(data.image[row]))])[0] for row in rows]
        for what, weights in (
            ("shared taste alone", users.shared[user]),
            ("shared and trait-linked taste", users.shared[user] + users.linked[user]),
        ):
            liked = [float(weights @ table) for table in tables]
            expected[what].append(spearmanr(liked, data.score[rows]).statistic)
    found = values(flickr_aes_facts("tiny", 3))
    for what, sroccs in expected.items():
        assert found[f"SROCC, {what}"] == pytest.approx(np.mean(sroccs))


def test_the_more_is_known_of_a_user_the_better():
    found = values(flickr_aes_facts("demo", 11))
    shared, linked, everything = (
        found[f"SROCC, {what}"]
        for what in ("shared taste alone", "shared and trait-linked taste", "the person's true taste")
    )
    assert shared + 0.05 < linked < everything - 0.05


def test_traits_from_favourites_on_the_tiny_database():
    layout, data = psychoflickr.LAYOUTS["tiny"], psychoflickr.simulate("tiny", 2)
    true = draw_users(stream(2, "psychoflickr", "people"), layout.users).traits
    each = [[features([draw_image(2, "psychoflickr", int(n))])[0] for n in favourites] for favourites in data.numbers]
    found = values(psychoflickr_facts("tiny", 2))
    for kind, traits in zip(KINDS, (true, data.attributed), strict=True):
        means = np.array([np.mean(images, axis=0) for images in each])
        readouts = {
            "a person's mean picture": read_out(means, np.arange(layout.users), traits),
            "single pictures, averaged": read_out(
                np.concatenate(each), np.repeat(np.arange(layout.users), layout.favourites), traits
            ),
        }
        for what, predicted in readouts.items():
            by_hand = np.mean([spearmanr(predicted[:, n], traits[:, n]).statistic for n in range(5)])
            assert found[f"SROCC over people, {kind} traits from {what}"] == pytest.approx(by_hand)


def test_favourites_tell_something_of_traits_and_not_everything():
    found = values(psychoflickr_facts("demo", 0))
    assert found["SROCC over people, attributed with simulated traits"] == pytest.approx(0.9, abs=0.03)
    for what in ("a person's mean picture", "single pictures, averaged"):
        simulated, attributed = (found[f"SROCC over people, {kind} traits from {what}"] for kind in KINDS)
        assert 0.35 < attributed < simulated < 0.75
