"""Progress bars for everything that may take longer than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items and show how far along they are once two seconds have passed.

    Args:
        items: what is worked through.
        description: what is being done, shown before the bar.
        total: how many there are, where ``items`` has no length.
    """
    yield from tqdm(
        items,
        desc=description,
        total=total,
        delay=2.0,
        leave=False,
        file=sys.stderr,
        dynamic_ncols=True,
        mininterval=0.5,
    )
