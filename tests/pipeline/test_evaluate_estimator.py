"""Systems that are fitted without descent take the exam that networks take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from piaa_lightning.cli.schema import config_dir, register
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, PictureGround, Verdict
from piaa_lightning.pipeline.evaluate_estimator import examine_estimator
from piaa_lightning.pipeline.evaluate_methods import refuse_impossible
from piaa_lightning.pipeline.open_data import Databases


class Sure(Estimator):
    """Knows the truth, and says it in the way it is told to."""

    def __init__(self, **verdict):
        self.verdict = verdict
        self.seen = None

    def fit(self, ground):
        self.ground = ground
        self.seen = ground.scored("train")[0]

    def judge(self, images):
        truth = self.ground.table.image_score[images].astype(np.float64)
        said = {name: value(self.ground, images, truth) for name, value in self.verdict.items() if callable(value)}
        return Verdict(**{"values": truth, **self.verdict, **said})


def composed(*overrides):
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        return compose("config", list(overrides))


@pytest.fixture(scope="module")
def databases(cache):
    return Databases(composed("experiment=giaa", "data.size=tiny", f"paths.cache={cache}"), torch.device("cpu"))


@pytest.fixture(scope="module")
def ground(databases, cache):
    data = databases.main
    return PictureGround(data.table, data.split, data.inputs, torch.device("cpu"), data.cut, 0, cache)


def test_scores_fill_all_columns_but_distances(ground):
    sure = Sure()
    row = examine_estimator(sure, ground, "sure", "").row()
    assert (row["acc"], row["balanced_acc"], row["srocc"]) == (1, 1, pytest.approx(1))
    assert (row["emd_r1"], row["emd_r2"], row["images"]) == (None, None, 80)
    assert np.isin(sure.seen, ground.split.train_images).all()
    assert len(sure.seen) == len(ground.split.train_images)


def test_decision_values_have_a_cut_of_their_own(ground):
    sure = Sure(values=lambda ground, images, truth: 100 * (truth - ground.cut), cut=0.0)
    row = examine_estimator(sure, ground, "sure", "").row()
    assert (row["acc"], row["srocc"]) == (1, pytest.approx(1))
    wrong = examine_estimator(Sure(values=sure.verdict["values"]), ground, "sure", "").row()
    assert wrong["acc"] < 1


def test_bare_classes_have_no_correlation(ground):
    sure = Sure(values=lambda ground, images, truth: (truth > ground.cut).astype(float), cut=0.5, ordered=False)
    row = examine_estimator(sure, ground, "sure", "").row()
    assert (row["acc"], row["srocc"], row["plcc"]) == (1, None, None)


def test_votes_have_distances(ground):
    sure = Sure(votes=lambda ground, images, truth: ground.table.distribution[images].astype(np.float64))
    row = examine_estimator(sure, ground, "sure", "").row()
    assert row["emd_r1"] == pytest.approx(0, abs=1e-9)
    assert row["acc"] == 1


def test_a_picture_without_votes_is_not_judged_where_votes_are(ground):
    table = ground.table
    shares = table.distribution.copy()
    shares[ground.split.test_images[3]] = np.nan
    sure = Sure(votes=lambda ground, images, truth: table.distribution[images].astype(np.float64))
    row = examine_estimator(sure, replace(ground, table=replace(table, distribution=shares)), "sure", "").row()
    assert (row["images"], row["acc"], row["emd_r1"]) == (79, 1, pytest.approx(0, abs=1e-9))


def test_nothing_to_judge_or_to_learn_is_a_sentence(ground):
    split = replace(ground.split, test_images=ground.split.test_images[:0])
    with pytest.raises(UserError, match="holds out no picture with a score"):
        examine_estimator(Sure(), replace(ground, split=split), "sure", "")
    split = replace(ground.split, train_images=ground.split.train_images[:1])
    with pytest.raises(UserError, match="1 pictures of the train part have no differing average scores"):
        examine_estimator(Sure(), replace(ground, split=split), "sure", "")


def test_an_estimator_with_another_exam_is_refused(databases):
    cfg = composed("experiment=giaa", "data.size=tiny")
    OmegaConf.set_struct(cfg, False)
    cfg.methods = {"one": {"label": "one", "prior": None, "exam": "traits", "estimator": {"_target_": "x"}}}
    with pytest.raises(UserError, match="an estimator judges pictures; set exam to pictures"):
        refuse_impossible(cfg, databases)
