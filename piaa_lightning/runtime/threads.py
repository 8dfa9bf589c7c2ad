"""Threads inside kernels sleep while they wait for each other, so that a busy machine does not stand still."""

from __future__ import annotations

import os


def sleep_while_waiting() -> None:
    """Let OpenMP's threads sleep where they would spin, unless the environment says otherwise.

    Kernels of small networks take microseconds. On an idle machine spinning bridges them; where other programs want the
    cores, a thread spins for one that is not running, for as long as the scheduler keeps it away. It must be called
    before torch is imported, which reads the variable once.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
