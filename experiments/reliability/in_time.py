"""Stop what takes too long: a hang is a finding, and must not become one of the whole script."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 20  # after which an input counts as a hang


class HangError(Exception):
    """An input took too long."""


@contextmanager
def in_time() -> Iterator[None]:
    """Stop what takes too long.

    Raises:
        HangError: it did.
    """

    def hang(_number: int, _frame: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
