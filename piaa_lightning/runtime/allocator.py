"""Memory that a step frees is kept for the next one."""

from __future__ import annotations

import ctypes
import os
import sys

VARIABLE = "PIAA_ALLOCATOR"
MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # of mallopt, see its manual page
# Activations are smaller than the one, and what a step frees together is less than the other.
LARGEST_KEPT, MOST_KEPT = 2**30, 2**31 - 1


def keep_freed_memory() -> bool:
    """Have the GNU C library keep what is freed, up to 2 GB, instead of giving it back to the system.

    Activations of many MB are made and freed at every training step. Each would be mapped, filled with zeros page by
    page, and given back. Results stay the same to the bit; a process keeps a few per cent more memory. The effect is
    measured in experiments/performance. ``PIAA_ALLOCATOR=system`` leaves everything as it is.

    Returns:
        Whether the library was told so: there are others, which have no such switch.
    """
    if os.environ.get(VARIABLE) == "system" or not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGEST_KEPT)) and bool(mallopt(TRIM_THRESHOLD, MOST_KEPT))
