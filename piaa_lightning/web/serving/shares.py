"""Fair shares between visitors: what takes long is done for one after the other, and never much of it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from piaa_lightning.errors import UserError

P = ParamSpec("P")
T = TypeVar("T")
WAITING = (
    100  # pieces of work of one visitor that may wait; a page that is leafed through asks for many and forgets them
)


class TooMuchAtOnceError(UserError):
    """A visitor has asked for more than may wait."""


@dataclass
class _Lane:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Shares:
    """Does work in threads: one piece of a visitor's at a time, and of all visitors' no more than a few.

    A visitor who asks for eighty crops waits for their own; another one waits for one of these at most.

    Args:
        at_once: pieces of work of all visitors.
        waiting: pieces of one visitor's that may wait.
    """

    def __init__(self, at_once: int, waiting: int = WAITING) -> None:
        self.at_once, self.waiting = max(1, at_once), waiting
        self._room = asyncio.Semaphore(self.at_once)
        self._lanes: dict[Any, _Lane] = {}

    async def do(self, who: Any, request: Request, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a piece of work when it is its turn.

        Args:
            who: the visitor.
            request: that asks for it; where the browser has turned away meanwhile, nothing is done.
            work: runs in a thread.
            args: of the work.
            kwargs: of the work.

        Raises:
            TooMuchAtOnceError: too much of this visitor's waits already.
            ClientDisconnect: nobody waits for it any more.
        """
        lane = self._lanes.setdefault(who, _Lane())
        if lane.waiting >= self.waiting:
            raise TooMuchAtOnceError("Too much was asked for at once; wait for what is under way.")
        lane.waiting += 1
        try:
            async with lane.turn, self._room:
                if await request.is_disconnected():
                    raise ClientDisconnect
                return await run_in_threadpool(work, *args, **kwargs)
        finally:
            lane.waiting -= 1
            if not lane.waiting:
                self._lanes.pop(who, None)
