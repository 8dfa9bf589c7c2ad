import numpy as np
import pytest
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.statistics import (
    Spread,
    compare,
    compare_pairs,
    corrected,
    holm,
    paired_differences,
    signed_rank_p,
    summarise,
)
from piaa_lightning.metrics import registry


def as_records(method, matrix, shots=10, backbone="resnet18", n_query=20, metric="srocc"):
    return [
        Record(method, backbone, shots, repeat, f"u{user}", shots, n_query, metric, None if np.isnan(v) else float(v),
               "constant ratings" if np.isnan(v) else "")
        for user, row in enumerate(np.asarray(matrix, dtype=float))
        for repeat, v in enumerate(row)
    ]  # fmt: skip


def test_summary_by_hand():
    # Repeat means .3 .5, so mean .4 and std .1 * sqrt 2; user means .2 .6, median .4, std .2 * sqrt 2.
    (row,) = summarise(as_records("m", [[0.1, 0.3], [0.5, 0.7]]))
    spread = row.metrics["srocc"]
    assert spread.mean == pytest.approx(0.4)
    assert spread.median_users == pytest.approx(0.4)
    assert spread.std_repeats == pytest.approx(0.1 * np.sqrt(2))
    assert spread.std_users == pytest.approx(0.2 * np.sqrt(2))
    assert row.flat() == {
        "method": "m", "backbone": "resnet18", "shots": 10, "srocc": spread.mean,
        "srocc_median_users": spread.median_users, "srocc_std_repeats": spread.std_repeats,
        "srocc_std_users": spread.std_users, "users": 2, "repeats": 2, "users_dropped": 0,
    }  # fmt: skip
    assert (row.method, row.backbone, row.shots) == ("m", "resnet18", 10)
    assert (row.users, row.repeats, row.users_dropped) == (2, 2, 0)


def test_summary_leaves_out_what_has_no_value():
    nan = np.nan
    (row,) = summarise(as_records("m", [[0.2, nan], [nan, nan], [0.4, 0.8]]))
    # Repeat means .3 and .8 (one user each way), user means .2 and .6.
    assert row.metrics["srocc"].mean == pytest.approx(0.55)
    assert row.metrics["srocc"].median_users == pytest.approx(0.4)
    assert (row.users, row.repeats, row.users_dropped) == (2, 2, 1)


def test_summary_of_one_and_of_nobody():
    one, nobody = summarise(as_records("m", [[0.2]]) + as_records("n", [[np.nan]]))
    assert one.metrics == {"srocc": Spread(0.2, 0.2, None, None)}
    assert (nobody.metrics["srocc"].mean, nobody.users, nobody.users_dropped) == (None, 0, 1)


def test_summary_keeps_methods_backbones_and_shots_apart_in_order():
    rows = summarise(
        as_records("b", [[0.1]], shots=100)
        + as_records("a", [[0.2]])
        + as_records("b", [[0.3]])
        + as_records("a", [[0.4]], backbone="alexnet")
    )
    assert [(r.method, r.backbone, r.shots, r.metrics["srocc"].mean) for r in rows] == [
        ("b", "resnet18", 100, 0.1), ("a", "resnet18", 10, 0.2), ("b", "resnet18", 10, 0.3), ("a", "alexnet", 10, 0.4),
    ]  # fmt: skip


def test_pooled_is_the_mean_over_repeats_of_the_sum_of_parts():
    records = as_records("m", [[0.1, 0.3], [0.5, np.nan]])
    parts = as_records("m", [[0.2, 0.4], [0.1, np.nan]], metric="srocc_pooled")
    row = summarise([*records, *parts])[0]
    assert row.metrics["srocc_pooled"] == Spread(pytest.approx((0.2 + 0.1 + 0.4) / 2))
    assert row.flat()["srocc_pooled"] == row.metrics["srocc_pooled"].mean
    assert "srocc_pooled_std_users" not in row.flat()
    assert "srocc_pooled" not in summarise(records)[0].flat()
    assert summarise([*records, *parts[1:]])[0].metrics["srocc_pooled"].mean is None  # not taken of everybody


def test_every_metric_has_its_own_numbers_and_the_first_counts_users():
    records = as_records("m", [[0.1, 0.3]]) + as_records("m", [[0.5, np.nan]], metric="mae")
    (row,) = summarise(records)
    assert row.metrics["srocc"].mean == pytest.approx(0.2)
    assert row.metrics["mae"].mean == 0.5
    assert (row.users, row.repeats) == (1, 2)
    assert list(row.flat())[3:8] == ["srocc", "srocc_median_users", "srocc_std_repeats", "srocc_std_users", "mae"]


def test_methods_are_compared_by_every_metric_that_is_for_it_each_with_its_own_correction():
    rng = np.random.default_rng(1)
    records = [
        record
        for metric in ("srocc", "kendall_tau", "plcc")
        for name in "abc"
        for record in as_records(name, rng.random((9, 2)), metric=metric)
    ]
    chosen = [registry.get(name) for name in ("srocc", "srocc_pooled", "kendall_tau", "plcc")]
    found = compare_pairs(records, [("a", "b"), ("a", "c"), ("a", "d")], [10, 100], chosen)
    assert [(c.b, c.shots, c.metric, c.measure) for c in found] == [
        ("b", 10, "srocc", "SROCC"), ("c", 10, "srocc", "SROCC"),
        ("b", 10, "kendall_tau", "Kendall's tau"), ("c", 10, "kendall_tau", "Kendall's tau"),
    ]  # fmt: skip
    for own in (found[:2], found[2:]):
        assert [c.p_holm for c in own] == holm([c.p for c in own])
    assert found[2].difference == compare(records, "a", "b", 10, metric="kendall_tau").difference


