"""Weights & Biases without surprises: offline unless a key is configured, never a prompt."""

from __future__ import annotations

import netrc
import os
from typing import Any
from urllib.parse import urlsplit

from pytorch_lightning.loggers import WandbLogger


def weights_and_biases(
    save_dir: str, name: str, project: str, offline: bool | None = None, **options: Any
) -> WandbLogger:
    """Return Lightning's logger for Weights & Biases.

    Args:
        save_dir: the run's directory.
        name: of the run.
        project: of the dashboard.
        offline: whether nothing is sent; None sends only where a key is configured.
        options: further arguments of ``wandb.init``, for instance ``group`` or ``tags``.
    """
    os.environ.setdefault("WANDB_SILENT", "true")
    os.environ.setdefault("WANDB_CONSOLE", "off")
    return WandbLogger(
        save_dir=save_dir, name=name, project=project, offline=not has_key() if offline is None else offline, **options
    )


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
