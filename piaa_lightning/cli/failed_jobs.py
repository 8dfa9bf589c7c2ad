"""Jobs of a sweep that failed: each leaves a sentence, so that whoever started the sweep can tell all of them.

A launcher may run jobs in other processes and on other machines, and a search goes on after one that failed; so what is
known of them lies in their directories.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.atomic import replace_file

FAILED = "failed.txt"
SHOWN = 3  # sentences in the terminal
_sweep: list[Path] = []  # the directory of this process's sweep


class NoteSweep(Callback):
    """A callback of Hydra's: notes where the sweep that this process begins will lie."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Note the directory of the sweep."""
        _sweep[:] = [Path(str(config.hydra.sweep.dir))]


def note_failure(directory: Path, sentence: str) -> None:
    """Leave a job's sentence in its directory."""
    replace_file(directory / FAILED, (sentence.strip() + "\n").encode("utf-8", "replace"))


def is_of_a_launcher(error: Exception) -> bool:
    """Say whether an exception tells that a job's process ended without a word: killed, or out of memory."""
    return type(error).__module__.partition(".")[0] in ("joblib", "submitit")


def refuse_failed() -> None:
    """Stop where jobs of the sweep that this process began have failed.

    Raises:
        UserError: it tells which, and why.
    """
    files = [file for sweep in _sweep for file in sweep.glob(f"*/{FAILED}")]
    files.sort(key=lambda file: (len(file.parent.name), file.parent.name))  # 2 before 10
    if not files:
        return
    told = [file.read_text(encoding="utf-8", errors="replace").strip() for file in files]
    lines = [f"{text} This is of job {file.parent.name}." for file, text in zip(files[:SHOWN], told, strict=False)]
    rest = "" if len(files) <= SHOWN else f" {len(files) - SHOWN} more failed, see {FAILED} in their directories."
    raise UserError(
        f"{' '.join(lines)}{rest} The other jobs were done. The same command, typed again, takes over what is finished."
    )
