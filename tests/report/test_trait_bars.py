from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_evaluation import trait_intervals
from piaa_lightning.report.trait_bars import trait_bars

TALK = "talk, on PsychoFlickr (a hypothesis)"


def test_values_people_and_the_talk_are_named(tmp_path, trait_exam, words):
    exams = [trait_exam(), trait_exam("single task", seed=3)]
    texts = words(trait_bars(exams, tmp_path / "t.png", "psychoflickr, embedded tiny"))
    value = f"{trait_intervals(exams[0], 10)[0][0]:.3f}".replace("0.", ".").replace("-", "\u2212")
    assert {value, *"OCEAN", "mean", "PA_IAA", "single task", TALK, "psychoflickr, embedded tiny"} <= set(texts)
    assert "over 12 people" in " ".join(texts)
    assert (tmp_path / "t.png").stat().st_size > 5_000


def test_the_talk_is_silent_about_other_traits(tmp_path, trait_exam, words):
    texts = words(trait_bars([trait_exam(names=("mood", "anticipatory_pleasure"))], tmp_path / "t.png", "d"))
    assert TALK not in texts
    assert "anticipatory_pleasure" in texts


@pytest.mark.parametrize("people", [1, 2])
def test_few_people_give_a_dash_and_no_warning(tmp_path, trait_exam, words, people):
    exam = trait_exam(people=people)
    exam = replace(exam, traits=np.zeros_like(exam.traits))  # all have the same value: no order
    texts = words(trait_bars([exam], tmp_path / "t.png", "d"))
    assert texts.count("\u2013") == 6


def test_no_exam(tmp_path):
    with pytest.raises(UserError, match="no network was judged on traits"):
        trait_bars([], tmp_path / "t.png", "d")


def test_equal_exams_give_equal_bytes(tmp_path, trait_exam):
    drawn = [trait_bars([trait_exam()], tmp_path / f"{k}.png", "d") for k in (0, 1)]
    assert drawn[0] == drawn[1]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
