from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.statistics import (
    compare,
    corrected,
    holm,
    paired_differences,
    signed_rank_p,
    summarise,
)


def as_records(method, matrix, shots=10, backbone="resnet18", n_query=20):
    return [
        Record(method, backbone, shots, repeat, f"u{user}", shots, n_query, None if np.isnan(v) else float(v),
               "constant ratings" if np.isnan(v) else "")
        for user, row in enumerate(np.asarray(matrix, dtype=float))
        for repeat, v in enumerate(row)
    ]  # fmt: skip


def test_summary_by_hand():
    # Repeat means .3 .5, so mean .4 and std .1 * sqrt 2; user means .2 .6, median .4, std .2 * sqrt 2.
    (row,) = summarise(as_records("m", [[0.1, 0.3], [0.5, 0.7]]))
    assert row.srocc == pytest.approx(0.4)
    assert row.srocc_median_users == pytest.approx(0.4)
    assert row.srocc_std_repeats == pytest.approx(0.1 * np.sqrt(2))
    assert row.srocc_std_users == pytest.approx(0.2 * np.sqrt(2))
    assert (row.method, row.backbone, row.shots) == ("m", "resnet18", 10)
    assert (row.users, row.repeats, row.users_dropped) == (2, 2, 0)


def test_summary_leaves_out_what_has_no_value():
    nan = np.nan
    (row,) = summarise(as_records("m", [[0.2, nan], [nan, nan], [0.4, 0.8]]))
    # Repeat means .3 and .8 (one user each way), user means .2 and .6.
    assert row.srocc == pytest.approx(0.55)
    assert row.srocc_median_users == pytest.approx(0.4)
    assert (row.users, row.repeats, row.users_dropped) == (2, 2, 1)


def test_summary_of_one_and_of_nobody():
    one, nobody = summarise(as_records("m", [[0.2]]) + as_records("n", [[np.nan]]))
    assert (one.srocc, one.srocc_std_repeats, one.srocc_std_users) == (0.2, None, None)
    assert (nobody.srocc, nobody.users, nobody.users_dropped) == (None, 0, 1)


def test_summary_keeps_methods_backbones_and_shots_apart_in_order():
    rows = summarise(
        as_records("b", [[0.1]], shots=100)
        + as_records("a", [[0.2]])
        + as_records("b", [[0.3]])
        + as_records("a", [[0.4]], backbone="alexnet")
    )
    assert [(r.method, r.backbone, r.shots, r.srocc) for r in rows] == [
        ("b", "resnet18", 100, 0.1), ("a", "resnet18", 10, 0.2), ("b", "resnet18", 10, 0.3), ("a", "alexnet", 10, 0.4),
    ]  # fmt: skip


def test_pooled_is_the_mean_over_repeats_of_the_sum_of_parts():
    records = as_records("m", [[0.1, 0.3], [0.5, np.nan]])
    parts = [0.2, 0.4, 0.1, None]
    whole = [replace(record, pooled=part) for record, part in zip(records, parts, strict=True)]
    assert summarise(whole)[0].srocc_pooled == pytest.approx((0.2 + 0.1 + 0.4) / 2)
    assert summarise(records)[0].srocc_pooled is None
    assert summarise([whole[0], records[1], *whole[2:]])[0].srocc_pooled is None  # not taken of everybody


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
    rows = {row.method: row.srocc for row in summarise(r for r in records if r.shots == 10)}
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
