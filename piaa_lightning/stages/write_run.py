"""Last stage: the records, the summary, the figures and the page of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger, WandbLogger

from piaa_lightning.atomic import replace_file
from piaa_lightning.evaluation.records import write_records
from piaa_lightning.evaluation.statistics import compare, corrected, summarise
from piaa_lightning.report.figures import differences, summary_bars, test_individuals
from piaa_lightning.report.page import write_page
from piaa_lightning.report.table import print_table
from piaa_lightning.stages.judge_methods import Judgement
from piaa_lightning.stages.open_data import Data
from piaa_lightning.stages.train_priors import Priors

LIBRARIES = ("torch", "pytorch-lightning", "learn2learn", "timm", "hydra-core", "numpy", "piaa-lightning")


def write_run(
    cfg: DictConfig,
    directory: Path,
    data: Data,
    priors: Priors,
    judgement: Judgement,
    shots: Sequence[int],
    seconds: dict[str, float],
    logger: Logger | bool,
) -> float | None:
    """Write everything that a run leaves, ``summary.json`` last, and print the table.

    Args:
        cfg: the composed configuration.
        directory: of the run.
        data: what was read.
        priors: what was trained.
        judgement: what was measured.
        shots: support sizes.
        seconds: by phase.
        logger: receives the result as well.

    Returns:
        Mean SROCC of the first method at the most shots; None where all its users were dropped.
    """
    replace_file(directory / "config.yaml", OmegaConf.to_yaml(cfg, resolve=True).encode())
    write_records(judgement.records, directory / "records.csv")
    summary = _summary(cfg, data, priors, judgement, shots, seconds)
    figures = _figures(cfg, summary, judgement, shots, directory / "figures")
    write_page(summary, judgement.records, directory / "report.html", figures)
    if isinstance(logger, Logger):
        _log(logger, cfg, summary, directory / "figures")
    replace_file(directory / "summary.json", json.dumps(summary, indent=2).encode())
    _point_latest(Path(cfg.paths.runs), directory)
    print_table(summary)
    print(f"\n{directory}{os.sep}: summary.json, records.csv, report.html, figures, checkpoints")
    first = next(iter(cfg.methods.values())).label
    found = [row["srocc"] for row in summary["rows"] if row["method"] == first and row["shots"] == max(shots)]
    return found[0] if found else None


def _summary(
    cfg: DictConfig,
    data: Data,
    priors: Priors,
    judgement: Judgement,
    shots: Sequence[int],
    seconds: dict[str, float],
) -> dict[str, Any]:
    labels = {key: method.label for key, method in cfg.methods.items()}
    pairs = [(labels[a], labels[b]) for a, b in cfg.comparisons if a in labels and b in labels]
    pairs = [(a, b) for a, b in pairs if not {a, b} & set(judgement.left_out)]
    known = {(row.method, row.shots) for row in summarise(judgement.records) if row.srocc is not None}
    comparisons = [compare(judgement.records, a, b, k) for k in shots for a, b in pairs if {(a, k), (b, k)} <= known]
    rows = [asdict(row) for row in summarise(judgement.records)]
    ceilings = [row["srocc"] for row in rows if row["method"] == _label_of(cfg, "ceiling")]
    return {
        "experiment": cfg.name,
        "data": data.name,
        "split": data.split.description,
        "split_hash": data.split.hash(data.table),
        "seed": cfg.seed,
        "command": cfg.command,
        "backbone": OmegaConf.to_container(cfg.backbone, resolve=True),
        "versions": {library: version(library) for library in LIBRARIES},
        "seconds": seconds,
        "priors_reused": priors.reused,
        "rows": rows,
        "comparisons": [asdict(comparison) for comparison in corrected(comparisons)],
        "chosen": judgement.chosen,
        "left_out": judgement.left_out,
        "dropped": dict(data.table.dropped),
        "ceiling": ceilings[-1] if ceilings else None,
    }


def _label_of(cfg: DictConfig, key: str) -> str | None:
    return cfg.methods[key].label if key in cfg.methods else None


def _figures(
    cfg: DictConfig, summary: dict[str, Any], judgement: Judgement, shots: Sequence[int], directory: Path
) -> dict[str, str | bytes]:
    """Draw the talk's figure of test individuals, the paired differences, and the table as bars."""
    figures: dict[str, str | bytes] = {}
    labels = {key: method.label for key, method in cfg.methods.items()}
    with_value = {row["method"] for row in summary["rows"] if row["srocc"] is not None}
    shown = [label for key, label in labels.items() if key in {k for pair in cfg.comparisons for k in pair}]
    shown = [label for label in shown if label in with_value]
    if not shown:
        return figures
    title = summary["data"]
    figures["Performance of test individuals"] = test_individuals(
        judgement.records, directory / "test_individuals.png", title, shown
    )
    for comparison in summary["comparisons"]:
        a, b, k = comparison["a"], comparison["b"], comparison["shots"]
        if [a, b] == [labels.get(key) for key in cfg.comparisons[0]]:
            file = directory / f"difference_{k}_shots.png"
            figures[f"{a} less {b}, {k} shots"] = differences(judgement.records, a, b, k, file, title)
    figures["All methods"] = summary_bars(summary, directory / "methods.png")
    return figures


def _log(logger: Logger, cfg: DictConfig, summary: dict[str, Any], figures: Path) -> None:
    logger.log_hyperparams(OmegaConf.to_container(cfg, resolve=True))  # type: ignore[arg-type]
    logger.log_metrics(
        {
            f"test/{row['method']}/{row['shots']} shots": row["srocc"]
            for row in summary["rows"]
            if row["srocc"] is not None
        }
    )
    if isinstance(logger, WandbLogger):
        columns = list(summary["rows"][0])
        logger.log_table("test/rows", columns, [[row[column] for column in columns] for row in summary["rows"]])
        for file in sorted(figures.glob("*.png")):
            logger.log_image(f"figures/{file.stem}", [str(file)])
        import wandb

        wandb.finish()
    logger.finalize("success")


def _point_latest(runs: Path, directory: Path) -> None:
    """Make ``runs/latest`` point at a finished run, by renaming, so that it always points somewhere."""
    runs = runs.resolve()
    directory = directory.resolve()
    if runs not in directory.parents:
        return
    temporary = runs / f".latest.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(directory.relative_to(runs), target_is_directory=True)
    os.replace(temporary, runs / "latest")
