"""Weights & Biases without surprises: offline unless a key is configured, never a prompt."""

from __future__ import annotations

import netrc
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pytorch_lightning.loggers import WandbLogger

from piaa_lightning.runtime.distributed import process_index
from piaa_lightning.runtime.files.atomic import replace_file

RUN_ID = "checkpoints/wandb_run_id"  # beside the checkpoints: who goes on from them goes on with the run


def weights_and_biases(
    save_dir: str,
    name: str,
    project: str,
    offline: bool | None = None,
    group: str | None = None,
    tags: Sequence[str | None] = (),
    **options: Any,
) -> WandbLogger:
    """Return Lightning's logger for Weights & Biases.

    The run's id is kept beside its checkpoints, so that a run that is resumed in its directory continues there. What an
    offline run logged after it was resumed is appended by ``wandb sync``.

    Args:
        save_dir: the run's directory.
        name: of the run.
        project: of the dashboard.
        offline: whether nothing is sent; None sends only where a key is configured.
        group: runs of one study stand together; None takes the run's name.
        tags: what runs are found by; None among them is left out.
        options: further arguments of ``wandb.init``.
    """
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_CONSOLE", "off")
    agent = "WANDB_SWEEP_ID" in os.environ  # whose runs have ids of their own
    known = {} if agent or process_index() else {"id": run_id(Path(save_dir)), "resume": "allow"}
    return WandbLogger(
        save_dir=save_dir,
        name=name,
        project=project,
        offline=not has_key() if offline is None else offline,
        group=group or name,
        tags=list(dict.fromkeys(tag for tag in tags if tag)),
        **{**known, **options},
    )


def run_id(directory: Path) -> str:
    """Return the id that a run's directory keeps, and give it one where it has none."""
    file = directory / RUN_ID
    if not file.is_file():
        replace_file(file, secrets.token_hex(4).encode())
    return file.read_text(encoding="ascii").strip()


def has_key() -> bool:
    """Whether a key for Weights & Biases is configured and WANDB_MODE does not forbid its use."""
    if os.environ.get("WANDB_MODE", "online") != "online":
        return False
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc().authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
