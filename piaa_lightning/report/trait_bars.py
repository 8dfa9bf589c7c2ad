"""Draw how well each trait of users is predicted, for each network, with intervals over users."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.published_results import big_five, published_traits
from piaa_lightning.evaluation.trait_evaluation import Interval, TraitEvaluation, trait_intervals
from piaa_lightning.metrics.registry import main
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.style import DECIMAL, HOLLOW, INK, head_all, look, save, style

WIDEST = 0.8  # of the space between traits, all bars together


def trait_bars(evaluations: Sequence[TraitEvaluation], path_png: Path, title: str) -> str:
    """Draw SROCC per trait and their mean, whiskers over users, published numbers as hollow marks.

    Args:
        evaluations: of networks on the same users and traits.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there is no evaluation.
    """
    if not evaluations:
        raise UserError(f"{path_png}: no network was evaluated on traits; add a method with evaluation=traits.")
    names = evaluations[0].trait_names
    width = WIDEST / len(evaluations)
    with look():
        figure = Figure(figsize=(max(6.5, 1.3 * (len(names) + 1)), 3.6), layout="constrained")
        panel = figure.subplots()
        marks: list[Artist] = []
        said = []
        published = False
        for index, evaluation in enumerate(evaluations):
            at = np.arange(len(names) + 1) + (index - (len(evaluations) - 1) / 2) * width
            bars = trait_intervals(evaluation)
            values = zip([*names, "mean"], bars, strict=True)
            said.append(
                f"{_named(evaluation, evaluations)}: {', '.join(f'{name} {decimal(bar[0])}' for name, bar in values)}"
            )
            _draw(panel, at, bars, width, style(index)[0])
            published |= _published(panel, at + 0.27 * width, evaluation)  # beside the whisker
            marks.append(Patch(facecolor=style(index)[0], label=_named(evaluation, evaluations)))
        if published:
            marks.append(Line2D([], [], label="published, on PsychoFlickr (a hypothesis)", **HOLLOW))
        turned = 20 if max(map(len, names)) > 10 else 0
        panel.set_xticks(range(len(names) + 1), [*names, "mean"], rotation=turned)
        panel.axvline(len(names) - 0.5, color=INK, linewidth=0.8, alpha=0.4)
        panel.axhline(0, color=INK, linewidth=0.8)
        panel.set_xlim(-0.55, len(names) + 0.55)
        panel.yaxis.set_major_formatter(DECIMAL)
        panel.yaxis.set_major_locator(MaxNLocator(6))
        panel.grid(axis="y")
        panel.tick_params(axis="x", length=0)
        panel.set_ylabel(f"{main().label} over test users")
        figure.legend(handles=marks, loc="outside lower center", ncols=3)
        users = len(evaluations[0].users)
        head_all(figure, title, f"traits by what users like; whiskers: 95 % bootstrap intervals over {users} users")
        return save(figure, path_png, f"Bars of {main().label} over {users} test users. {'; '.join(said)}.")


def _draw(panel: Axes, at: Any, bars: Sequence[Interval], width: float, colour: str) -> None:
    for place, (value, (low, high)) in zip(at, bars, strict=True):
        # values stand in a line of their own: beside a bar they would hide its whisker
        panel.text(place, 1.02, decimal(value), transform=panel.get_xaxis_transform(), ha="center", fontsize=8)
        if np.isfinite(value):
            panel.bar(place, value, width=0.9 * width, color=colour)
        if np.isfinite(low):
            panel.plot([place, place], [low, high], color=INK, linewidth=1.1, solid_capstyle="butt")


def _published(panel: Axes, at: Any, evaluation: TraitEvaluation) -> bool:
    """Mark published numbers; return whether there are any."""
    row = published_traits(evaluation.method, evaluation.backbone)
    letters = [big_five(name) for name in evaluation.trait_names]
    if row is None or not all(letters):
        return False
    values = [row.srocc[letter] for letter in letters if letter]
    panel.plot(at, [*values, float(np.mean(values))], **HOLLOW)
    return True


def _named(evaluation: TraitEvaluation, evaluations: Sequence[TraitEvaluation]) -> str:
    several = len({other.method for other in evaluations}) < len(evaluations)
    return f"{evaluation.method} ({evaluation.backbone})" if several else evaluation.method
