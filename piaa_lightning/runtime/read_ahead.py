"""Read in threads, a few items ahead of whoever takes the results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from piaa_lightning.runtime.cores import cores

Item = TypeVar("Item")
Result = TypeVar("Result")
PER_WORKER = 4  # results that may wait to be taken, so that they do not pile up in memory


def read_ahead(
    read: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None, ahead: int | None = None
) -> Generator[Result, None, None]:
    """Apply a function to items in threads; the results come in the order of the items.

    Threads, not processes: Pillow, torch and file systems let go of the interpreter while they work, and nothing is
    copied. An error of ``read`` ends the reading: the few calls that have begun are waited for, and no other begins.
    The same happens when the generator is closed; a consumer that may fail itself holds it in `contextlib.closing`,
    because a traceback would keep it open.

    Args:
        read: called in several threads at once.
        items: taken one by one, as results are taken.
        workers: threads; one for each core by default.
        ahead: how many results may wait to be taken; four for each thread by default.

    Yields:
        ``read(item)`` for each item.

    Raises:
        ValueError: fewer than one thread, or a negative ``ahead``.
        Exception: whatever ``read`` raised, in the place of its result.

    Example:
        >>> list(read_ahead(len, ["one", "three"], workers=2))
        [3, 5]
    """
    threads = cores() if workers is None else workers
    bound = PER_WORKER * threads if ahead is None else ahead
    if threads < 1 or bound < 0:
        raise ValueError(f"workers={threads}, ahead={bound}: read with one thread or more, and 0 or more ahead.")
    return _read_ahead(read, items, threads, bound)


def _read_ahead(
    read: Callable[[Item], Result], items: Iterable[Item], threads: int, bound: int
) -> Generator[Result, None, None]:
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(read, item))
            if len(waiting) > bound:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
