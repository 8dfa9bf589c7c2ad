"""Name the commit of the source that runs, where it is a checkout."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


@cache
def commit() -> str:
    """Return the first twelve digits of the commit, with ``+`` where the package was changed since.

    Returns:
        Nothing where the package is no checkout of its own repository, or git is not installed.
    """
    try:
        top = _git("rev-parse", "--show-toplevel")
        if Path(top).resolve() != PACKAGE.parent:  # installed into an environment that lies in some repository
            return ""
        return _git("rev-parse", "HEAD")[:12] + (
            "+" if _git("status", "--porcelain", "--", PACKAGE.name, "conf") else ""
        )
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PACKAGE.parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
