from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation, compare_images, quoted_together

pytestmark = pytest.mark.slow


RANDOM = np.random.default_rng(0)
IDS = np.array([f"p{n}" for n in range(60)])
VOTES = RANDOM.dirichlet(np.ones(5), 60)
LEVELS = np.linspace(0, 1, 5)


def evaluation(method: str, noise: float, votes: bool = True, **options) -> ImageEvaluation:
    predicted = VOTES + noise * np.random.default_rng(1).dirichlet(np.ones(5), 60)
    predicted /= predicted.sum(axis=1, keepdims=True)
    known = {"votes": VOTES, "predicted_votes": predicted} if votes else {}
    return ImageEvaluation(method, "net", "ava, test", IDS, VOTES @ LEVELS, predicted @ LEVELS, **known, **options)


@pytest.mark.parametrize("threshold", [0.5, 4 / 9])
def test_a_row_against_scipy_and_scikit_learn(threshold):
    one = evaluation("A", 2.0, threshold=threshold)
    row = one.row()
    sides = one.scores > threshold, one.predicted > threshold
    assert 0 < sides[0].sum() < 60
    assert row["acc"] == pytest.approx(metrics.accuracy_score(*sides))
    assert row["balanced_acc"] == pytest.approx(metrics.balanced_accuracy_score(*sides))
    assert row["srocc"] == pytest.approx(stats.spearmanr(one.scores, one.predicted).statistic)
    assert row["plcc"] == pytest.approx(stats.pearsonr(one.scores, one.predicted).statistic)
    # on levels of a distance of one fifth, the earth mover's distance is scipy's Wasserstein distance
    levels = np.arange(5) / 5
    carried = [
        stats.wasserstein_distance(levels, levels, a, b) for a, b in zip(one.votes, one.predicted_votes, strict=True)
    ]
    assert row["emd_r1"] == pytest.approx(np.mean(carried))
    squares = np.square(np.cumsum(one.votes - one.predicted_votes, axis=1))
    assert row["emd_r2"] == pytest.approx(np.sqrt(squares.mean(axis=1)).mean())
    named = {"method": "A", "backbone": "net", "evaluated_on": "ava, test", "images": 60}
    assert {key: row[key] for key in named} == named


def test_what_is_not_known_is_none_and_not_a_number_of_its_own():
    assert {name: evaluation("A", 1.0, votes=False).row()[name] for name in ("emd_r1", "emd_r2")} == {
        "emd_r1": None,
        "emd_r2": None,
    }
    constant = replace(evaluation("A", 1.0, votes=False), scores=np.full(60, 0.7))
    row = constant.row()
    assert [row[name] for name in ("srocc", "plcc", "balanced_acc")] == [None, None, None]
    assert row["acc"] is not None
    assert row["srocc_ci95"] is None


def test_intervals_are_those_of_what_is_compared():
    row = evaluation("A", 2.0).row()
    for key in ("acc", "srocc", "emd_r1"):
        low, high = row[f"{key}_ci95"]
        assert low < row[key] < high
    low, high = row["acc_ci95"]
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(row["acc"] * (1 - row["acc"]) / 60), rel=0.2)
    assert "emd_r1_ci95" not in evaluation("A", 1.0, votes=False).row()


@pytest.mark.parametrize("votes", [True, False])
def test_rows_can_be_computed_again_from_the_lines(votes):
    one = evaluation("A", 1.0, votes)
    lines = one.lines()
    scores, predicted = (np.array([line[name] for line in lines]) for name in ("score", "predicted"))
    assert one.row()["srocc"] == pytest.approx(stats.spearmanr(scores, predicted).statistic)
    assert [line["image"] for line in lines] == IDS.tolist()
    if votes:
        assert np.mean([line["emd_r1"] for line in lines]) == pytest.approx(one.row()["emd_r1"])
    else:
        assert {line["emd_r1"] for line in lines} == {""}


def test_the_signs_of_comparisons():
    good, bad = evaluation("good", 0.2), evaluation("bad", 5.0)
    found = {line["measure"]: line for line in compare_images(good, bad)}
    assert list(found) == ["ACC", "SROCC", "EMD r=1"]
    for measure, key, sign in (("ACC", "acc", 1), ("SROCC", "srocc", 1), ("EMD r=1", "emd_r1", -1)):
        line = found[measure]
        assert line["difference"] == pytest.approx(good.row()[key] - bad.row()[key])
        assert sign * line["difference"] > 0
        low, high = line["ci95"]
        assert low <= line["difference"] <= high
        assert (line["a"], line["b"], line["images"]) == ("good", "bad", 60)
    assert found["EMD r=1"]["p"] < 0.05


def test_a_network_is_no_better_than_itself_and_turning_round_turns_the_sign():
    good, bad = evaluation("good", 0.2), evaluation("bad", 5.0)
    assert all(line["difference"] == 0 and line["p"] == 1 for line in compare_images(good, good))
    for one, other in zip(compare_images(good, bad), compare_images(bad, good), strict=True):
        assert one["difference"] == -other["difference"]
        assert one["ci95"] == pytest.approx(tuple(-end for end in reversed(other["ci95"])))


def test_without_distributions_on_both_sides_there_is_no_distance():
    lines = compare_images(evaluation("A", 0.2), evaluation("B", 1.0, votes=False))
    assert [line["measure"] for line in lines] == ["ACC", "SROCC"]


def test_other_images_are_a_sentence():
    other = replace(evaluation("B", 1.0), image_ids=IDS[::-1])
    with pytest.raises(
        UserError, match=r"^A and B were evaluated on different images; evaluate both on one database\.$"
    ):
        compare_images(evaluation("A", 1.0), other)


def test_probabilities_are_cut_where_they_say_and_classes_have_no_order():
    one = evaluation("A", 2.0, threshold=4 / 9)
    probability = replace(one, predicted=one.predicted / 2, predicted_threshold=2 / 9)
    assert probability.row()["acc"] == one.row()["acc"]
    assert probability.row()["balanced_acc"] == one.row()["balanced_acc"]
    assert {line["predicted_threshold"] for line in probability.lines()} == {2 / 9}
    assert {line["predicted_threshold"] for line in one.lines()} == {4 / 9}
    acc = compare_images(probability, one)[0]
    assert (acc["measure"], acc["difference"]) == ("ACC", 0)
    classes = replace(one, predicted=(one.predicted > 4 / 9).astype(float), predicted_threshold=0.5, ordered=False)
    assert classes.row()["acc"] == one.row()["acc"]
    assert (classes.row()["srocc"], classes.row()["plcc"]) == (None, None)
    assert "SROCC" not in [line["measure"] for line in compare_images(one, classes)]


def test_what_is_quoted_together_is_corrected_together_measure_by_measure():
    lines = [{"measure": "ACC", "p": p} for p in (0.01, 0.04, 0.03)] + [{"measure": "SROCC", "p": 0.02}]
    found = quoted_together(lines)
    assert [line.get("p_holm") for line in found] == [
        pytest.approx(0.03),
        pytest.approx(0.06),
        pytest.approx(0.06),
        None,
    ]
    assert "p_holm" not in lines[0]
    assert quoted_together([]) == []
