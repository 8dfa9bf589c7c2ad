"""Directories of a person's own data on this system, whatever directory a command is typed in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "piaa"
DATA, CACHE = "PIAA_DATA", "PIAA_CACHE"  # of the environment, where a person wants other places


def data_home() -> Path:
    r"""Return the directory of what a person made, ratings for instance; it is not made here.

    Linux: ``~/.local/share/piaa`` or below ``$XDG_DATA_HOME``; macOS: ``~/Library/Application Support/piaa``;
    Windows: ``%LOCALAPPDATA%\piaa``.
    """
    if given := os.environ.get(DATA):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / NAME
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / NAME
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / NAME


def people_home() -> Path:
    """Return where people who rate photographs on this computer are kept, whatever directory a command is typed in."""
    return data_home() / "people"


def cache_home() -> Path:
    """Return the directory of what can be made again, the same as that of ``python -m piaa_lightning``."""
    return Path(os.environ.get(CACHE) or "~/.cache/piaa_lightning").expanduser()
