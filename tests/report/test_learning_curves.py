from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from matplotlib.axes import Axes

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record
from piaa_lightning.report.learning_curves import learning_curves


def records(values):
    """``values[method][shots]`` is a list with one value per user, None where the user was dropped."""
    return [
        Record(method, "", shots, 0, f"u{user}", shots, 20, "srocc", value, "" if value is not None else "too few")
        for method, by_shots in values.items()
        for shots, users in by_shots.items()
        for user, value in enumerate(users)
    ]


def drawn(some, path, **options):
    """What is plotted: method -> (shots, means)."""
    with mock.patch.object(Axes, "plot", autospec=True, side_effect=Axes.plot) as plot:
        svg = learning_curves(some, path, "tests", samples=50, **options)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert svg.startswith("<svg")
    return {call.kwargs["label"]: (call.args[1], call.args[2]) for call in plot.call_args_list}


def test_a_curve_follows_the_same_users_at_all_sizes(tmp_path):
    some = records({"m": {5: [0.1, 0.3, 0.9], 10: [0.2, 0.4, None]}, "n": {5: [0.5, 0.5, 0.5], 10: [0.7, 0.9, None]}})
    curves = drawn(some, tmp_path / "curves.png")
    assert list(curves) == ["m", "n"]
    assert curves["m"][0] == [5, 10]
    np.testing.assert_allclose(curves["m"][1], [0.2, 0.3])  # the third user has no value at ten shots
    np.testing.assert_allclose(curves["n"][1], [0.5, 0.8])


def test_a_curve_may_begin_at_no_rating_or_at_the_first(tmp_path):
    some = records({"m": {0: [0.1, 0.3], 5: [0.2, 0.4], 10: [0.3, 0.5]}, "n": {5: [0.5, 0.5], 10: [0.7, 0.9]}})
    curves = drawn(some, tmp_path / "curves.png")
    assert [curves[name][0] for name in "mn"] == [[0, 5, 10], [5, 10]]
    np.testing.assert_allclose(curves["m"][1], [0.2, 0.3, 0.4])


def test_only_the_methods_named_are_drawn(tmp_path):
    some = records({name: {5: [0.1, 0.3], 10: [0.2, 0.4]} for name in "abc"})
    assert list(drawn(some, tmp_path / "curves.png", methods=["c", "a"])) == ["c", "a"]


@pytest.mark.parametrize("by_shots", [{10: [0.1, 0.2]}, {5: [0.1, None], 10: [None, 0.2]}, {5: [None], 10: [None]}])
def test_without_a_curve_there_is_a_sentence(tmp_path, by_shots):
    with pytest.raises(UserError, match="a curve needs users with values at two numbers of shots"):
        learning_curves(records({"m": by_shots}), tmp_path / "curves.png", "tests")
