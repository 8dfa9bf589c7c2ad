"""Draw learning curves: SROCC over the number of shots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.bootstrap import bootstrap_interval
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.statistics import user_matrix
from piaa_lightning.metrics.registry import MAIN, main
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.style import head, look, save, style


def learning_curves(
    records: Sequence[Record], path_png: Path, title: str, methods: Sequence[str] | None = None, samples: int = 2000
) -> str:
    """Draw each method's mean over users at every number of shots, with its 95 % bootstrap interval over users.

    Only users that have a value at all numbers of shots count, so that a curve follows the same users; query sets
    shrink as support sets grow, unless ``protocol.test.max_query`` caps them.

    Args:
        records: of one run, at two numbers of shots or more.
        path_png: where the PNG goes.
        title: names the data, for instance ``flickr_aes, embedded demo``.
        methods: what to draw and in which order; everything by default.
        samples: of the bootstrap.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there is no user with values at two numbers of shots.
    """
    names = list(dict.fromkeys(r.method for r in records)) if methods is None else list(methods)
    known = [r for r in records if r.metric == MAIN and r.value is not None]
    shots = sorted({r.shots for r in known})
    wanted = [r for r in known if r.method in names]
    lasting = set.intersection(*({r.user for r in wanted if r.shots == k} for k in shots)) if shots else set()
    if len(shots) < 2 or not lasting:
        raise UserError(f"{path_png}: a curve needs users with values at two numbers of shots; give shots=[5,10,20].")
    with look():
        figure = Figure(figsize=(5.4, 4.2), layout="constrained")
        panel = figure.subplots()
        said = []
        for place, name in enumerate(names):
            own = sorted({r.shots for r in wanted if r.method == name})  # some methods do not begin at 0
            matrices = [
                user_matrix(r for r in wanted if (r.method, r.shots) == (name, k) and r.user in lasting)[2] for k in own
            ]
            if len(own) < 2 or not all(matrix.size for matrix in matrices):
                continue
            means = [float(np.nanmean(matrix, axis=1).mean()) for matrix in matrices]
            said.append(f"{name} {', '.join(f'{decimal(mean)} at {k}' for mean, k in zip(means, own, strict=True))}")
            low, high = zip(*(bootstrap_interval(matrix, samples) for matrix in matrices), strict=True)
            colour, marker = style(place)
            panel.fill_between(own, low, high, color=colour, alpha=0.12, linewidth=0)
            panel.plot(own, means, color=colour, marker=marker, markersize=4.5, linewidth=1.3, label=name)
        if shots[0]:
            panel.set_xscale("log")
        else:  # 0 has no logarithm; up to the second number the axis is a line
            panel.set_xscale("symlog", linthresh=shots[1])
        panel.xaxis.set_major_locator(FixedLocator(shots))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: decimal(value)))
        panel.grid(axis="y")
        panel.set_xlabel("shots: ratings of the user that were seen")
        panel.set_ylabel(f"{main().label}, mean over test users")
        figure.legend(loc="outside lower center", ncols=2)
        head(panel, title, f"Learning curves of {len(lasting)} users, with 95 % intervals over users and splits")
        return save(figure, path_png, f"Curves of mean {main().label} over shots: {'; '.join(said)}.")
