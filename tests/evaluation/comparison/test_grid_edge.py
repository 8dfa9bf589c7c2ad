import pytest

from piaa_lightning.evaluation.comparison.grid_edge import edges_of, on_edge
from piaa_lightning.report.formatting import notes

TRIED = [
    {"lr_multiplier": rate, "steps": steps, "layers": layers}
    for rate in (0.3, 1.0, 3.0)
    for steps in (1, 2, 5, 10)
    for layers in ("all", "head")
]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"lr_multiplier": 1.0, "steps": 5, "layers": "all"}, []),
        ({"lr_multiplier": 0.3, "steps": 10, "layers": "all"}, ["lr_multiplier=0.3", "steps=10"]),
        ({"lr_multiplier": 3.0, "steps": 1, "layers": "head"}, ["lr_multiplier=3.0", "steps=1"]),
    ],
)
def test_the_smallest_and_the_largest_of_a_grid_are_its_edge(chosen, expected):
    assert on_edge(TRIED, chosen) == expected


def test_two_values_or_words_have_no_edge():
    tried = [{"scale": scale, "kind": kind} for scale in (1, 2) for kind in ("a", "b", "c")]
    assert on_edge(tried, tried[0]) == []


def test_only_numbers_of_shots_with_an_edge_are_told_and_the_table_says_so():
    inside, outside = TRIED[10], {"lr_multiplier": 1.0, "steps": 10, "layers": "all"}
    edges = edges_of(TRIED, {0: outside, 10: inside, 100: outside})  # of no ratings nothing is learnt
    assert edges == {"100": ["steps=10"]}
    told = dict(notes({"data": "d", "rows": [], "on_edge": {"BA-PIAA": edges}}))
    assert told["on the edge of its grid"] == "BA-PIAA at 100 shots (steps=10)"
    assert "on the edge of its grid" not in dict(notes({"data": "d", "rows": [], "on_edge": {"BA-PIAA": {}}}))
