"""What is counted in the study of the best 20 of 500."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).parents[2] / "experiments" / "best_twenty" / "measure.py"


@pytest.fixture(scope="module")
def measure():
    spec = importlib.util.spec_from_file_location("best_twenty", FILE)
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


SHOWS = np.repeat(np.arange(40), 2)  # every photograph twice
SCORES = np.linspace(0, 1, 40)


def test_the_best_twenty_are_worth_one_and_the_average_nothing(measure):
    assert measure.worth(np.arange(40, 80, 2), SHOWS, SCORES) == ("1.000", 0)
    middle = np.array([*range(20, 40, 2), *range(40, 60, 2)])  # photographs 10 to 29, whose mean is that of all
    assert measure.worth(middle, SHOWS, SCORES) == ("0.000", 0)
    # ten of the best twenty, each with its double: half of them count as average
    assert measure.worth(np.arange(60, 80), SHOWS, SCORES) == (f"{0.5 * (34.5 - 19.5) / (29.5 - 19.5):.3f}", 10)


def test_by_stars_the_best_that_were_looked_at_are_taken_and_none_twice(measure):
    found = {keys: taken for _, keys, taken, _ in measure.by_stars("files", SHOWS, SCORES, np.arange(80))}
    assert list(found) == [20, 50, 80]
    assert sorted(SHOWS[found[20]]) == list(range(10)), "twenty frames show ten photographs"
    assert len(set(SHOWS[found[80]])) == 20
    least = measure.stars_of(SCORES)[SHOWS[found[80]]].min()
    assert least == measure.stars_of(SCORES)[20], "the best by stars, of which five tell only so much apart"


def test_seconds_are_those_of_keys_and_of_answers(measure):
    rows = [["a", "piaa", 10, "0.5", 0, "2.0"], ["b", "piaa", 10, "0.7", 1, "4.0"], ["a", "files", 20, "0.1", 0, "0.0"]]
    assert measure.summary(rows) == [["piaa", 10, 19, "0.60", "0.5"], ["files", 20, 33, "0.10", "0.0"]]


def test_differences_are_paired_over_people(measure, monkeypatch):
    monkeypatch.setattr(measure, "COMPARED", ((10, ("files", 20)),))
    rows = [[one, "piaa", 10, value, 0, "0"] for one, value in (("a", "0.5"), ("b", "0.9"), ("c", "0.7"))]
    rows += [[one, "files", 20, value, 0, "0"] for one, value in (("a", "0.3"), ("b", "0.6"), ("c", "0.6"))]
    # differences .2, .3 and .1: mean .2, standard deviation .1
    assert measure.differences(rows) == [["piaa", 10, "files", 20, "+0.20", f"{0.2 / 3**0.5:.2f}"]]
