"""Performance of test individuals as bars, from a study's table of single users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.registry import MAIN, main
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.style import DECIMAL, INK, head, look, save, style

MOST = 4  # methods side by side


def single_users(rows: Sequence[Mapping[str, Any]], path_png: Path, title: str) -> str:
    """Draw a bar per user and method, a panel per number of shots, users sorted by the first method.

    Args:
        rows: ``method, backbone, shots, user, srocc, srocc_std_repeats``; a user without a value has no bar.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: no row has a value.
    """
    known = [row for row in rows if row.get(MAIN) is not None]
    several = {
        row["method"] for row in known if len({o["backbone"] for o in known if o["method"] == row["method"]}) > 1
    }
    names = list(dict.fromkeys(_name(row, several) for row in known))[:MOST]
    if not names:
        raise UserError(f"{path_png}: no user has a value to draw; check what was dropped.")
    shots = sorted({int(row["shots"]) for row in known})
    users = len({row["user"] for row in known})
    said = []
    with look():
        figure = Figure(
            figsize=(float(np.clip(3.5 + 0.14 * users, 5.0, 12.0)), 0.9 + 2.1 * len(shots)), layout="constrained"
        )
        panels = figure.subplots(len(shots), 1, squeeze=False, sharey=True)[:, 0]
        for panel, k in zip(panels, shots, strict=True):
            drawn = {name: _values(known, name, k, several) for name in names}
            first = next((own for own in drawn.values() if own), {})
            order = sorted(first, key=lambda user: -first[user][0])
            order += sorted({user for own in drawn.values() for user in own} - set(order))
            for place, (name, own) in enumerate(drawn.items()):
                if not own:
                    continue
                at = [order.index(user) + 1 + (place - (len(names) - 1) / 2) * 0.84 / len(names) for user in own]
                means, spreads = zip(*own.values(), strict=True)
                colour = style(place)[0]
                panel.bar(
                    at, means, 0.84 / len(names), yerr=[value or 0.0 for value in spreads], color=colour,
                    error_kw={"elinewidth": 0.6, "ecolor": INK, "alpha": 0.6},
                )  # fmt: skip
                mean = float(np.mean(means))
                panel.axhline(
                    mean, color=colour, linewidth=0.9, linestyle=(0, (5, 3)), label=f"{name}  {decimal(mean)}"
                )
                said.append(f"{name} at {k} shots {decimal(mean)}")
            panel.axhline(0, color=INK, linewidth=0.8)
            panel.set_title(f"{k} shots", loc="left")
            panel.set_xlim(0.3, len(order) + 0.7)
            panel.yaxis.set_major_formatter(DECIMAL)
            panel.grid(axis="y")
            panel.set_ylabel(main().label)
            panel.legend(
                loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=2, columnspacing=1.2, handletextpad=0.4,
                borderaxespad=0.1,
            )  # fmt: skip
        panels[-1].set_xlabel(f"test users, sorted by {names[0]} in each panel")
        tall = 12.0 * (-(-len(names) // 2) - 1)
        words = f"{main().label} of each test user: mean and standard deviation over repeats; means above"
        head(panels[0], title, words, tall)
        return save(figure, path_png, f"Bars of {main().label} of {users} test users; means: {', '.join(said)}.")


def _values(
    rows: Sequence[Mapping[str, Any]], name: str, shots: int, several: set[str]
) -> dict[str, tuple[float, float | None]]:
    own = [row for row in rows if _name(row, several) == name and int(row["shots"]) == shots]
    return {str(row["user"]): (float(row[MAIN]), row.get(f"{MAIN}_std_repeats")) for row in own}


def _name(row: Mapping[str, Any], several: set[str]) -> str:
    return f"{row['method']} ({row['backbone']})" if row["method"] in several else str(row["method"])
