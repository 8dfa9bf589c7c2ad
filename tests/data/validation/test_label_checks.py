from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.validation.label_checks import check_distributions, check_traits
from piaa_lightning.errors import UserError

GOOD = [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ([0.1, np.nan, 0.3, 0.4], "hold a value that is no finite number"),
        ([0.1, np.inf, 0.3, 0.4], "hold a value that is no finite number"),
        ([-0.1, 0.3, 0.4, 0.4], "hold a negative share of votes"),
        ([0.0, 0.0, 0.0, 0.0], "hold no vote at all"),
        ([0.1, 0.2, 0.3, 0.5], "do not sum to one"),
        ([3.0, 1.0, 0.0, 0.0], "do not sum to one"),
    ],
)
def test_a_row_that_is_no_distribution_is_named(row, what):
    values = np.array([GOOD, row, GOOD, row], dtype=np.float32)
    with pytest.raises(UserError) as error:
        check_distributions(values, ["a", "b", "c", "d"], "AVA.txt")
    sentence = str(error.value)
    assert sentence.startswith(f"AVA.txt: 2 of 4 distributions of votes {what} (first: image b,")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_distributions_pass_in_single_precision_and_rounded():
    random = np.random.default_rng(0)
    rows = random.dirichlet(np.ones(10), 1000)
    names = np.array([str(n) for n in range(1000)])
    check_distributions(rows, names)
    check_distributions(rows.astype(np.float32), names)
    check_distributions(rows.round(4), names)
    check_distributions(np.zeros((0, 10)), [])


@pytest.mark.parametrize("value", [1.01, -1.5, np.inf])
def test_a_trait_out_of_range_is_named(value):
    values = np.array([[0.1, 0.2], [0.3, value]], dtype=np.float32)
    with pytest.raises(UserError, match=r"^the database: 1 of 4 traits lie outside \[-1, 1\] \(first: C of u2 is"):
        check_traits(values, ["u1", "u2"], ["O", "C"])


def test_ends_of_the_range_and_unknown_traits_pass():
    check_traits(np.array([[-1.0, 1.0], [np.nan, np.nextafter(np.float32(1), 2)]]), ["u1", "u2"], ["O", "C"])
    check_traits(np.zeros((0, 5)), [], ["O", "C", "E", "A", "N"])
