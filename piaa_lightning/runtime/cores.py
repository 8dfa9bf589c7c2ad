"""Count the cores that this process may use."""

from __future__ import annotations

import os


def cores() -> int:
    """Return how many cores this process may use: of a shared machine often fewer than there are.

    Example:
        >>> cores() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):  # Linux: containers and SLURM hand out some of the machine's cores
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
