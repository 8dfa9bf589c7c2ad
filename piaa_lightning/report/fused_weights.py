"""Draw the weights of traits that PA_IAA learnt for each user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from piaa_lightning.errors import UserError
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.style import DECIMAL, INK, head, look, save

Floats = NDArray[np.float64]
COLOURS = "PuOr_r"  # purple below zero, orange above; told apart by users with any colour vision


def sorted_users(weights: Floats) -> NDArray[np.intp]:
    """Order users by the trait whose weights differ most between them, the highest first; ties as they came."""
    widest = int(weights.std(axis=0).argmax())
    return np.argsort(-weights[:, widest], kind="stable")


def fused_weights(weights: Floats, traits: Sequence[str], path_png: Path, title: str, caption: str) -> str:
    """Draw weights of users and traits as a heatmap, and beside it mean and spread of every trait.

    Args:
        weights: ``(users, traits)`` in units of the score, which lies in [0, 1], per unit of a trait in [-1, 1].
        traits: their names.
        path_png: where the PNG goes.
        title: names the data.
        caption: says which network and how many shots.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there is nobody.
    """
    if not weights.size:
        raise UserError(f"{path_png}: nobody was fitted; check the dropped users in the records.")
    users, count = weights.shape
    order = sorted_users(weights)
    widest = traits[int(weights.std(axis=0).argmax())]
    reach = float(np.abs(weights).max()) or 1.0
    with look():
        figure = Figure(figsize=(9.0, 1.5 + 0.38 * count), layout="constrained")
        panel, beside = figure.subplots(1, 2, width_ratios=[2.6, 1], sharey=True)
        # a mesh and no image: it stays sharp in the SVG
        mesh = panel.pcolormesh(
            np.arange(users + 1) + 0.5, np.arange(count + 1) - 0.5, weights[order].T,
            cmap=COLOURS, vmin=-reach, vmax=reach, edgecolors="white", linewidth=0.4,
        )  # fmt: skip
        panel.set_ylim(count - 0.5, -0.5)
        panel.set_yticks(range(count), traits)
        panel.tick_params(axis="both", length=0)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panel.set_xlabel(f"test users, sorted by {widest}")
        bar = figure.colorbar(mesh, ax=panel, location="right", pad=0.015, fraction=0.05, aspect=14)
        bar.outline.set_visible(False)
        bar.ax.yaxis.set_major_formatter(DECIMAL)
        bar.ax.tick_params(labelsize=8)
        means, deviations = weights.mean(axis=0), weights.std(axis=0)
        beside.errorbar(means, range(count), xerr=deviations, fmt="o", color=INK, markersize=4.5, elinewidth=1.2)
        beside.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (5, 3)))
        for row, (mean, deviation) in enumerate(zip(means, deviations, strict=True)):
            beside.text(
                1.02, row, f"{decimal(float(mean))}±{decimal(float(deviation))}", va="center", fontsize=8,
                transform=beside.get_yaxis_transform(),
            )  # fmt: skip
        beside.xaxis.set_major_formatter(DECIMAL)
        beside.xaxis.set_major_locator(MaxNLocator(4))
        beside.spines["left"].set_visible(False)
        beside.tick_params(axis="y", length=0, labelleft=False)
        beside.grid(axis="x")
        beside.set_xlabel("mean and standard\ndeviation over users")
        head(panel, title, caption)
        spreads = ", ".join(
            f"{name} {decimal(float(mean))}±{decimal(float(deviation))}"
            for name, mean, deviation in zip(traits, means, deviations, strict=True)
        )
        return save(figure, path_png, f"Heatmap of weights of {users} users; mean and spread: {spreads}.")
