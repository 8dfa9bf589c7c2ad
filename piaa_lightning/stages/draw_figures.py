"""Fourth stage: the figures of a run, by caption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from piaa_lightning.report.figures import differences, summary_bars, test_individuals
from piaa_lightning.report.learning_curves import learning_curves
from piaa_lightning.stages.judge_methods import Judgement
from piaa_lightning.stages.open_data import Databases

Figures = dict[str, str | bytes]

INDIVIDUALS = 4  # methods in the figure of test individuals, the first that are compared; more hide each other
CURVE = 3  # numbers of shots that make a curve


def draw_figures(
    cfg: DictConfig, summary: dict[str, Any], databases: Databases, judgement: Judgement, directory: Path
) -> Figures:
    """Draw what a run has to show.

    Args:
        cfg: the composed configuration.
        summary: what the run writes as ``summary.json``.
        databases: what was read.
        judgement: what was measured.
        directory: where PNG files go.

    Returns:
        Caption -> SVG, or the bytes of a PNG.
    """
    return _of_people(cfg, summary, judgement, directory)


def _of_people(cfg: DictConfig, summary: dict[str, Any], judgement: Judgement, directory: Path) -> Figures:
    """Draw the talk's figure of test individuals, the paired differences, and the table as bars."""
    figures: Figures = {}
    labels = {key: method.label for key, method in cfg.methods.items()}
    with_value = {row["method"] for row in summary["rows"] if "shots" in row and row["srocc"] is not None}
    compared = dict.fromkeys(labels[key] for pair in cfg.comparisons for key in pair if key in labels)
    shown = [label for label in compared if label in with_value]
    if not shown:
        return figures
    title = summary["data"]
    figures["Performance of test individuals"] = test_individuals(
        judgement.records, directory / "test_individuals.png", title, shown[:INDIVIDUALS]
    )
    if len({row["shots"] for row in summary["rows"] if "shots" in row}) >= CURVE:
        figures["Learning curves"] = learning_curves(judgement.records, directory / "learning_curves.png", title, shown)
    for comparison in summary["comparisons"]:
        a, b, k = comparison["a"], comparison["b"], comparison.get("shots")
        if k and [a, b] == [labels.get(key) for key in cfg.comparisons[0]]:
            file = directory / f"difference_{k}_shots.png"
            figures[f"{a} less {b}, {k} shots"] = differences(judgement.records, a, b, k, file, title)
    figures["All methods"] = summary_bars(summary, directory / "methods.png")
    return figures
