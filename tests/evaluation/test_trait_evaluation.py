from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_evaluation import TraitExam, compare_traits, trait_intervals

USERS = tuple(f"u{n}" for n in range(40))
TRAITS = np.random.default_rng(0).uniform(-1, 1, (40, 3))


def exam(method: str, noise: float) -> TraitExam:
    predicted = np.tanh(TRAITS + noise * np.random.default_rng(1).normal(size=TRAITS.shape))
    return TraitExam(method, "net", "people, test", ("O", "C", "N"), USERS, TRAITS, predicted)


def test_rows_against_scipy():
    one = exam("A", 0.5)
    rows = one.rows()
    assert [row["trait"] for row in rows] == ["O", "C", "N"]
    for column, row in enumerate(rows):
        ours, theirs = one.predicted[:, column], TRAITS[:, column]
        assert row["srocc"] == pytest.approx(stats.spearmanr(ours, theirs).statistic)
        assert row["rmse"] == pytest.approx(np.linalg.norm(ours - theirs) / np.sqrt(40))
        named = {"method": "A", "backbone": "net", "judged_on": "people, test", "users": 40}
        assert {key: row[key] for key in named} == named


def test_a_trait_that_all_people_share_has_no_correlation():
    shared = TRAITS.copy()
    shared[:, 1] = 0.25
    found = [row["srocc"] for row in replace(exam("A", 0.5), traits=shared).rows()]
    assert found[1] is None
    assert None not in (found[0], found[2])


def test_rows_can_be_computed_again_from_the_lines():
    one = exam("A", 0.5)
    lines = one.lines()
    assert len(lines) == 120
    for row in one.rows():
        own = [line for line in lines if line["trait"] == row["trait"]]
        assert [line["user"] for line in own] == list(USERS)
        values = [line["value"] for line in own], [line["predicted"] for line in own]
        assert row["srocc"] == pytest.approx(stats.spearmanr(*values).statistic)


def test_the_sign_of_a_comparison():
    good, bad = exam("good", 0.1), exam("bad", 3.0)
    means = [np.mean([row["srocc"] for row in each.rows()]) for each in (good, bad)]
    line = compare_traits(good, bad)
    assert line["difference"] == pytest.approx(means[0] - means[1])
    assert line["difference"] > 0
    assert line["ci95"][0] > 0
    assert (line["a"], line["b"], line["measure"], line["users"]) == ("good", "bad", "mean SROCC of traits", 40)
    assert compare_traits(bad, good)["difference"] == -line["difference"]
    assert compare_traits(good, good)["p"] == 1


@pytest.mark.parametrize("change", [{"users": USERS[::-1]}, {"trait_names": ("O", "C", "E")}])
def test_other_people_or_traits_are_a_sentence(change):
    with pytest.raises(UserError, match=r"^A and B were judged on different people; judge both on one database\.$"):
        compare_traits(exam("A", 1.0), replace(exam("B", 1.0), **change))


def exam_of(people):
    rng = np.random.default_rng(people)
    traits, predicted = rng.uniform(-1, 1, (2, people, 5))
    return TraitExam("m", "b", "d", tuple("OCEAN"), tuple(map(str, range(people))), traits, predicted)


def test_values_are_those_of_scipy_and_lie_in_their_intervals():
    exam = exam_of(people=30)
    bars = trait_intervals(exam, samples=200)
    expected = [stats.spearmanr(exam.predicted[:, k], exam.traits[:, k]).statistic for k in range(5)]
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
