"""Figures of users from a run's records: each test user, paired differences, and the methods side by side.

Every function writes a PNG and returns the same image as an SVG for the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.published_results import PublishedNumber, published_number
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.statistics import compare, paired_differences, select, user_matrix
from piaa_lightning.metrics.registry import MAIN, main
from piaa_lightning.report.formatting import backbones, comparison_sentence, decimal
from piaa_lightning.report.style import DECIMAL, HOLLOW, INK, broken, head, look, save, style

Floats = NDArray[np.float64]
COLUMNS = 2  # of a legend


def test_individuals(
    records: Sequence[Record],
    path_png: Path,
    title: str,
    methods: Sequence[str] | None = None,  # noqa: PT028 - test users, not a test
) -> str:
    """Draw the performance of test individuals: SROCC of each test user, one panel for each shot count.

    A point is a user's mean over repeats, its whisker the standard deviation over repeats, a dashed line the mean
    over users. Users are sorted by the first method in each panel.

    Args:
        records: of one run.
        path_png: where the PNG goes.
        title: names the data, for instance ``flickr_aes, embedded demo``.
        methods: what to draw and in which order; everything by default.

    Returns:
        The figure as SVG.

    Raises:
        UserError: none of the methods has a value.
    """
    series = _series(records, methods)
    if not series:
        raise UserError(f"{path_png}: no method has a value to draw; check the dropped users in the records.")
    shots = sorted({key[1] for key in series})
    names = list(dict.fromkeys(key[0] for key in series))
    users = max(len(values) for values in series.values())
    with look():
        figure = Figure(figsize=(_width(users), 0.6 + 2.3 * len(shots)), layout="constrained")
        panels = figure.subplots(len(shots), 1, squeeze=False, sharey=True)[:, 0]
        for panel, count in zip(panels, shots, strict=True):
            drawn = {name: series[name, count] for name in names if (name, count) in series}
            _individuals_panel(panel, drawn, names)
            panel.set_title(f"{count} shots", loc="left", pad=_legend_height(len(drawn)) + 4)
        panels[-1].set_xlabel(f"test users, sorted by {names[0]} in each panel")
        words = f"{main().label} of each test user: mean and standard deviation over repeats; means above"
        head(panels[0], title, words, _legend_height(sum((name, shots[0]) in series for name in names)))
        means = ", ".join(f"{name} at {k} shots {_mean(values)}" for (name, k), values in series.items())
        return save(figure, path_png, f"{main().label} of {users} test users; means over users: {means}.")


def _series(records: Sequence[Record], methods: Sequence[str] | None) -> dict[tuple[str, int], dict[str, Floats]]:
    """Collect (label, shots) -> user -> values over repeats; users without a value are left out."""
    wanted = list(dict.fromkeys(r.method for r in records)) if methods is None else list(methods)
    groups: dict[tuple[str, int], list[Record]] = {}
    several = {m for m in wanted if len({r.backbone for r in records if r.method == m}) > 1}
    for r in sorted((r for r in records if r.method in wanted), key=lambda r: wanted.index(r.method)):
        label = f"{r.method} ({r.backbone})" if r.method in several else r.method
        groups.setdefault((label, r.shots), []).append(r)
    series = {}
    for key, group in groups.items():
        users, _, matrix = user_matrix(group)
        known = {u: row[~np.isnan(row)] for u, row in zip(users, matrix, strict=True) if not np.isnan(row).all()}
        if known:
            series[key] = known
    return series


def _mean(values: Mapping[str, Floats]) -> str:
    return decimal(float(np.mean([own.mean() for own in values.values()])))


def _individuals_panel(panel: Axes, drawn: Mapping[str, Mapping[str, Floats]], names: Sequence[str]) -> None:
    first = next(iter(drawn.values()))
    order = sorted(first, key=lambda user: -first[user].mean())
    order += sorted({user for values in drawn.values() for user in values} - set(order))
    crowd = len(order)
    size = float(np.clip(240 / crowd, 2.4, 5.5))
    for place, (name, values) in enumerate(drawn.items()):
        colour, marker = style(names.index(name))
        shift = (place - (len(drawn) - 1) / 2) * 0.7 / len(drawn)
        at = [order.index(user) + 1 + shift for user in values]
        means = [value.mean() for value in values.values()]
        spreads = [value.std(ddof=1) if len(value) > 1 else 0.0 for value in values.values()]
        panel.errorbar(
            at, means, spreads, fmt=marker, color=colour, markersize=size, markeredgewidth=0,
            elinewidth=float(np.clip(40 / crowd, 0.5, 1.2)), ecolor=(colour, 0.45),
            label=f"{name}  {decimal(float(np.mean(means)))}",
        )  # fmt: skip
        panel.axhline(float(np.mean(means)), color=colour, linewidth=0.9, linestyle=(0, (5, 3)), alpha=0.8)
    _finish(panel, crowd, main().label)
    # above the panel, under its title: beside it, it would make the figure too wide for a phone
    panel.legend(
        loc="lower left", bbox_to_anchor=(0.0, 0.98), ncols=COLUMNS, markerscale=5.5 / size,
        columnspacing=1.2, handletextpad=0.2, borderaxespad=0.1,
    )  # fmt: skip


def _legend_height(methods: int) -> float:
    """Return the height of a panel's legend in points."""
    return 14.0 * -(-methods // COLUMNS)


def differences(
    records: Sequence[Record],
    a: str,
    b: str,
    shots: int,
    path_png: Path,
    title: str,
    *,
    backbone_a: str | None = None,
    backbone_b: str | None = None,
) -> str:
    """Draw ``a`` less ``b`` for each test user on the same splits, sorted, with the mean and its 95 % interval.

    Args:
        records: of one run.
        a: a method.
        b: the method that it is compared with.
        shots: ratings seen by both.
        path_png: where the PNG goes.
        title: names the data.
        backbone_a: the backbone of ``a``; needed only where the records hold several.
        backbone_b: the backbone of ``b``; needed only where the records hold several.

    Returns:
        The figure as SVG.

    Raises:
        UserError: the two cannot be compared, see ``statistics.compare``.
    """
    result = compare(records, a, b, shots, backbone_a=backbone_a, backbone_b=backbone_b)
    pairs = paired_differences(select(records, a, shots, backbone_a), select(records, b, shots, backbone_b))[2]
    means = np.sort(np.nanmean(pairs, axis=1))[::-1]
    place = np.arange(1, len(means) + 1)
    better, worse = style(0)[0], style(1)[0]
    sentence = comparison_sentence(asdict(result))
    width = max(_width(len(means)), 1.0 + 0.06 * len(sentence))  # long names make a long sentence above the panel
    with look():
        figure = Figure(figsize=(width, 3.0), layout="constrained")
        panel = figure.subplots()
        panel.axhspan(*result.ci95, color=INK, alpha=0.18, linewidth=0, zorder=3, label="95 % interval")
        panel.bar(place, means, width=0.75, color=np.where(means > 0, better, worse))
        panel.axhline(0, color=INK, linewidth=0.8)
        mean = f"mean {decimal(result.difference, signed=True)}"
        panel.axhline(result.difference, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=4, label=mean)
        figure.legend(loc="outside lower center", ncols=2)
        _finish(panel, len(means), f"{main().label} of {a}\nless {main().label} of {b}")
        panel.set_xlabel(f"test users, sorted ({a} is better for {int((means > 0).sum())} of {len(means)})")
        head(panel, title, sentence)
        better_for = f"{a} is better for {int((means > 0).sum())} of {len(means)} test users"
        return save(figure, path_png, f"Bars of differences, one for each test user: {sentence}; {better_for}.")


def summary_bars(summary: Mapping[str, Any], path_png: Path) -> str:
    """Draw every method's mean SROCC at every shot count, whiskers over repeats, published ones as hollow marks.

    Args:
        summary: what a run writes as ``summary.json``.
        path_png: where the PNG goes.

    Returns:
        The figure as SVG.

    Raises:
        UserError: no row has a value.
    """
    rows = [row for row in summary["rows"] if row.get(MAIN) is not None and "shots" in row]
    if not rows:
        raise UserError(f"{path_png}: no row of the summary has a value to draw; check what was dropped.")
    several = len(backbones(summary)) > 1
    names = list(dict.fromkeys(_name(row, several) for row in rows))
    shots = sorted({row["shots"] for row in rows})
    height = 0.8 / len(shots)
    with look():
        figure = Figure(figsize=(5.6, 1.5 + len(names) * (0.18 + 0.2 * len(shots))), layout="constrained")
        panel = figure.subplots()
        for row in rows:
            order = shots.index(row["shots"])
            at = names.index(_name(row, several)) + (order - (len(shots) - 1) / 2) * height
            _bar(panel, row, at, height, style(order)[0])
        panel.set_yticks(range(len(names)), [broken(name) for name in names])
        panel.set_ylim(len(names) - 0.45, -0.55)
        panel.axvline(0, color=INK, linewidth=0.8)
        panel.spines["left"].set_visible(False)
        panel.tick_params(axis="y", length=0)
        panel.xaxis.set_major_formatter(DECIMAL)
        panel.grid(axis="x")
        panel.set_xlabel(f"{main().label}, mean over test users\n(whiskers: standard deviation over repeats)")
        marks: list[Artist] = [Patch(color=style(k)[0], label=f"{n} shots") for k, n in enumerate(shots)]
        if any(_published(row) for row in rows):
            marks.append(Line2D([], [], label="published, on FLICKR-AES", **HOLLOW))
        figure.legend(handles=marks, loc="outside lower center", ncols=5)
        head(panel, str(summary["data"]), f"{summary['experiment']}: methods on the same splits")
        values = ", ".join(f"{_name(row, several)} at {row['shots']} shots {decimal(row[MAIN])}" for row in rows)
        return save(figure, path_png, f"Bars of mean {main().label}: {values}.")


def _bar(panel: Axes, row: Mapping[str, Any], at: float, height: float, colour: str) -> None:
    value, spread = row[MAIN], row.get(f"{MAIN}_std_repeats")
    whisker = {"elinewidth": 1.0, "ecolor": INK, "capsize": 2.0}
    panel.barh(at, value, height * 0.88, xerr=spread, color=colour, error_kw=whisker)
    # Values stand in a column of their own: beside a bar they would be taken for the hollow mark's.
    panel.text(1.02, at, decimal(value), transform=panel.get_yaxis_transform(), fontsize=8, va="center")
    if published := _published(row):
        panel.plot(published.mean, at, **HOLLOW)


def _published(row: Mapping[str, Any]) -> PublishedNumber | None:
    return published_number(row["method"], row.get("backbone") or "", row["shots"])


def _name(row: Mapping[str, Any], several: bool) -> str:
    return f"{row['method']} ({row['backbone']})" if several and row.get("backbone") else str(row["method"])


def _width(users: int) -> float:
    return float(min(5.0 + 0.06 * users, 11.0))


def _finish(panel: Axes, users: int, ylabel: str) -> None:
    panel.set_xlim(0.3, users + 0.7)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    panel.yaxis.set_major_formatter(DECIMAL)
    panel.grid(axis="y")
    panel.set_ylabel(ylabel)
