"""Last stage: the records, the summary, the figures and the page of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger

from piaa_lightning.evaluation.image_evaluation import compare_images, quoted_together
from piaa_lightning.evaluation.records import write_records, write_table
from piaa_lightning.evaluation.statistics import compare_pairs, summarise
from piaa_lightning.evaluation.trait_evaluation import compare_traits
from piaa_lightning.metrics.registry import Chosen, main
from piaa_lightning.pipeline.evaluating.evaluate_methods import Results
from piaa_lightning.pipeline.parts.open_data import MAIN, Databases
from piaa_lightning.pipeline.specs.choose_metrics import choose_metrics
from piaa_lightning.pipeline.training.train_models import ModelTrainer
from piaa_lightning.pipeline.writing.draw_figures import draw_figures
from piaa_lightning.pipeline.writing.log_run import log_run
from piaa_lightning.pipeline.writing.sweep_jobs import configuration_hash, objective
from piaa_lightning.report.run_page import write_page
from piaa_lightning.report.terminal_table import print_table
from piaa_lightning.runtime.commit import commit
from piaa_lightning.runtime.files.atomic import replace_file

LIBRARIES = ("torch", "pytorch-lightning", "learn2learn", "timm", "hydra-core", "numpy", "piaa-lightning")


def write_run(
    cfg: DictConfig,
    directory: Path,
    databases: Databases,
    priors: ModelTrainer,
    results: Results,
    shots: Sequence[int],
    seconds: dict[str, float],
    logger: Logger | bool,
    key: str,
) -> float | None:
    """Write everything that a run leaves, ``summary.json`` last, and print the table.

    Args:
        cfg: the composed configuration.
        directory: of the run.
        databases: what was read.
        priors: what was trained.
        results: what was measured.
        shots: support sizes.
        seconds: by phase.
        logger: receives the result as well.
        key: of the run, see `sweep_jobs.run_key`; taken when it began, of what it was about to read.

    Returns:
        What a search is after, see `sweep_jobs.objective`.
    """
    metrics = choose_metrics(cfg)
    write_records(results.records, directory / "records.csv")
    for name, lines in _lines(results, metrics).items():
        if lines:
            write_table(lines, directory / f"{name}.csv")
    summary = _summary(cfg, databases, priors, results, metrics, shots, seconds, key)
    figures = draw_figures(cfg, summary, databases, results, directory / "figures")
    write_page(summary, results.records, directory / "report.html", figures)
    if isinstance(logger, Logger):
        log_run(logger, cfg, summary, results.records, directory / "figures", objective(cfg, summary))
    replace_file(directory / "summary.json", json.dumps(summary, indent=2).encode())
    _point_latest(Path(cfg.paths.runs), directory)
    print_table(summary)
    print(f"\n{directory}{os.sep}: summary.json, records.csv, report.html, figures, checkpoints")
    return objective(cfg, summary)


def _lines(results: Results, metrics: Chosen) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return the lines of each csv file beside the records."""
    shown = results.shown
    further = dict.fromkeys(name for tables in results.tables.values() for name in tables)
    return {
        "images": [line for evaluation in results.images.values() for line in evaluation.lines(metrics.image)],
        "traits": [line for evaluation in results.traits.values() for line in evaluation.lines()],
        **{name: [line for tables in results.tables.values() for line in tables.get(name, ())] for name in further},
        "predictions": [] if shown is None else shown.lines(),
        "gradient_maps": [] if shown is None else shown.map_lines(),
    }


def _summary(
    cfg: DictConfig,
    databases: Databases,
    priors: ModelTrainer,
    results: Results,
    metrics: Chosen,
    shots: Sequence[int],
    seconds: dict[str, float],
    key: str,
) -> dict[str, Any]:
    data = databases.main
    users = [row.flat() for row in summarise(results.records)]
    of_images = [evaluation.row(metrics.image) for evaluation in results.images.values()]
    of_traits = [row for evaluation in results.traits.values() for row in evaluation.rows(metrics.trait)]
    ceilings = [row[main().name] for row in users if row["method"] == _label_of(cfg, "ceiling")]
    others = {name: other for name, other in databases.opened.items() if name != MAIN}
    return {
        "experiment": cfg.name,
        "data": data.name,
        "split": data.split.description,
        "split_hash": data.split.hash(data.table),
        "databases": {
            name: {
                "data": other.name,
                "split": other.split.description,
                "split_hash": other.split.hash(other.table),
                "dropped": dict(other.table.dropped),
            }
            for name, other in others.items()
        },
        "evaluated": cfg.evaluate_on,
        "protocol": _protocol(cfg),
        "seed": cfg.seed,
        "run_key": key,
        "configuration": configuration_hash(cfg),
        "commit": commit(),
        "command": cfg.command,
        "backbone": OmegaConf.to_container(cfg.backbone, resolve=True),
        "versions": {library: version(library) for library in LIBRARIES},
        "seconds": seconds,
        "priors_reused": priors.reused,
        "metrics": {level: [metric.name for metric in own] for level, own in vars(metrics).items()},
        "rows": users + of_images + of_traits,
        "comparisons": _comparisons(cfg, results, metrics, shots),
        "strata": [line for tables in results.tables.values() for line in tables.get("strata", ())],
        "chosen": results.chosen,
        "on_edge": results.on_edge,
        "left_out": results.left_out,
        "dropped": dict(data.table.dropped),
        "ceiling": ceilings[-1] if ceilings else None,
    }


def _protocol(cfg: DictConfig) -> dict[str, Any]:
    """Return what, beside the split, decides which ratings a user is evaluated on."""
    protocol = cfg.protocol.test if cfg.evaluate_on == "test" else cfg.protocol.validation
    found: dict[Any, Any] = OmegaConf.to_container(protocol, resolve=True)  # type: ignore[assignment]
    return {str(name): value for name, value in found.items() if name != "_target_"}


def _comparisons(cfg: DictConfig, results: Results, metrics: Chosen, shots: Sequence[int]) -> list[dict[str, Any]]:
    """Compare the pairs that the configuration names, each kind by its own metrics, with Holm's correction."""
    labels = {key: method.label for key, method in cfg.methods.items()}
    pairs = [(a, b) for a, b in cfg.comparisons if {a, b} <= set(labels)]
    named = [(labels[a], labels[b]) for a, b in pairs]
    of_users = compare_pairs(results.records, named, shots, metrics.user)
    of_images: list[dict[str, Any]] = []
    of_traits: list[dict[str, Any]] = []
    for a, b in pairs:
        if {a, b} <= set(results.images):
            of_images += compare_images(results.images[a], results.images[b], metrics.image)
        if {a, b} <= set(results.traits):
            of_traits += compare_traits(results.traits[a], results.traits[b], metrics.trait)
    return [*map(asdict, of_users), *quoted_together(of_images), *of_traits]


def _label_of(cfg: DictConfig, key: str) -> str | None:
    return cfg.methods[key].label if key in cfg.methods else None


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
