import pytest

from piaa_lightning.evaluation.comparison.conclusion import (
    BELOW_SPREAD,
    HOLDS,
    NOT_APART,
    TOO_FEW,
    conclusion,
    has_level_of_seeds,
)

SURE = {"difference": 0.03, "difference_std_seeds": 0.01, "low": 0.02, "high": 0.04, "t_low": 0.01, "t_high": 0.05,
        "p": 0.001, "p_holm": 0.002, "seeds": 5}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, HOLDS),
        ({"p_holm": None}, HOLDS),
        ({"difference": -0.03, "low": -0.04, "high": -0.02, "t_low": -0.05, "t_high": -0.01}, HOLDS),
        ({"seeds": 4}, TOO_FEW),
        ({"difference_std_seeds": None}, TOO_FEW),
        ({"low": -0.001}, NOT_APART),
        ({"t_low": -0.001}, NOT_APART),
        ({"p_holm": 0.06}, NOT_APART),
        ({"difference_std_seeds": 0.031}, BELOW_SPREAD),
    ],
)
def test_each_condition_alone_takes_the_claim_away(changed, expected):
    row = SURE | changed
    assert conclusion(row) == expected
    printed = {name: "" if value is None else str(value) for name, value in row.items()}
    assert conclusion(printed) == expected, "a csv says the same in print"


def test_a_runs_own_comparison_stands_for_one_seed():
    assert conclusion({"difference": 0.3, "ci95": (0.2, 0.4), "p": 0.0001}) == TOO_FEW


def test_seeds_that_were_counted_as_repeats_are_found():
    assert has_level_of_seeds({"seeds": "1"})
    assert not has_level_of_seeds({"seeds": "3", "low": "0.1", "high": "0.2"})
    assert has_level_of_seeds(SURE)
