"""Jobs of a sweep: which have been finished before, and what a search is after."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.registry import MAIN
from piaa_lightning.pipeline.training.source_digest import source_digest
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.contents import by_contents
from piaa_lightning.studies.runs import read_summary

log = logging.getLogger(__name__)

# what changes nothing that is measured
ELSEWHERE = (
    "command",
    "recipes",  # the one that is followed stands where it is used
    "paths",
    "logger",
    "study",
    "skip_finished",
    "workspace",
    "collect",
    "check",
    "resume",
    "reuse_models",
)


def run_key(cfg: DictConfig) -> str:
    """Name a run by its resolved configuration, what it reads, and the program's source: equal names, equal records.

    Databases, tables and weights are named by what is in them, not by where they lie: after a table was corrected the
    job is another one, and after everything was moved it is the same.
    """
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    told = by_contents({str(name): value for name, value in config.items() if name not in ELSEWHERE})
    return hashlib.sha256(f"{json.dumps(told, sort_keys=True)} {source_digest()}".encode()).hexdigest()[:20]


def configuration_hash(cfg: DictConfig) -> str:
    """Name the resolved configuration without the seed, so that the runs of one study agree."""
    config = OmegaConf.to_container(cfg, resolve=True)
    assert isinstance(config, dict)
    told = {str(name): value for name, value in config.items() if name not in (*ELSEWHERE, "seed")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def finished_before(cfg: DictConfig) -> Path | None:
    """Return the directory of the newest finished run of the same name and key; None where there is none."""
    wanted = run_key(cfg)
    runs: Path = Path(cfg.paths.runs).expanduser() / cfg.name
    for file in sorted(runs.glob("**/summary.json"), key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            if read_summary(file).get("run_key") == wanted:
                return file.parent
        except UserError as error:  # its job is done anew
            log.warning("%s", error)
    return None


def take_over(earlier: Path, directory: Path) -> dict[str, Any]:
    """Copy what a finished run left, less its checkpoints, so that a sweep's directory holds all its results.

    Args:
        earlier: the finished run.
        directory: of the job; ``summary.json`` is written last.

    Returns:
        The summary.
    """
    for file in sorted(earlier.iterdir()):
        if file.is_file() and file.suffix in (".csv", ".yaml", ".html"):
            replace_file(directory / file.name, file.read_bytes())
    if (earlier / "figures").is_dir():
        shutil.copytree(earlier / "figures", directory / "figures", dirs_exist_ok=True)
    replace_file(directory / "summary.json", (earlier / "summary.json").read_bytes())
    return read_summary(directory / "summary.json")


def objective(cfg: DictConfig, summary: Mapping[str, Any]) -> float | None:
    """Return what a search is after: SROCC of the first method on validation users, at the most shots.

    Args:
        cfg: the composed configuration.
        summary: of the run.

    Returns:
        None where test users were evaluated, who choose nothing, or all users of the method were dropped.
    """
    if cfg.evaluate_on != "val":
        return None
    first = next(iter(cfg.methods.values())).label
    found = [row for row in summary["rows"] if row["method"] == first and row[MAIN] is not None]
    return float(max(found, key=lambda row: row.get("shots", 0))[MAIN]) if found else None
