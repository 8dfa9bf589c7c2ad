import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.report.forest import forest
from piaa_lightning.report.style import described

ROWS = [
    {"a": "BLG-PIAA", "b": "BA-PIAA", "shots": k, "difference": d, "ci95": [d - 0.02, d + 0.02], "p": p, "p_holm": h}
    for k, d, p, h in ((10, 0.0372, 0.001, 0.002), (100, -0.01, 0.2, 0.2))
]


def test_every_difference_stands_there_in_numbers_and_words(tmp_path, words):
    svg = forest(ROWS, tmp_path / "f.png", "d", "c")
    assert {"+.037", "\u2212.010", "10 shots", "100 shots", "BLG-PIAA \u2212 BA-PIAA"} <= set(words(svg))
    assert "BLG-PIAA \u2212 BA-PIAA at 100 shots: \u2212.010 [\u2212.030, .010]" in described(svg)


def test_measures_of_images_are_told_apart(tmp_path, words):
    rows = [{"a": "x", "b": "y", "measure": m, "difference": 0.1, "ci95": [0, 0.2], "p": 0.5} for m in ("ACC", "SROCC")]
    assert {"ACC", "SROCC"} <= set(words(forest(rows, tmp_path / "f.png", "d", "c")))


def test_only_what_holds_over_seeds_is_filled(tmp_path, words):
    sure = {
        "difference_std_seeds": 0.01,
        "t_low": 0.01,
        "t_high": 0.06,
        "ci95": [0.02, 0.05],
        "low": 0.02,
        "high": 0.05,
    }
    of_five = [row | sure | {"seeds": 5} for row in ROWS[:1]]
    told = " ".join(words(forest(of_five, tmp_path / "f.png", "d", "c")))
    assert "filled: holds over seeds" in told
    told = " ".join(words(forest(ROWS, tmp_path / "g.png", "d", "c")))
    assert "too few to tell" in told


def test_nothing_to_compare(tmp_path):
    with pytest.raises(UserError, match="no comparison"):
        forest([], tmp_path / "f.png", "d", "c")
