"""Log a run: its configuration first, in the end numbers, and to W&B tables, users and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger, WandbLogger

from piaa_lightning.evaluation.records import Record
from piaa_lightning.metrics.registry import MAIN, present
from piaa_lightning.pipeline.writing.draw_figures import PHOTOGRAPHS
from piaa_lightning.report.result_tables import LEVELS, kind_of, rows_by_kind
from piaa_lightning.report.run_page import compared_methods
from piaa_lightning.report.users_table import users_means

OBJECTIVE = "val/objective"  # what W&B's sweeps maximise


def log_configuration(logger: Logger, cfg: DictConfig) -> None:
    """Tell the logger what is run, before anything else: a run that is killed must say what it was.

    Args:
        logger: of the run.
        cfg: the composed configuration.
    """
    logger.log_hyperparams(OmegaConf.to_container(cfg, resolve=True))  # type: ignore[arg-type]


def log_run(
    logger: Logger,
    cfg: DictConfig,
    summary: Mapping[str, Any],
    records: Sequence[Record],
    figures: Path,
    objective: float | None,
) -> None:
    """Log the result, and close the logger.

    Args:
        logger: of the run.
        cfg: the composed configuration.
        summary: what the run writes as ``summary.json``.
        records: of the run.
        figures: directory of the PNG files; those with images of a database lie in a folder of their own.
        objective: what a search is after; None where test users are evaluated.
    """
    logger.log_metrics(_numbers(summary) | ({} if objective is None else {OBJECTIVE: objective}))
    if isinstance(logger, WandbLogger):
        _log_tables(logger, cfg, summary, records)
        shown = [*figures.glob("*.png"), *(figures.glob(f"{PHOTOGRAPHS}/*.png") if may_leave(cfg) else ())]
        for file in sorted(shown):
            logger.log_image(f"figures/{file.stem}", [str(file)])
        import wandb

        wandb.finish()
    logger.finalize("success")


def _numbers(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return every metric of every row by a name of its own; SROCC by the row's alone."""
    return {
        f"test/{row['method']}{_of(row)}" + ("" if metric.name == MAIN else f"/{metric.name}"): row[metric.name]
        for row in summary["rows"]
        for metric in present(LEVELS[kind_of(row)], row, tables=False)
        if row[metric.name] is not None
    }


def may_leave(cfg: DictConfig) -> bool:
    """Whether images, and names that users can be followed by, may leave this machine.

    Drawn ones may. Of a real database they may where ``data.redistribute`` says so; a run that reads several needs that
    of each.
    """
    return all(data.root is None or data.redistribute for data in (cfg.data, *cfg.databases.values()))


def _log_tables(logger: WandbLogger, cfg: DictConfig, summary: Mapping[str, Any], records: Sequence[Record]) -> None:
    for kind, rows in rows_by_kind(summary).items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        logger.log_table(f"test/{kind}", columns, [[row.get(column) for column in columns] for row in rows])
    users = users_means(records, compared_methods(summary)) if records else []
    if users:
        hashes = sorted({row["user"] for row in users})
        names = {user: user if may_leave(cfg) else f"user {number + 1}" for number, user in enumerate(hashes)}
        columns = list(users[0])
        lines = [[names[row["user"]] if column == "user" else row[column] for column in columns] for row in users]
        logger.log_table("test/every_user", columns, lines)
    if summary.get("comparisons"):
        columns = list(dict.fromkeys(column for row in summary["comparisons"] for column in row))
        lines = [[_flat(row.get(column)) for column in columns] for row in summary["comparisons"]]
        logger.log_table("test/comparisons", columns, lines)


def _flat(value: Any) -> Any:
    return f"{value[0]:.4f} to {value[1]:.4f}" if isinstance(value, list | tuple) else value


def _of(row: Mapping[str, Any]) -> str:
    """Tell the rows of one method apart."""
    return f"/{row['shots']} shots" if "shots" in row else f"/{row['trait']}" if "trait" in row else ""
