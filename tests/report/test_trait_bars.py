from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_evaluation import trait_intervals
from piaa_lightning.report.trait_bars import trait_bars

pytestmark = pytest.mark.slow


PUBLISHED = "published, on PsychoFlickr (a hypothesis)"


def test_values_users_and_published_ones_are_named(tmp_path, trait_evaluation, words):
    evaluations = [trait_evaluation(), trait_evaluation("single task", seed=3)]
    texts = words(trait_bars(evaluations, tmp_path / "t.png", "psychoflickr, embedded tiny"))
    value = f"{trait_intervals(evaluations[0], 10)[0][0]:.3f}".replace("0.", ".").replace("-", "\u2212")
    assert {value, *"OCEAN", "mean", "PA_IAA", "single task", PUBLISHED, "psychoflickr, embedded tiny"} <= set(texts)
    assert "over 12 users" in " ".join(texts)
    assert (tmp_path / "t.png").stat().st_size > 5_000


def test_nothing_was_published_about_other_traits(tmp_path, trait_evaluation, words):
    texts = words(trait_bars([trait_evaluation(names=("mood", "anticipatory_pleasure"))], tmp_path / "t.png", "d"))
    assert PUBLISHED not in texts
    assert "anticipatory_pleasure" in texts


@pytest.mark.parametrize("users", [1, 2])
def test_few_users_give_a_dash_and_no_warning(tmp_path, trait_evaluation, words, users):
    evaluation = trait_evaluation(count=users)
    evaluation = replace(evaluation, traits=np.zeros_like(evaluation.traits))  # all have the same value: no order
    texts = words(trait_bars([evaluation], tmp_path / "t.png", "d"))
    assert texts.count("\u2013") == 6


def test_no_evaluation(tmp_path):
    with pytest.raises(UserError, match="no network was evaluated on traits"):
        trait_bars([], tmp_path / "t.png", "d")


def test_equal_evaluations_give_equal_bytes(tmp_path, trait_evaluation):
    drawn = [trait_bars([trait_evaluation()], tmp_path / f"{k}.png", "d") for k in (0, 1)]
    assert drawn[0] == drawn[1]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
