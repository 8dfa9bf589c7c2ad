"""``mode=collect``: the runs of a sweep become one table and one page."""

from __future__ import annotations

import os
from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.cli.configuration.schema import jobs_of
from piaa_lightning.errors import UserError
from piaa_lightning.report.study_page import write_study_page
from piaa_lightning.studies.collect import groups_of_sweep, tables_of, write_tables


def collect_runs(cfg: DictConfig, directory: Path) -> None:
    """Write csv files and ``report.html`` of all runs below a directory, and say where.

    Args:
        cfg: the composed configuration.
        directory: what this command leaves; nothing, since the tables go beside the runs.

    Raises:
        UserError: no directory is named, nothing finished there, or runs of one table were evaluated on different
            splits.
    """
    if cfg.collect.runs is None:
        raise UserError(
            "mode=collect: name the directory of a sweep, for instance collect.runs=runs/blg_piaa/TIME_sweep."
        )
    runs = Path(cfg.collect.runs).expanduser()
    if not runs.is_dir():
        raise UserError(f"collect.runs={runs}: there is no such directory; name one that a sweep wrote.")
    into = Path(cfg.collect.into).expanduser() if cfg.collect.into else runs
    groups = groups_of_sweep(runs, jobs_of)
    into.mkdir(parents=True, exist_ok=True)
    write_tables(tables_of(groups), into)
    write_study_page(into, into / "report.html", runs.resolve().name)
    seeds = {run.seed for group in groups.values() for run in group.runs}
    found = sum(len(group.runs) for group in groups.values())
    print(f"{into}{os.sep}: results.csv, comparisons.csv, report.html from {found} runs, seeds {sorted(seeds)}")
    for name, group in groups.items():
        for job in group.owed:
            print(f"not finished ({name}): {' '.join(job)}")
