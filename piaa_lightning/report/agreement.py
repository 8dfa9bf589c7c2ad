"""Commonality and individuality of taste, from ratings alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Scale
from piaa_lightning.evaluation.agreement import Levels, Shares
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.style import DECIMAL, INK, head_all, look, save, style

Floats = NDArray[np.float64]


def agreement_figure(shares: Shares, users: Floats, levels: Levels, scale: Scale, path_png: Path, title: str) -> str:
    """Draw shares of the variance, how users follow the others, and where pairs agree.

    Args:
        shares: of the variance.
        users: each user's SROCC with the mean of the others.
        levels: agreement by how good an image is.
        scale: of the database.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.
    """
    with look():
        figure = Figure(figsize=(9.6, 3.1), layout="constrained")
        first, second, third = figure.subplots(1, 3, width_ratios=[0.9, 1, 1.1])
        names = ("image: shared\nby all", "user:\ngenerosity", "rest: own taste\nand noise")
        values: Sequence[float] = (shares.image, shares.user, shares.rest)
        first.bar(range(3), values, color=[style(k)[0] for k in range(3)], width=0.7)
        for place, value in enumerate(values):
            first.text(place, value + 0.012, decimal(value), ha="center", fontsize=8.5)
        first.set_xticks(range(3), names, fontsize=7.5)
        first.set_ylabel("share of the variance of ratings")
        first.set_title("What ratings consist of", loc="left")
        mean = float(users.mean())
        second.hist(users, bins=np.linspace(min(0.0, float(users.min())), 1, 21).tolist(), color=style(0)[0])
        second.axvline(mean, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), label=f"mean {decimal(mean)}")
        second.legend(loc="upper left")
        second.set_xlabel("SROCC with the mean of all others")
        second.set_ylabel(f"users, of {len(users)}")
        second.set_title("How users follow the others", loc="left")
        means = scale.low + levels.means * (scale.high - scale.low)
        third.plot(means, levels.agreement, color=style(1)[0], marker=style(1)[1], markersize=5, linewidth=1.3)
        third.axhline(
            levels.chance, color=INK, linewidth=1.0, linestyle=(0, (5, 3)), label=f"by chance {decimal(levels.chance)}"
        )
        third.legend(loc="best")
        third.set_xlabel(f"mean score of other users, {scale.low:g} to {scale.high:g}")
        third.set_ylabel("pairs on the same side")
        third.set_title("Where two users agree", loc="left")
        for panel in (first, second, third):
            panel.grid(axis="y")
        for axis in (first.yaxis, second.xaxis, third.yaxis):
            axis.set_major_formatter(DECIMAL)
        head_all(figure, title, "sides: above or below the middle of the scale; images in ten groups of equal size")
        ends = f"{decimal(float(levels.agreement[0]))} on the worst, {decimal(float(levels.agreement[-1]))} on the best"
        said = (
            f"Shares of the variance of ratings: image {decimal(shares.image)}, user {decimal(shares.user)},"
            f" rest {decimal(shares.rest)}. Users' SROCC with the others: mean {decimal(mean)}. Pairs on the same"
            f" side: {decimal(levels.overall)} overall, {ends}, least {decimal(float(levels.agreement.min()))}; by"
            f" chance {decimal(levels.chance)}."
        )
        return save(figure, path_png, said)
