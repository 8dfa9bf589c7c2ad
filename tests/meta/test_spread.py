"""Two processes with half the users each do what one process with all of them does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("spread.py")


@pytest.fixture(scope="module")
def found(one_and_two):
    """What one process found, and what each of two found."""
    return one_and_two(SCRIPT)


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_training_gives_the_same_theta(found, reduce):
    alone, *both = found
    for process in both:
        for name, value in alone[reduce].items():
            torch.testing.assert_close(process[reduce][name], value, rtol=0, atol=1e-10)
    assert all(torch.equal(both[0][reduce][name], value) for name, value in both[1][reduce].items())
    assert not torch.allclose(alone["sum"]["head.0.weight"], alone["mean"]["head.0.weight"])


def test_judging_gives_the_same_records_in_the_same_order(found):
    alone, *both = found
    assert len(alone["evaluated"]["records"]) == 5 * 3 * 2 * 2  # users, repeats, shots, metrics
    assert [process["evaluated"] for process in both] == [alone["evaluated"]] * 2


def test_what_is_gathered_is_in_the_order_of_one_process(found):
    assert [process["gathered"] for process in found] == [list(range(7))] * 3


def test_a_learner_that_cannot_be_spread_is_refused_with_the_reason(found):
    alone, *both = found
    assert "refused" not in alone
    for process in both:
        assert process["refused"] == (
            "trainer.devices: 2 processes cannot share the users of a batch, because learner.reset_state=never carries "
            "Adam's moments from each user to the next; take trainer.devices=1."
        )