def test_twice_the_same_record_is_refused():
    records = as_records("m", [[0.1]])
    with pytest.raises(UserError, match="twice for user u0, repeat 0"):
        summarise(records + records)


def test_compare_pairs_users_whatever_their_order():
    rng = np.random.default_rng(4)
    b = rng.random((12, 5)) * 0.8
    a = b + rng.normal(0.03, 0.05, b.shape)
    records = as_records("a", a) + as_records("b", b)[::-1] + as_records("a", a, shots=100)
    result = compare(records, "a", "b", 10)
    of_users = (a - b).mean(axis=1)
    assert result.difference == pytest.approx(of_users.mean())
    assert result.p == pytest.approx(stats.wilcoxon(of_users).pvalue)
    assert result.ci95[0] < result.difference < result.ci95[1]
    assert (result.users, result.repeats, result.shots, result.backbone_a) == (12, 5, 10, "resnet18")
    assert compare(records, "a", "b", 10) == result
    back = compare(records, "b", "a", 10)
    assert (back.difference, back.p) == pytest.approx((-result.difference, result.p))
    # The summary's difference is the same number where nothing is missing.
    rows = {row.method: row.metrics["srocc"].mean for row in summarise(r for r in records if r.shots == 10)}
    assert rows["a"] - rows["b"] == pytest.approx(result.difference)


def test_compare_uses_only_pairs():
    nan = np.nan
    records = as_records("a", [[0.5, nan], [0.9, 0.9], [nan, nan]]) + as_records("b", [[0.4, 0.0], [0.6, 0.8], [1, 1]])
    result = compare(records, "a", "b", 10, samples=100)
    assert result.difference == pytest.approx((0.1 + (0.3 + 0.1) / 2) / 2)
    assert (result.users, result.repeats) == (2, 2)


def test_a_method_against_itself_under_another_name():
    matrix = np.random.default_rng(0).random((5, 3))
    result = compare(as_records("a", matrix) + as_records("b", matrix), "a", "b", 10)
    assert (result.difference, result.ci95, result.p) == (0.0, (0.0, 0.0), 1.0)


@pytest.mark.parametrize(
    "other",
    [
        as_records("b", [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),
        as_records("b", [[0.1], [0.3]]),
        as_records("b", [[0.1, 0.2], [0.3, 0.4]], n_query=21),
    ],
    ids=["users", "repeats", "query sizes"],
)
def test_different_splits_are_refused(other):
    with pytest.raises(UserError, match="different splits"):
        compare(as_records("a", [[0.1, 0.2], [0.3, 0.4]]) + other, "a", "b", 10)


def test_absent_ambiguous_and_unpaired_are_refused():
    nan = np.nan
    records = as_records("a", [[0.1, nan]]) + as_records("a", [[0.2, nan]], backbone="alexnet")
    records += as_records("b", [[nan, 0.1]])
    with pytest.raises(UserError, match="no c at 10 shots"):
        compare(records, "c", "b", 10)
    with pytest.raises(UserError, match="alexnet, resnet18; say which"):
        compare(records, "a", "b", 10)
    with pytest.raises(UserError, match="no a with vgg at 10"):
        compare(records, "a", "b", 10, backbone_a="vgg")
    with pytest.raises(UserError, match="no user in common"):
        compare(records, "a", "b", 10, backbone_a="alexnet")
    across = compare(records, "a", "a", 10, backbone_a="alexnet", backbone_b="resnet18")
    assert across.difference == pytest.approx(0.1)


def test_signed_rank_shares_ranks_of_numbers_equal_but_for_rounding():
    exact = np.array([0.3, 0.3, -0.3, 0.5, 0.0])
    noisy = np.array([0.1 + 0.2, 0.3, -0.3, 0.5, 1e-17])
    assert signed_rank_p(noisy) == signed_rank_p(exact)


@pytest.mark.parametrize("users", [1, 2, 6, 37, 120])
def test_signed_rank_is_quiet_for_any_number_of_users(users):
    assert 0 <= signed_rank_p(np.random.default_rng(users).normal(0, 1, users)) <= 1


def test_holm_by_hand():
    # Sorted .01 .02 .03 .04 times 4 3 2 1 is .04 .06 .06 .04, made monotone: .04 .06 .06 .06.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_corrected_fills_in_holm():
    rng = np.random.default_rng(0)
    b = rng.random((20, 2))
    records = as_records("b", b) + as_records("a", b - 0.1) + as_records("c", rng.random((20, 2)))
    plain = [compare(records, name, "b", 10, samples=50) for name in "ac"]
    assert [c.p_holm for c in corrected(plain)] == holm([c.p for c in plain])


def test_paired_differences_keep_gaps():
    nan = np.nan
    first, second = as_records("a", [[0.5, nan], [0.9, 0.7]]), as_records("b", [[0.25, 0.0], [0.4, 0.2]])
    users, repeats, differences = paired_differences(first, second)
    assert (users, repeats) == (["u0", "u1"], [0, 1])
    np.testing.assert_allclose(differences, [[0.25, nan], [0.5, 0.5]])
