"""Of a few users: the images that a method expects each to like best and least."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.shown_users import ShownUsers
from piaa_lightning.report.style import Pixels, head_all, look, save, show

SIDE = 3  # images at either end
FACES = 4  # users in a figure at most
SHORT = 6  # digits of a user's hash in figures


def best_and_worst(predicted: np.ndarray, side: int = SIDE) -> tuple[list[int], list[int]]:
    """Return the places of the highest predictions, the highest first, and of the lowest, the lowest first; none twice.

    Args:
        predicted: ``(images,)``.
        side: images at either end; half of all where these are fewer.
    """
    order = np.argsort(-predicted, kind="stable").tolist()
    side = min(side, len(order) // 2)
    return order[:side], order[::-1][:side]


def best_and_worst_images(
    shown: ShownUsers, method: str, images: Callable[[int], Pixels], scale: Scale, path_png: Path, title: str
) -> str:
    """Draw, in a row for each user, the images with the highest and with the lowest prediction.

    Args:
        shown: with predictions of the method.
        method: its label.
        images: from a number to ``(height, width, 3)`` pixels.
        scale: of the database.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there are no predictions.
    """
    if not shown.predicted.get(method):
        raise UserError(f"{path_png}: {method} predicted nothing for the users shown; raise report.users.")
    users = shown.users[:FACES]
    with look():
        figure = Figure(
            figsize=(0.5 + 1.5 * 2 * SIDE, 0.3 + 1.35 * len(users)), layout=ConstrainedLayoutEngine(hspace=0.06)
        )
        panels = figure.subplots(
            len(users) + 1, 2 * SIDE + 2, squeeze=False,
            width_ratios=[0.22, *[1] * SIDE, 0.12, *[1] * SIDE], height_ratios=[0.14, *[1] * len(users)],
        )  # fmt: skip
        for panel in panels.flat:
            panel.set_axis_off()
        for first, words in ((1, "expected to be liked best"), (SIDE + 2, "expected to be liked least")):
            panels[0, first].text(0, 0.5, words, fontsize=9.5, fontweight="bold", va="center", in_layout=False)
        sentences = []
        for row, (user, said) in enumerate(zip(users, shown.predicted[method], strict=False), start=1):
            panels[row, 0].text(
                0.5, 0.5, user.name[:SHORT], ha="center", va="center", rotation=90, fontsize=8.5, in_layout=False
            )
            ends = best_and_worst(said)
            for first, end in zip((1, SIDE + 2), ends, strict=True):
                for panel, place in zip(panels[row, first : first + SIDE], end, strict=False):
                    show(panel, images(int(user.images[place])))
                    _below(panel, f"rated {_own(user.scores[place], scale)}, said {_own(said[place], scale, 1)}")
            means = [float(np.mean(user.scores[end])) for end in ends if end]
            rated = " and ".join(f"{_own(mean, scale, 1)}" for mean in means)
            sentences.append(f"user {user.name[:SHORT]} rated the best and the worst of them {rated} on average")
        head_all(figure, title, f"{method} at {shown.shots} shots: users' own ratings below, on {_range(scale)}")
        return save(figure, path_png, f"Images that {method} ranks first and last; {'; '.join(sentences)}.")


def _below(panel: Axes, words: str) -> None:
    panel.annotate(
        words, (0.5, 0), (0, -3), "axes fraction", textcoords="offset points", ha="center", va="top", fontsize=7.5
    )


def _own(unit: float, scale: Scale, digits: int | None = None) -> str:
    """Write a score of [0, 1] on the database's scale, without decimals that say nothing."""
    value = scale.low + float(unit) * (scale.high - scale.low)
    return f"{round(value, 2):g}" if digits is None else f"{value:.{digits}f}"


def _range(scale: Scale) -> str:
    return f"the database's scale of {scale.low:g} to {scale.high:g}"
