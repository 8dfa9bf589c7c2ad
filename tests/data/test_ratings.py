"""The table of ratings, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.data.ratings import RatingTable, Scale, check
from piaa_lightning.errors import UserError


@pytest.fixture
def table():
    return RatingTable(
        database="three images",
        root=Path("somewhere"),
        image_ids=np.array(["a", "b", "c"]),
        image_files=np.array(["a.jpg", "sub/b..jpg", "c.jpg"]),
        user_ids=np.array(["u", "v"]),
        user=np.array([0, 0, 1]),
        image=np.array([0, 1, 0]),
        score=np.float32([0.25, 1, 0.75]),
        scale=Scale(1, 5),
    )


def test_scale_there_and_back():
    scale = Scale(1, 5)
    np.testing.assert_array_equal(scale.to_unit(np.array([1, 2, 3, 5])), np.float32([0, 0.25, 0.5, 1]))
    np.testing.assert_array_equal(scale.from_unit(np.array([0, 0.25, 0.5, 1])), np.float32([1, 2, 3, 5]))
    assert scale.to_unit(np.array([1, 2])).dtype == np.float32


@pytest.mark.parametrize(("low", "high"), [(3, 3), (float("nan"), 1), (1, float("inf"))])
def test_an_empty_scale_is_refused(low, high):
    with pytest.raises(UserError, match="is no range"):
        Scale(low, high)


def test_counts(table):
    assert (table.images, table.users, table.ratings) == (3, 2, 3)


def test_average_scores(table):
    np.testing.assert_array_equal(table.average_scores(), np.float32([0.5, 1, np.nan]))
    np.testing.assert_array_equal(table.average_scores(table.user == 1), np.float32([0.75, np.nan, np.nan]))
    assert np.isnan(table.average_scores(np.zeros(3, dtype=bool))).all()


def test_another_name_and_nothing_else(table):
    renamed = table.with_database("other")
    assert (renamed.database, table.database) == ("other", "three images")
    assert renamed.score is table.score


def test_all_that_is_known_of_some_images_can_go(table):
    average = np.array([0.1, 0.2, 0.3], dtype=np.float32)
    labels = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]], dtype=np.float32)
    known = replace(table, image_score=average, distribution=labels, attributes=labels)
    fewer = known.without_labels_of([0], "broken images")
    assert fewer.image.tolist() == [1]
    assert fewer.user.tolist() == [0]
    assert fewer.images == 3
    assert fewer.dropped == {"broken images": 1, "ratings of broken images": 2}
    for blanked, before in ((fewer.image_score, average), (fewer.distribution, labels), (fewer.attributes, labels)):
        assert np.isnan(blanked[0]).all()
        assert np.array_equal(blanked[1:], before[1:])
        assert blanked.dtype == np.float32
    assert known.distribution[0].tolist() == labels[0].tolist()
    assert table.without_labels_of([0], "broken").attributes is None
    assert table.without_labels_of([], "broken") is table


def test_a_sound_table_passes(table):
    assert check(table) is table


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        ([0.25, 1.25, 0.75], r"1 ratings lie outside the scale 1\.\.5 .first: 6 for image b"),
        ([-0.25, 1, -1], r"2 ratings lie outside the scale 1\.\.5 .first: 0 for image a"),
        ([0.25, 1, np.nan], "first: nan for image a"),
    ],
)
def test_scores_outside_the_scale(table, score, sentence):
    with pytest.raises(UserError, match=sentence):
        check(replace(table, score=np.float32(score)))


@pytest.mark.parametrize("path", ["/a.jpg", "../a.jpg", "x/../a.jpg", "\\a.jpg", "C:\\a.jpg", "x\\..\\a.jpg"])
def test_paths_that_leave_the_directory(table, path):
    with pytest.raises(UserError, match="leaves the database's directory"):
        check(replace(table, image_files=np.array(["b.jpg", path, "c.jpg"])))


@pytest.mark.parametrize(("field", "ids"), [("image_ids", ["a", "b", "a"]), ("user_ids", ["u", "u"])])
def test_ids_must_be_unique(table, field, ids):
    with pytest.raises(UserError, match=f"{field.split('_')[0]} ids are not unique"):
        check(replace(table, **{field: np.array(ids)}))
