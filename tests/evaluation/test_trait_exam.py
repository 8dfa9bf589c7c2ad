import numpy as np
import pytest
from scipy.stats import spearmanr

from piaa_lightning.evaluation.trait_exam import TraitExam, trait_intervals


def exam_of(people):
    rng = np.random.default_rng(people)
    traits, predicted = rng.uniform(-1, 1, (2, people, 5))
    return TraitExam("m", "b", "d", tuple("OCEAN"), tuple(map(str, range(people))), traits, predicted)


def test_values_are_those_of_scipy_and_lie_in_their_intervals():
    exam = exam_of(people=30)
    bars = trait_intervals(exam, samples=200)
    expected = [spearmanr(exam.predicted[:, k], exam.traits[:, k]).statistic for k in range(5)]
    assert [value for value, _ in bars] == pytest.approx([*expected, np.mean(expected)])
    assert all(low < value < high for value, (low, high) in bars)
    widths = [high - low for _, (low, high) in bars]
    assert widths[5] < min(widths[:5])  # a mean of five is known better than any of them


def test_more_people_narrow_the_intervals():
    few, many = (trait_intervals(exam_of(people=people), samples=200) for people in (8, 200))
    assert max(high - low for _, (low, high) in many) < min(high - low for _, (low, high) in few[:5])


def test_a_trait_that_all_people_have_alike_has_no_value():
    exam = exam_of(6)
    exam.traits[:, 2] = 0.5
    bars = trait_intervals(exam, samples=20)
    assert np.isnan(bars[2][0])
    assert np.isnan(bars[2][1]).all()
    assert np.isfinite(bars[1][0])
    assert np.isnan(bars[5][0])
