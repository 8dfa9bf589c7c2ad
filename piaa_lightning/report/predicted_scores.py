"""Draw the scores of a user beside those that models predict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.shown_users import ShownUser, ShownUsers
from piaa_lightning.report.best_and_worst import FACES, SHORT
from piaa_lightning.report.style import INK, Pixels, head_all, look, save, show, style

IMAGES = 6  # of each user
METHODS = 2
RULE = "evenly spaced from the best to the worst by the user's own rating"


def evenly_rated(user: ShownUser, count: int = IMAGES) -> list[int]:
    """Return places of images, evenly spaced from the user's best rated to the worst, ties by id."""
    order = np.lexsort((user.image_ids, -user.scores))
    return [
        int(order[k]) for k in np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int))
    ]


def predicted_scores(
    shown: ShownUsers, images: Callable[[int], Pixels], scale: Scale, path_png: Path, title: str
) -> str:
    """Draw images of each user, and below each the user's rating among what up to two methods say.

    Args:
        shown: with predictions of at least one method.
        images: from a number to ``(height, width, 3)`` pixels.
        scale: of the database.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there are no predictions.
    """
    methods = list(shown.predicted)[:METHODS]
    if not methods:
        raise UserError(f"{path_png}: nothing was predicted for the users shown; raise report.users.")
    users = len(shown.users[:FACES])
    with look():
        figure = Figure(figsize=(9.2, 0.7 + 1.75 * users), layout="constrained")
        panels = figure.subplots(
            2 * users, IMAGES + 1, squeeze=False,
            width_ratios=[0.16, *[1] * IMAGES], height_ratios=[1, 0.3] * users,
        )  # fmt: skip
        for panel in panels.flat:
            panel.set_axis_off()
        for row, user in enumerate(shown.users[:FACES]):
            panels[2 * row, 0].text(
                0.5, 0.5, user.name[:SHORT], ha="center", va="center", rotation=90, fontsize=8.5, in_layout=False
            )
            for column, place in enumerate(evenly_rated(user), start=1):
                show(panels[2 * row, column], images(int(user.images[place])))
                said = [float(shown.predicted[method][row][place]) for method in methods]
                _strip(panels[2 * row + 1, column], float(user.scores[place]), said, scale)
        rating = {"marker": "|", "markersize": 11, "markeredgewidth": 2.2, "color": INK, "linestyle": "none"}
        marks = [Line2D([], [], label="the user's rating", **rating)]  # type: ignore[arg-type]
        over = f" over all images of {len(shown.users)} users"
        for index, method in enumerate(methods):
            colour, marker = style(index)
            error = _error(shown, method) * scale.span
            label = f"{method}, off by {error:.2f} on average{over}"
            marks.append(Line2D([], [], color=colour, marker=marker, linestyle="none", label=label))
        figure.legend(handles=marks, loc="outside lower center", ncols=1 + len(methods) if len(methods) < 2 else 1)
        head_all(figure, title, f"images of {users} users, {RULE}; {shown.shots} shots; strips: {_ends(scale)}")
        said_words = "; ".join(str(mark.get_label()) for mark in marks[1:])
        return save(figure, path_png, f"Images with the ratings of {users} users and predictions: {said_words}.")


def _strip(panel: Axes, rating: float, said: list[float], scale: Scale) -> None:
    """Mark a rating and what was said on a line from the worst to the best score."""
    panel.set_axis_on()
    panel.plot([0, 1], [0, 0], color=INK, linewidth=0.8, alpha=0.4)
    panel.plot([rating], [0], marker="|", markersize=11, markeredgewidth=2.2, color=INK)
    for index, value in enumerate(said):
        colour, marker = style(index)
        panel.plot([np.clip(value, 0, 1)], [0], marker=marker, color=colour, markersize=5.5, alpha=0.9)
    panel.set_xlim(-0.06, 1.06)
    panel.set_ylim(-1, 1)
    panel.set_yticks([])
    panel.set_xticks([0, 1], [f"{scale.low:g}", f"{scale.high:g}"])
    panel.tick_params(axis="x", length=0, labelsize=7, pad=-1)
    for side in panel.spines.values():
        side.set_visible(False)


def _error(shown: ShownUsers, method: str) -> float:
    """Mean over users of the mean absolute error over all images that a user is evaluated on, in [0, 1]."""
    return float(
        np.mean(
            [np.abs(said - own.scores).mean() for own, said in zip(shown.users, shown.predicted[method], strict=True)]
        )
    )


def _ends(scale: Scale) -> str:
    return f"scores from {scale.low:g} to {scale.high:g}"
