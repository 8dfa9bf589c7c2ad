"""Systems that are fitted without descent take the evaluation that networks take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, ImageContext, Prediction
from piaa_lightning.pipeline.evaluating.evaluate_images import evaluate_estimator
from piaa_lightning.pipeline.parts.build_model import build_extractor
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import RunSpec

from composing import config_of


class Sure(Estimator):
    """Knows the truth, and says it in the way it is told to."""

    def __init__(self, **prediction):
        self.prediction = prediction
        self.seen = None

    def fit(self, context):
        self.context = context
        self.seen = context.scored("train")[0]

    def predict(self, images):
        truth = self.context.table.image_score[images].astype(np.float64)
        said = {name: value(self.context, images, truth) for name, value in self.prediction.items() if callable(value)}
        return Prediction(**{"values": truth, **self.prediction, **said})


def composed(*overrides):
    return config_of(*overrides)


@pytest.fixture(scope="module")
def databases(cache):
    spec, cpu = RunSpec.of(composed("experiment=giaa", "data.size=tiny", f"paths.cache={cache}")), torch.device("cpu")
    return Databases(spec, build_extractor(spec, cpu), cpu)


@pytest.fixture(scope="module")
def context(databases, cache):
    data = databases.main
    return ImageContext(data.table, data.split, data.inputs, torch.device("cpu"), data.threshold, 0, cache)


def test_scores_fill_all_columns_but_distances(context):
    sure = Sure()
    row = evaluate_estimator(sure, context, "sure", "").row()
    assert (row["acc"], row["balanced_acc"], row["srocc"]) == (1, 1, pytest.approx(1))
    assert (row["emd_r1"], row["emd_r2"], row["images"]) == (None, None, 80)
    assert np.isin(sure.seen, context.split.train_images).all()
    assert len(sure.seen) == len(context.split.train_images)


def test_decision_values_have_a_cut_of_their_own(context):
    sure = Sure(values=lambda context, images, truth: 100 * (truth - context.threshold), threshold=0.0)
    row = evaluate_estimator(sure, context, "sure", "").row()
    assert (row["acc"], row["srocc"]) == (1, pytest.approx(1))
    wrong = evaluate_estimator(Sure(values=sure.prediction["values"]), context, "sure", "").row()
    assert wrong["acc"] < 1


def test_bare_classes_have_no_correlation(context):
    sure = Sure(
        values=lambda context, images, truth: (truth > context.threshold).astype(float), threshold=0.5, ordered=False
    )
    row = evaluate_estimator(sure, context, "sure", "").row()
    assert (row["acc"], row["srocc"], row["plcc"]) == (1, None, None)


def test_votes_have_distances(context):
    sure = Sure(votes=lambda context, images, truth: context.table.distribution[images].astype(np.float64))
    row = evaluate_estimator(sure, context, "sure", "").row()
    assert row["emd_r1"] == pytest.approx(0, abs=1e-9)
    assert row["acc"] == 1


def test_an_image_without_votes_is_not_judged_where_votes_are(context):
    table = context.table
    shares = table.distribution.copy()
    shares[context.split.test_images[3]] = np.nan
    sure = Sure(votes=lambda context, images, truth: table.distribution[images].astype(np.float64))
    row = evaluate_estimator(sure, replace(context, table=replace(table, distribution=shares)), "sure", "").row()
    assert (row["images"], row["acc"], row["emd_r1"]) == (79, 1, pytest.approx(0, abs=1e-9))


def test_nothing_to_judge_or_to_learn_is_a_sentence(context):
    split = replace(context.split, test_images=context.split.test_images[:0])
    with pytest.raises(UserError, match="holds out no image with a score"):
        evaluate_estimator(Sure(), replace(context, split=split), "sure", "")
    split = replace(context.split, train_images=context.split.train_images[:1])
    with pytest.raises(UserError, match="1 images of the train part have no differing average scores"):
        evaluate_estimator(Sure(), replace(context, split=split), "sure", "")
