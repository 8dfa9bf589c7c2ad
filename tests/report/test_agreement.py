import numpy as np
import pytest

from piaa_lightning.data.ratings import Scale
from piaa_lightning.evaluation.agreement import Levels, Shares
from piaa_lightning.report.agreement import agreement_figure
from piaa_lightning.report.style import described


@pytest.mark.slow
def test_the_figure_says_its_numbers(tmp_path, words):
    levels = Levels(np.linspace(0.1, 0.9, 10), np.linspace(0.9, 0.6, 10), np.full(10, 5), 0.75, 0.5)
    users = np.array([0.2, 0.6])
    svg = agreement_figure(Shares(0.3, 0.1, 0.6), users, levels, Scale(1, 5), tmp_path / "a.png", "d")
    assert {".300", ".100", ".600", "mean .400", "by chance .500", "users, of 2"} <= set(words(svg))
    assert "Pairs on the same side: .750 overall, .900 on the worst, .600 on the best" in described(svg)
