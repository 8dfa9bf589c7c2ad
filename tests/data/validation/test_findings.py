from dataclasses import replace

import pytest

from piaa_lightning.data.validation.findings import of_counts, of_dropped, of_images, of_ratings, of_split
from piaa_lightning.data.validation.image_facts import ImageFacts
from piaa_lightning.data.validation.published_counts import Published
from piaa_lightning.data.validation.rating_facts import RatingFacts, Spread
from piaa_lightning.data.validation.split_facts import Part, SplitFacts

RATINGS = RatingFacts(
    90, 10, 1000, (1, 5), (1, 5), {"1": 0.5, "5": 0.5}, Spread(1, 2, 3), Spread(1, 2, 3), 0.25, 0, {}, {}
)
IMAGES = ImageFacts(90, 90, 0, {}, Spread(1, 2, 3), Spread(1, 2, 3), {"RGB": 90}, [], [])
SPLIT = SplitFacts("by hand", "0123", {"train": Part(5, 50, 500, 0), "test": Part(2, 20, 100, 0)}, [])


def states(lines):
    return {line.what: line.state for line in lines}


def found(lines, what):
    return next(line.found for line in lines if line.what == what)


def test_what_was_dropped_counts_towards_the_published_numbers():
    dropped = {"missing images": 10, "ratings of missing images": 3, "duplicated ratings": 2}
    lines = of_counts(RATINGS, dropped, Published("paper", images=100, users=10, ratings=1005))
    assert [(line.state, line.found) for line in lines] == [
        ("ok", "100, as published"),
        ("ok", "10, as published"),
        ("ok", "1,005, as published"),
    ]


@pytest.mark.parametrize(
    ("published", "state"), [(90, "ok"), (91, "note"), (100, "note"), (101, "WRONG"), (80, "note")]
)
def test_far_fewer_than_published_is_an_incomplete_copy(published, state):
    assert of_counts(RATINGS, {}, Published("paper", images=published))[0].state == state


def test_nothing_published_is_nothing_to_complain_of():
    assert set(states(of_counts(RATINGS, {}, None)).values()) == {"ok"}


def test_missing_images_are_a_note_below_the_limit_and_wrong_above():
    dropped = {"missing images": 10, "duplicated ratings": 0}
    below, above = of_dropped(RATINGS, dropped, None), of_dropped(RATINGS, dropped, "10 of 100 are gone.")
    assert states(below) == {"missing images": "note", "duplicated ratings": "ok"}
    assert "10 (10 %)" in found(below, "missing images")
    assert (states(above)["missing images"], found(above, "missing images")) == ("WRONG", "10 of 100 are gone")


def test_ordinary_ratings_are_fine():
    lines = of_ratings(RATINGS)
    assert set(states(lines).values()) == {"ok"}
    assert found(lines, "ties") == "25.0 % of the pairs of one user's ratings"
    assert found(lines, "levels") == "1: 50.0 %, 5: 50.0 %"


def test_a_single_level_teaches_nothing_unless_traits_are_what_is_learnt():
    single = replace(RATINGS, levels={"1": 1.0}, observed=(1, 1), constant_users=10)
    assert states(of_ratings(single)) | {"levels": "WRONG", "constant users": "note"} == states(of_ratings(single))
    favourites = replace(single, also={"users with some of 5 traits": 10})
    assert states(of_ratings(favourites))["levels"] == "note"


def test_scores_in_a_corner_of_the_scale_are_noted():
    assert states(of_ratings(replace(RATINGS, scale=(0, 100))))["scale"] == "note"


def test_unreadable_images_are_wrong_above_the_limit(make_table):
    broken = replace(IMAGES, unreadable={1: "b.jpg: cut off."})
    assert states(of_images(broken, make_table([]), 0.0))["unreadable"] == "WRONG"
    lines = of_images(broken, make_table([]), 1 / 90)
    assert states(lines)["unreadable"] == "note"
    assert found(lines, "unreadable") == "1 (first: b.jpg: cut off)"


def test_twice_the_same_image_is_a_note_with_its_names(make_table):
    lines = of_images(replace(IMAGES, same_bytes=[[0, 2], [1, 3]]), make_table([]), 0.0)
    assert states(lines)["same bytes"] == "note"
    assert found(lines, "same bytes") == "4 files hold 2 images (first: a.jpg = c.jpg)"


def test_nothing_opened_is_not_taken_for_nothing_wrong(make_table):
    lines = of_images(ImageFacts(90, 0, 0, {}, None, None, {}, [], []), make_table([]), 0.0)
    assert [(line.what, line.state, line.found) for line in lines] == [("images opened", "note", "0 of 90")]


def test_a_split_is_shown_with_its_hash(make_table):
    lines = of_split(SPLIT, make_table([]))
    assert found(lines, "split") == "by hand (hash 0123)"
    assert found(lines, "train") == "5 users, 50 images, 500 ratings"
    assert set(states(lines).values()) == {"ok"}


@pytest.mark.parametrize(
    ("change", "what", "state"),
    [
        ({"leaks": [(0, 1)]}, "image in two parts", "WRONG"),
        ({"description": "NOT the published users"}, "split", "note"),
        ({"parts": {"train": Part(5, 0, 0, 0)}}, "train", "WRONG"),
        ({"parts": {"train": Part(0, 50, 0, 0)}}, "train", "WRONG"),
        ({"parts": {"test": Part(0, 0, 0, 0)}}, "test", "note"),
        ({"parts": {"test": Part(3, 3, 9, 1)}}, "test", "note"),
    ],
)
def test_what_a_split_may_have_against_it(make_table, change, what, state):
    lines = of_split(replace(SPLIT, **change), make_table([(0, 0, 1)]))
    assert states(lines)[what] == state


def test_averages_alone_need_no_users_to_train(make_table):
    split = replace(SPLIT, parts={"train": Part(0, 50, 0, 0)})
    assert states(of_split(split, make_table([])))["train"] == "ok"
