"""Comparisons as an image: every difference with its interval, beside zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.conclusion import ENOUGH, HOLDS, TOO_FEW, conclusion, seeds_of
from piaa_lightning.report.formatting import MINUS, comparison_sentence, decimal
from piaa_lightning.report.style import DECIMAL, INK, broken, head, look, save, style


def forest(comparisons: Sequence[Mapping[str, Any]], path_png: Path, title: str, caption: str) -> str:
    """Draw differences with their 95 % intervals; filled marks are those that may be claimed, see `conclusion`.

    Args:
        comparisons: of a run's summary: ``a, b, difference, ci95, p`` and, of users, ``shots``; or over seeds, as
            `conclusion` reads them.
        path_png: where the PNG goes.
        title: names the data.
        caption: what is compared.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there is no comparison.
    """
    if not comparisons:
        raise UserError(f"{path_png}: there is no comparison to draw; name pairs in `comparisons`.")
    names = list(dict.fromkeys(_name(row) for row in comparisons))
    kinds = list(dict.fromkeys(_kind(row) for row in comparisons))
    height = 0.8 / len(kinds)
    with look():
        figure = Figure(figsize=(5.8, 1.2 + len(names) * (0.16 + 0.19 * len(kinds))), layout="constrained")
        panel = figure.subplots()
        for row in comparisons:
            kind = kinds.index(_kind(row))
            at = names.index(_name(row)) + (kind - (len(kinds) - 1) / 2) * height
            colour, marker = style(kind)
            sure = conclusion(row) == HOLDS
            panel.plot(row["ci95"], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
            panel.plot(
                [row["difference"]], [at], marker=marker, markersize=5.5, color=colour, linestyle="none",
                markerfacecolor=colour if sure else "none",
            )  # fmt: skip
            panel.text(
                1.02, at, decimal(row["difference"], True), transform=panel.get_yaxis_transform(), fontsize=8,
                va="center",
            )  # fmt: skip
        panel.axvline(0, color=INK, linewidth=0.9)
        panel.set_yticks(range(len(names)), [broken(name) for name in names])
        panel.set_ylim(len(names) - 0.45, -0.55)
        panel.spines["left"].set_visible(False)
        panel.tick_params(axis="y", length=0)
        panel.xaxis.set_major_formatter(DECIMAL)
        panel.xaxis.set_major_locator(MaxNLocator(6))
        panel.grid(axis="x")
        few = all(seeds_of(row) < ENOUGH for row in comparisons)
        marks = f"fewer than {ENOUGH} seeds: {TOO_FEW}" if few else "filled: holds over seeds"
        panel.set_xlabel(f"difference with its 95 % interval\n({marks})")
        for place, kind_name in enumerate(kinds):
            colour, marker = style(place)
            panel.plot([], [], color=colour, marker=marker, linewidth=1.6, label=kind_name)
        if len(kinds) > 1 or kinds[0]:
            figure.legend(loc="outside lower center", ncols=5)
        head(panel, title, caption)
        return save(figure, path_png, "; ".join(comparison_sentence(row) for row in comparisons))


def _name(row: Mapping[str, Any]) -> str:
    backbone = row.get("backbone_a") if row.get("backbone_a") == row.get("backbone_b") else None
    inside = f" ({backbone})" if backbone and row.get("several") else ""
    return f"{row['a']} {MINUS} {row['b']}{inside}"


def _kind(row: Mapping[str, Any]) -> str:
    return f"{row['shots']} shots" if row.get("shots") not in (None, "") else str(row.get("measure") or "")
