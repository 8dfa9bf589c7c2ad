"""Hard users and hard images, on a table whose ratings were chosen for it."""

from __future__ import annotations

import numpy as np
import pytest
from rating_tables import everybody, numbered, table_of

from piaa_lightning.evaluation.protocol import Protocol, evaluate
from piaa_lightning.evaluation.strata import Strata, StrataScores
from piaa_lightning.personalizers.crowd import Crowd
from piaa_lightning.personalizers.personalizer import FitContext

IMAGES = 30


@pytest.fixture
def table():
    """Five users who follow image numbers, and one who turns the order round; they differ on the last ten images."""
    ramp = np.arange(IMAGES) / IMAGES
    random = np.random.default_rng(0)
    scores = [ramp + np.where(np.arange(IMAGES) >= 20, 0.3 * random.standard_normal(IMAGES), 0) for _ in range(5)]
    scores.append(1 - ramp)
    user, image = everybody(6, IMAGES)
    return table_of(user, image, np.concatenate(scores).clip(0, 1), numbered("u", 6), numbered("p", IMAGES))


def test_the_user_against_the_crowd_is_hard(table):
    found = Strata.of(table, np.arange(table.ratings)).users
    assert sorted(found.values()) == ["hard"] * 2 + ["other"] * 4
    assert found[5] == "hard"


def test_images_on_which_people_differ_are_hard(table):
    calm = np.flatnonzero(table.user < 5)  # the ratings that follow the numbers
    five = table_of(table.user[calm], table.image[calm], table.score[calm], table.user_ids[:5], table.image_ids)
    found = Strata.of(five, np.arange(five.ratings)).images
    assert {image for image, stratum in found.items() if stratum == "hard"} == set(range(20, 30))


def test_a_method_that_knows_the_numbers_fails_on_hard_users_and_images_alone(table):
    strata = StrataScores(Strata.of(table, np.arange(table.ratings)), table)
    for user in range(6):
        query = np.flatnonzero(table.user == user)
        strata.add(user, 10, query, table.image[query].astype(np.float32))
    found = {(line["of"], line["stratum"]): line for line in strata.lines("numbers")}
    assert found["users", "hard"]["srocc"] < 0.2 < 0.8 < found["users", "other"]["srocc"]
    assert {key: line["users"] for key, line in found.items()} == {
        ("users", "hard"): 2, ("users", "other"): 4, ("images", "hard"): 6, ("images", "other"): 6,
    }  # fmt: skip
    assert {line["shots"] for line in found.values()} == {10}


def test_all_users_are_the_mean_of_the_strata(table):
    """With every user in a stratum, the strata's SROCC weighed by users is that of the records."""
    rows = np.arange(table.ratings)
    strata = StrataScores(Strata.of(table, rows), table)
    method = Crowd()
    method.prepare(FitContext(table, None, None, None))
    records = evaluate(table, rows, [5], Protocol(repeats=3), "crowd", "", method, {5: {}}, strata=strata)
    expected = np.mean([record.value for record in records if record.metric == "srocc"])
    lines = [line for line in strata.lines("crowd") if line["of"] == "users"]
    assert sum(line["srocc"] * line["users"] for line in lines) / 6 == pytest.approx(expected)


def test_where_nobody_else_rated_there_are_no_strata():
    user, image = np.zeros(20, int), np.arange(20)
    alone = table_of(user, image, np.linspace(0, 1, 20), ["u"], numbered("p", 20))
    parts = Strata.of(alone, np.arange(20))
    assert (parts.users, parts.images) == ({}, {})
    strata = StrataScores(parts, alone)
    strata.add(0, 10, np.arange(20), np.arange(20, dtype=np.float32))
    assert list(strata.lines("m")) == []
