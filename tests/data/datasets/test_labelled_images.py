"""Labels that some images carry: AVA's tags and styles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.data.datasets import AttributeLabels, RaterPairs, SemanticTags, StyleLabels
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError

NAN = np.nan
TAGS = np.array([[14, 35, 1], [14, NAN, 1], [NAN, NAN, 2], [19, 14, 2], [19, NAN, 2], [35, 40, 2]], dtype=np.float32)
SCORES = np.array([0.1, 0.2, 0.3, NAN, 0.5, 0.6], dtype=np.float32)
LISTS = {
    "style_train": np.array([1, 3, 4]),
    "style_test": np.array([0, 5]),
    "style:Macro": np.array([0, 1, 5]),
    "style:HDR": np.array([0, 3, 4]),
}


@pytest.fixture
def table(make_table):
    names = ("tag1", "tag2", "challenge")
    return make_table([], 0, 6, attributes=TAGS, attribute_names=names, image_score=SCORES, image_lists=LISTS)


@pytest.fixture
def form(table, make_split, numbers):
    def make(kind, part="train", table=table, **options):
        return kind(table, make_split(table, test_images=[5]), part, numbers(6), 0, **options)

    return make


def labels(data) -> dict[int, list[float]]:
    batch = data.__getitems__([Visit(item, 0) for item in range(len(data))])
    assert batch.inputs.flatten().tolist() == batch.images.tolist()
    return dict(zip(batch.images.tolist(), batch.attributes.tolist(), strict=True))


def same(found: dict[int, list[float]], expected: dict[int, list[float]]) -> bool:
    return set(found) == set(expected) and all(np.array_equal(found[i], expected[i], equal_nan=True) for i in expected)


class TestTags:
    def test_the_most_frequent_of_training_images_and_untagged_images_without_labels(self, form):
        # 14 three times, 19 twice, 35 once; 40 on a test image alone
        found = labels(form(SemanticTags, tags=2))
        assert same(found, {0: [1, -1], 1: [1, -1], 2: [NAN, NAN], 3: [1, 1], 4: [-1, 1]})

    def test_scores_stay_whatever_the_tags(self, form):
        data = form(SemanticTags, tags=2)
        assert np.array_equal(data.scores.numpy(), SCORES[:5], equal_nan=True)

    def test_tags_that_the_database_does_not_have_are_unknown(self, form):
        found = labels(form(SemanticTags, tags=5))
        assert {len(row) for row in found.values()} == {5}
        assert all(np.isnan(row[3:]).all() for row in found.values())

    def test_groups_are_present_where_any_of_their_tags_is(self, form):
        found = labels(form(SemanticTags, groups={"scene": [14, 35], "object": [19, 40]}))
        assert same(found, {0: [1, -1], 1: [1, -1], 2: [NAN, NAN], 3: [1, 1], 4: [-1, 1]})
        assert same(labels(form(SemanticTags, "test", groups={"scene": [35], "food": [40]})), {5: [1, 1]})

    def test_a_database_without_tags_is_a_sentence(self, form, table):
        bare = replace(table, attributes=None, attribute_names=())
        with pytest.raises(UserError, match=r"^tests lacks semantic tags of images \(it has nothing .*choose ava\.$"):
            form(SemanticTags, table=bare)
        other = replace(table, attribute_names=("light", "colour", "depth"))
        with pytest.raises(UserError, match=r"\(it has light, colour, depth\)"):
            form(SemanticTags, table=other)
        untagged = replace(table, attributes=np.full((6, 3), NAN, np.float32))
        with pytest.raises(UserError, match="no image of the train part has a semantic tag"):
            form(SemanticTags, table=untagged)


class TestStyles:
    def test_listed_images_of_the_part_with_what_they_have_and_what_not(self, form):
        data = form(StyleLabels)
        assert same(labels(data), {1: [1, -1], 3: [-1, 1], 4: [-1, 1]})
        assert np.array_equal(data.scores.numpy(), SCORES[[1, 3, 4]], equal_nan=True)
        assert same(labels(form(StyleLabels, "test", of_list="style_test")), {5: [1, -1]})

    def test_unlisted_images_can_be_served_for_their_scores(self, form):
        found = labels(form(StyleLabels, only_labelled=False))
        assert same(found, {0: [NAN, NAN], 1: [1, -1], 2: [NAN, NAN], 3: [-1, 1], 4: [-1, 1]})

    @pytest.mark.parametrize("kind", [StyleLabels, AttributeLabels])
    def test_scores_can_be_left_out(self, form, kind):
        data = form(kind, scored=False)
        assert data.scores.isnan().all()
        assert data.attributes.isfinite().any(dim=1).all()

    def test_a_database_without_styles_is_a_sentence(self, form, table):
        with pytest.raises(UserError, match=r"^tests lacks the styles of images; choose ava, and copy its style_im"):
            form(StyleLabels, table=replace(table, image_lists={}))
        nothing = {**LISTS, "style_train": np.array([5])}
        with pytest.raises(UserError, match="no image of the train part has a style"):
            form(StyleLabels, table=replace(table, image_lists=nothing))


class TestRaterPairs:
    RATINGS = ((0, 0, 0.2), (0, 1, 0.6), (0, 2, 0.6), (1, 0, 0.9), (1, 3, 0.1), (2, 4, 0.5), (3, 0, 1.0), (3, 5, 0.0))

    @pytest.fixture
    def pairs(self, make_table, make_split, numbers):
        def make(**options):
            table = make_table(self.RATINGS, 4, 6)
            split = make_split(table, test_users=[3], test_images=[5])
            return RaterPairs(table, split, "train", numbers(6), 0, **options)

        return make

    @pytest.mark.parametrize(("least", "expected"), [(0.0, {(1, 0), (2, 0), (0, 3)}), (0.5, {(0, 3)})])
    def test_both_images_are_rated_by_one_training_user(self, pairs, least, expected):
        data, found = pairs(min_difference=least), set()
        for epoch in range(60):
            batch = data.__getitems__([Visit(item, epoch) for item in range(len(data))])
            sides = [part.inputs.flatten().int().tolist() for part in (batch.better, batch.worse)]
            found |= set(zip(*sides, strict=True))
            scores = {
                (better, worse): (round(one, 5), round(other, 5))
                for better, worse, one, other in zip(
                    *sides, batch.better.scores.tolist(), batch.worse.scores.tolist(), strict=True
                )
            }
            assert scores.get((0, 3), (0.9, 0.1)) == (0.9, 0.1)  # the user's own, not the average .55
        assert found == expected

    def test_no_such_pair_is_a_sentence(self, pairs, table, make_split, numbers):
        with pytest.raises(UserError, match=r"^tests: nobody rated two images of the train part 0\.95 apart"):
            pairs(min_difference=0.95)
        with pytest.raises(UserError, match=r"^tests has no ratings of single users, so there are no pairs within"):
            RaterPairs(table, make_split(table), "train", numbers(6), 0)
