from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.data.datasets import AttributeLabels
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError

NAN = np.nan
LABELS = np.array([[-0.5, 1], [0.25, 5], [NAN, NAN], [0.5, NAN], [0.1, 9]], dtype=np.float32)
SCORES = np.array([0.1, 0.2, 0.3, NAN, 0.5], dtype=np.float32)


@pytest.fixture
def table(make_table):
    names = ("light", "colour")
    return make_table([], 0, 5, attributes=LABELS, attribute_names=names, image_score=SCORES)


@pytest.fixture
def labels(table, make_split, numbers):
    def make(part="train", table=table, **options):
        return AttributeLabels(table, make_split(table, test_images=[4]), part, numbers(5), 0, **options)

    return make


def test_images_with_any_attribute_are_served_with_what_is_known(labels):
    data = labels()
    assert data.images.tolist() == [0, 1, 3]
    batch = data.__getitems__([Visit(2, 0), Visit(0, 0)])
    assert batch.inputs.flatten().tolist() == batch.images.tolist() == [3, 0]
    assert batch.scores.tolist() == pytest.approx([NAN, 0.1], nan_ok=True)
    assert batch.attributes[:, 0].tolist() == [0.5, -0.5]


def test_units_within_the_range_stay_and_others_are_brought_there_by_training_images(labels):
    found = labels().attributes
    assert found[:, 0].tolist() == [-0.5, 0.25, 0.5]
    assert found[:, 1].tolist() == pytest.approx([-1, 1, NAN], nan_ok=True)  # 1 to 5
    test = labels("test").attributes
    assert test.tolist() == [[pytest.approx(0.1), 1]]  # 9 is beyond the training images' 5


def test_an_attribute_without_any_training_label_is_no_warning(labels, table):
    unknown = LABELS.copy()
    unknown[:4, 1] = NAN
    assert labels(table=replace(table, attributes=unknown)).attributes[:, 1].isnan().all()


def test_a_constant_beyond_the_range_is_the_middle(labels, table):
    constant = LABELS.copy()
    constant[:, 1] = 3
    assert (labels(table=replace(table, attributes=constant)).attributes[:, 1] == 0).all()


def test_names_choose_columns(labels):
    assert labels(attributes=["colour"]).attributes.shape == (2, 1)


@pytest.mark.parametrize(
    ("changes", "options", "sentence"),
    [
        ({"attributes": None, "attribute_names": ()}, {}, r"^tests lacks the attributes of images \(it has none\)"),
        ({}, {"attributes": ["light", "depth"]}, r"lacks the attributes depth \(it has light, colour\)"),
        ({"attributes": np.full((5, 2), NAN, np.float32)}, {}, "no image of the train part has attributes"),
    ],
)
def test_a_mistake_is_a_sentence(labels, table, changes, options, sentence):
    with pytest.raises(UserError, match=sentence):
        labels(table=replace(table, **changes), **options)
