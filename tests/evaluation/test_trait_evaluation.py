from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_evaluation import TraitEvaluation, compare_traits, trait_intervals

USERS = tuple(f"u{n}" for n in range(40))
TRAITS = np.random.default_rng(0).uniform(-1, 1, (40, 3))


def evaluation(method: str, noise: float) -> TraitEvaluation:
    predicted = np.tanh(TRAITS + noise * np.random.default_rng(1).normal(size=TRAITS.shape))
    return TraitEvaluation(method, "net", "users, test", ("O", "C", "N"), USERS, TRAITS, predicted)


def test_rows_against_scipy():
    one = evaluation("A", 0.5)
    rows = one.rows()
    assert [row["trait"] for row in rows] == ["O", "C", "N"]
    for column, row in enumerate(rows):
        ours, theirs = one.predicted[:, column], TRAITS[:, column]
        assert row["srocc"] == pytest.approx(stats.spearmanr(ours, theirs).statistic)
        assert row["rmse"] == pytest.approx(np.linalg.norm(ours - theirs) / np.sqrt(40))
        named = {"method": "A", "backbone": "net", "evaluated_on": "users, test", "users": 40}
        assert {key: row[key] for key in named} == named


def test_a_trait_that_all_users_share_has_no_correlation():
    shared = TRAITS.copy()
    shared[:, 1] = 0.25
    found = [row["srocc"] for row in replace(evaluation("A", 0.5), traits=shared).rows()]
    assert found[1] is None
    assert None not in (found[0], found[2])


def test_rows_can_be_computed_again_from_the_lines():
    one = evaluation("A", 0.5)
    lines = one.lines()
    assert len(lines) == 120
    for row in one.rows():
        own = [line for line in lines if line["trait"] == row["trait"]]
        assert [line["user"] for line in own] == list(USERS)
        values = [line["value"] for line in own], [line["predicted"] for line in own]
        assert row["srocc"] == pytest.approx(stats.spearmanr(*values).statistic)


@pytest.mark.slow
def test_the_sign_of_a_comparison():
    good, bad = evaluation("good", 0.1), evaluation("bad", 3.0)
    means = [np.mean([row["srocc"] for row in each.rows()]) for each in (good, bad)]
    (line,) = compare_traits(good, bad)
    assert line["difference"] == pytest.approx(means[0] - means[1])
    assert line["difference"] > 0
    assert line["ci95"][0] > 0
    assert (line["a"], line["b"], line["measure"], line["users"]) == ("good", "bad", "mean SROCC of traits", 40)
    assert compare_traits(bad, good)[0]["difference"] == -line["difference"]
    assert compare_traits(good, good)[0]["p"] == 1


@pytest.mark.parametrize("change", [{"users": USERS[::-1]}, {"trait_names": ("O", "C", "E")}])
def test_other_users_or_traits_are_a_sentence(change):
    with pytest.raises(
        UserError, match=r"^A and B were evaluated on different users; evaluate both on one database\.$"
    ):
        compare_traits(evaluation("A", 1.0), replace(evaluation("B", 1.0), **change))


def evaluation_of(users):
    rng = np.random.default_rng(users)
    traits, predicted = rng.uniform(-1, 1, (2, users, 5))
    return TraitEvaluation("m", "b", "d", tuple("OCEAN"), tuple(map(str, range(users))), traits, predicted)


def test_values_are_those_of_scipy_and_lie_in_their_intervals():
    evaluation = evaluation_of(users=30)
    bars = trait_intervals(evaluation, samples=200)
    expected = [stats.spearmanr(evaluation.predicted[:, k], evaluation.traits[:, k]).statistic for k in range(5)]
    assert [value for value, _ in bars] == pytest.approx([*expected, np.mean(expected)])
    assert all(low < value < high for value, (low, high) in bars)
    widths = [high - low for _, (low, high) in bars]
    assert widths[5] < min(widths[:5])  # a mean of five is known better than any of them


def test_more_users_narrow_the_intervals():
    few, many = (trait_intervals(evaluation_of(users=users), samples=200) for users in (8, 200))
    assert max(high - low for _, (low, high) in many) < min(high - low for _, (low, high) in few[:5])


def test_a_trait_that_all_users_have_alike_has_no_value():
    evaluation = evaluation_of(6)
    evaluation.traits[:, 2] = 0.5
    bars = trait_intervals(evaluation, samples=20)
    assert np.isnan(bars[2][0])
    assert np.isnan(bars[2][1]).all()
    assert np.isfinite(bars[1][0])
    assert np.isnan(bars[5][0])
