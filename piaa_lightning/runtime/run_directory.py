"""Choose a run's directory: a new one, or with ``resume`` that of a run that was cut off."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import yaml
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.distributed import agree, process_index
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.locks import try_lock

log = logging.getLogger(__name__)

CONFIG, SUMMARY = "config.yaml", "summary.json"  # the first and the last file of a run
ALIVE = ".alive"  # locked by the process that writes the run; the system lets go of it however that process ends
IRRELEVANT = ("command", "resume", "paths")  # keys that say how and where a run is made, not what it is


@contextmanager
def run_directory(cfg: DictConfig, directory: Path) -> Iterator[Path]:
    """Hold the directory that a run is written to; its resolved configuration is the first file there.

    With ``resume=auto`` that is the given directory where it holds an unfinished run of this configuration (a job that
    was put back into the queue), or else the newest such directory among those of runs of this name; the given one
    where there is none. ``resume=DIR`` names it. A directory that a living process writes to is left alone.

    Args:
        cfg: the composed configuration.
        directory: the one that Hydra made.

    Yields:
        The directory, the same in all processes.

    Raises:
        UserError: ``resume`` names a directory that cannot be gone on in, or one that is in use.
    """
    if process_index():
        yield agree(directory)
        return
    chosen, alive = _choose(cfg, directory)
    try:
        if chosen != directory:
            log.warning("resume=%s: going on in %s", cfg.resume, chosen)
        replace_file(chosen / CONFIG, OmegaConf.to_yaml(cfg, resolve=True).encode())
        yield agree(chosen)
    finally:
        alive.close()


def _choose(cfg: DictConfig, directory: Path) -> tuple[Path, BinaryIO]:
    """Return a directory and the file that tells others that it is in use."""
    if cfg.resume is not None:
        given = None if cfg.resume == "auto" else Path(cfg.resume).expanduser()
        if given is not None and (reason := _why_not(given, cfg)):
            raise UserError(f"resume={cfg.resume}: {reason}.")
        for found in _same_name(cfg, directory) if given is None else [given]:
            if not _why_not(found, cfg) and (alive := _hold(found)) is not None:
                return found, alive
        if given is not None:
            raise UserError(f"resume={cfg.resume}: another process is writing this run; wait for it, or end it.")
    alive = _hold(directory)
    if alive is None:
        raise UserError(f"{directory}: another process is writing a run there; name another with hydra.run.dir=DIR.")
    return directory, alive


def _same_name(cfg: DictConfig, directory: Path) -> list[Path]:
    """Return this directory and those of runs of the same name, jobs of sweeps included, the newest first."""
    home = Path(cfg.paths.runs).expanduser() / cfg.name
    found = {file.parent for depth in ("*", "*/*") for file in home.glob(f"{depth}/{CONFIG}")}
    # by name, which tells when a run was begun: clocks of files are set back, and copies have new ones
    return [directory, *sorted(found - {directory}, key=lambda path: path.relative_to(home).as_posix(), reverse=True)]


def _why_not(directory: Path, cfg: DictConfig) -> str:
    """Return why a run cannot go on in a directory; empty where it can."""
    if (directory / SUMMARY).exists():
        return "this run is finished; leave resume out to make another"
    try:
        theirs = yaml.safe_load((directory / CONFIG).read_text(encoding="utf-8"))
    except OSError:
        return "there is no run (no config.yaml)"
    except (yaml.YAMLError, ValueError, RecursionError):  # of numbers with thousands of digits, and of nests
        return "its config.yaml cannot be read"
    ours = yaml.safe_load(OmegaConf.to_yaml(cfg, resolve=True))
    differ = _differences(ours, theirs if isinstance(theirs, dict) else {})
    return f"that run has another {differ[0]}; compose the same configuration" if differ else ""


def _differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    keys = [key for key in dict.fromkeys((*ours, *theirs)) if key not in IRRELEVANT]
    return [key for key in keys if ours.get(key) != theirs.get(key)]


def _hold(directory: Path) -> BinaryIO | None:
    """Lock a directory for as long as the returned file is open; None where a living process has it."""
    directory.mkdir(parents=True, exist_ok=True)
    alive = (directory / ALIVE).open("ab")
    if try_lock(alive):
        return alive
    alive.close()
    return None
