"""Draw the distributions of votes on test images, and their predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.metrics.registry import get
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.style import DECIMAL, INK, Pixels, head_all, look, save, show, style

Floats = NDArray[np.float64]
COLUMNS = 4
RULE = "evenly spaced from the worst to the best by true mean, and last the most disputed, by the spread of its votes"


def chosen_images(evaluation: ImageEvaluation, count: int = 8) -> list[int]:
    """Choose test images by the truth alone, whatever a network says about them.

    Args:
        evaluation: with true distributions.
        count: how many; fewer where there are fewer.

    Returns:
        Numbers of images: ``count - 1`` evenly spaced ranks of the true mean, the worst first and the best last, ties
        by id; then, of the others, the image whose true votes have the largest standard deviation.
    """
    votes = _votes(evaluation.votes)
    means, deviations = _moments(votes)
    order = np.lexsort((evaluation.image_ids, means))
    spaced = order[np.unique(np.linspace(0, len(order) - 1, min(count - 1, len(order))).round().astype(int))]
    others = np.setdiff1d(order, spaced)
    if not len(others):
        return [int(k) for k in spaced]
    disputed = others[np.lexsort((evaluation.image_ids[others], -deviations[others]))[0]]
    return [int(k) for k in (*spaced, disputed)]


def vote_distributions(
    evaluations: Sequence[ImageEvaluation], images: Callable[[str], Pixels], scale: Scale, path_png: Path, title: str
) -> str:
    """Draw images, each above its votes: true ones as bars, predicted ones as lines.

    Args:
        evaluations: of networks on the same images, with distributions; the first two are drawn.
        images: from an id to ``(height, width, 3)`` pixels.
        scale: of the database; the bins are its levels.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there is no network with distributions.
    """
    if not evaluations or not all(evaluation.has_distributions for evaluation in evaluations):
        raise UserError(f"{path_png}: no distribution of votes was predicted; choose head=distribution.")
    evaluations = evaluations[:2]
    numbers = chosen_images(evaluations[0])
    lines = -(-len(numbers) // COLUMNS)
    highest = max(
        _votes(votes)[numbers].max()
        for evaluation in evaluations
        for votes in (evaluation.votes, evaluation.predicted_votes)
    )
    with look():
        figure = Figure(figsize=(9.2, 0.9 + 3.25 * lines), layout="constrained")
        panels = figure.subplots(2 * lines, COLUMNS, height_ratios=[1.35, 1] * lines, squeeze=False)
        for panel in panels.flat:
            panel.set_axis_off()
        for place, number in enumerate(numbers):
            line, column = divmod(place, COLUMNS)
            show(panels[2 * line, column], images(str(evaluations[0].image_ids[number])), "SW")
            below = panels[2 * line + 1, column]
            below.set_axis_on()
            _bars(below, evaluations, number, scale)
            below.set_ylim(0, 1.08 * highest)
            if column == 0:
                below.set_ylabel("share of votes")
            else:
                below.tick_params(labelleft=False)
            if place + COLUMNS >= len(numbers):
                below.set_xlabel(f"score, {scale.low:g} to {scale.high:g}")
        marks: list[Patch | Line2D] = [Patch(facecolor=INK, alpha=0.25, label="true votes")]
        for index, evaluation in enumerate(evaluations):
            marks.append(
                Line2D([], [], color=style(index)[0], marker=style(index)[1], label=_named(evaluation, evaluations))
            )
        figure.legend(handles=marks, loc="outside lower center", ncols=3)
        head_all(figure, title, f"test images: {RULE}")
        found = "; ".join(_named(evaluation, evaluations) for evaluation in evaluations)
        return save(figure, path_png, f"True and predicted votes of {len(numbers)} test images: {found}.")


def _bars(panel: Axes, evaluations: Sequence[ImageEvaluation], number: int, scale: Scale) -> None:
    true = _votes(evaluations[0].votes)[number]
    levels = np.linspace(scale.low, scale.high, len(true))
    panel.bar(levels, true, width=0.8 * (levels[1] - levels[0]), color=INK, alpha=0.25)
    words = [f"true mean {_mean(true, scale)}"]
    for index, evaluation in enumerate(evaluations):
        colour, marker = style(index)
        predicted = _votes(evaluation.predicted_votes)[number]
        panel.plot(levels, predicted, color=colour, marker=marker, markersize=3.2, linewidth=1.2)
        distance = decimal(float(_distances(evaluation)[number]))
        words.append(f"{_mean(predicted, scale)}, EMD {distance}")
    panel.set_title(words[0], fontsize=8.5, fontweight="bold", loc="left", pad=3 + 11 * len(evaluations))
    for index, said in enumerate(words[1:]):
        above = 3 + 11 * (len(evaluations) - 1 - index)
        panel.annotate(said, (0, 1), (9, above), "axes fraction", textcoords="offset points", fontsize=8.5, color=INK)
        panel.annotate(
            "\u25a0", (0, 1), (0, above), "axes fraction", textcoords="offset points", fontsize=8, color=style(index)[0]
        )
    panel.set_xticks(levels if len(levels) <= 10 else levels[:: len(levels) // 5])
    panel.yaxis.set_major_formatter(DECIMAL)
    panel.tick_params(labelsize=7.5)


def _mean(votes: Floats, scale: Scale) -> str:
    share = float(_moments(votes[None])[0][0])
    return f"{scale.low + share * (scale.high - scale.low):.2f}"


def _moments(votes: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of every distribution, on levels from 0 to 1."""
    levels = np.linspace(0, 1, votes.shape[1])
    means = votes @ levels
    return means, np.sqrt(np.maximum(votes @ levels**2 - means**2, 0))


def _votes(votes: Floats | None) -> Floats:
    assert votes is not None
    return votes


def _distances(evaluation: ImageEvaluation) -> Floats:
    """EMD with r=1 of each image."""
    return _votes(evaluation.of_each(get("emd_r1")))


def _named(evaluation: ImageEvaluation, evaluations: Sequence[ImageEvaluation]) -> str:
    """Name a network, with its backbone where the names are equal; with its EMD over all test images."""
    several = len({other.method for other in evaluations}) < len(evaluations)
    name = f"{evaluation.method} ({evaluation.backbone})" if several else evaluation.method
    return f"{name} (mean EMD r=1 {decimal(float(_distances(evaluation).mean()))})"
