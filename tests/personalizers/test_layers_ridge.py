"""A ridge regression per user on a layer: it is scikit-learn's pipeline, number for number."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.layers_ridge import ALPHAS, LayersRidge
from piaa_lightning.personalizers.personalizer import Support


def prepared(context, **options):
    method = LayersRidge(**options)
    method.prepare(context)
    return method


def test_the_published_penalties():
    assert pytest.approx(np.logspace(-3, 3, 13)) == ALPHAS


@pytest.mark.parametrize("target", ["score", "residual"])
@pytest.mark.parametrize("shots", [4, 20])  # fewer and more than the eight features
def test_it_is_the_published_pipeline(context, support, target, shots):
    method, told, images = prepared(context), support(shots=shots), context.split.test_images
    rows, wanted = method.features.rows(told.images), method.features.rows(images)
    generic, shown = method.features.scores(told.images), method.features.scores(images)
    left = told.scores - generic * (target == "residual")
    oracle = make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-3, 3, 13))).fit(rows, left)
    expected = oracle.predict(wanted) + shown * (target == "residual")
    found = method.fit_user(told, {"target": target, "scaling": "support"})(images)
    assert found == pytest.approx(expected, rel=1e-4)
    assert len({round(float(score), 6) for score in found}) > 10


def test_without_a_scaler_it_is_ridge_cv_alone(context, support):
    method, told, images = prepared(context), support(shots=12), context.split.test_images
    oracle = RidgeCV(alphas=np.logspace(-3, 3, 13)).fit(method.features.rows(told.images), told.scores)
    found = method.fit_user(told, {"target": "score", "scaling": "training"})(images)
    assert found == pytest.approx(oracle.predict(method.features.rows(images)), rel=1e-4)


def test_candidates_are_traced_as_they_are_fitted(context, support):
    method, images = prepared(context), context.split.test_images
    traced = method.trace(support(), images, method.candidates())
    assert len(traced) == len(method.candidates()) == 4
    for settings, scores in zip(method.candidates(), traced, strict=True):
        assert method.fit_user(support(), settings)(images).tolist() == scores.tolist()


@pytest.mark.parametrize("shots", [1, 5])
def test_equal_ratings_fall_back_to_the_generic_score(context, shots):
    method, images = prepared(context), context.split.test_images
    generic = Generic()
    generic.prepare(context)
    told = Support(4, images[:shots], np.full(shots, 0.75, dtype=np.float32))
    for scores in method.trace(told, images, method.candidates()):
        assert scores == pytest.approx(generic.scores[images], abs=1e-6)


def test_a_user_of_the_library_fits_it_to_images_of_a_database(context):
    method = LayersRidge(context.model, ["score"], ["training"], alphas=[1e-6])
    images = [np.full((16, 16, 3), shade, dtype=np.uint8) for shade in (10, 120, 240)]
    found = method.fit(images, [1, 3, 5], scale=(1, 5)).predict(images)
    assert found == pytest.approx([1, 3, 5], abs=0.1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"alphas": []}, "alphas"),
        ({"alphas": [0.0, 1.0]}, "alphas"),
        ({"targets": ["rank"]}, "targets"),
        ({"scalings": []}, "scalings"),
    ],
)
def test_options_that_make_no_sense(options, sentence):
    with pytest.raises(UserError, match=rf"^{sentence}"):
        LayersRidge(**options)
