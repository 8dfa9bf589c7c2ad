"""Two processes, and three, train and validate as one does, on parts whose sizes they do not divide."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("together.py")
TRAINED = ("generic", "clipped", "alternate", "alternate, clipped", "sum", "sum, clipped")


@pytest.fixture(scope="module")
def found(one_and_two):
    """What one process found, and what each of two found."""
    return one_and_two(SCRIPT)


@pytest.mark.parametrize("part", ["users", "images"])
def test_what_is_validated_is_the_same_number_to_the_last_bit(found, part):
    alone, *both = found
    assert {"val/srocc", f"val/{part}_srocc"} <= set(alone[part])
    assert all(process[part] == alone[part] for process in both)
    assert len(set(alone[part].values())) > 1 or part == "users"


def test_votes_and_traits_are_counted_once(found):
    alone, *both = found
    assert alone["counted"] == (31, {7}), "else a part that two processes divide evenly would show nothing"
    for process in both:
        assert process["counted"] == alone["counted"]
        assert process["votes and traits"] == pytest.approx(alone["votes and traits"], rel=0, abs=1e-7)


@pytest.mark.parametrize("case", TRAINED)
def test_training_gives_the_same_parameters(found, case):
    alone, *both = found
    for process in both:
        for name, value in alone[case].items():
            torch.testing.assert_close(process[case][name], value, rtol=0, atol=1e-9)
    assert all(torch.equal(both[0][case][name], value) for name, value in both[1][case].items())


def test_the_cases_differ(found):
    # else a callback or a balance that does nothing would pass above
    alone = found[0]
    for one, other in (("generic", "clipped"), ("alternate", "sum"), ("sum", "sum, clipped")):
        assert not all(torch.allclose(alone[one][name], value, atol=1e-6) for name, value in alone[other].items())


def test_the_first_process_decides(found):
    assert [process["agreed"] for process in found] == ["process 0"] * 3
