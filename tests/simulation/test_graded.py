from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.simulation.graded import aspect, grade
from piaa_lightning.simulation.latent import ATTRIBUTES


def test_an_aspect_is_standardised():
    attributes = np.random.default_rng(0).random((20000, len(ATTRIBUTES)))
    strength = aspect(attributes, {"depth": 3, "clutter": -4})
    assert strength.mean() == pytest.approx(0, abs=0.03)
    assert strength.std() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(strength, attributes[:, ATTRIBUTES.index("depth")])[0, 1] == pytest.approx(0.6, abs=0.02)


def test_grades_are_whole_within_limits_and_follow_the_aspect():
    strength = np.linspace(-3, 3, 500)
    grades = grade(np.random.default_rng(0), strength, 1, 4)
    assert set(grades) == {1, 2, 3, 4}
    assert grades[:100].mean() < 2 < 3 < grades[-100:].mean()
    np.testing.assert_array_equal(grade(np.random.default_rng(0), np.array([-9.0, 0, 9]), 1, 5, error=0), [1, 3, 5])
