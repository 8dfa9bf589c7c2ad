"""Connections that bring nothing are closed, and no address has all of them."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

QUIET = 20.0  # seconds without a whole request after which a connection is closed
LOOK = 5.0  # seconds between two looks at a connection
MOST_OF_ONE = 64  # connections of one address, of the 200 that are served at once; this machine's own are not counted


class PatientProtocol(H11Protocol):
    """Uvicorn's protocol, which by itself waits for ever for the rest of a request that was begun."""

    connections_of: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and begin to watch it."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._quiet_since, self._last = time.monotonic(), self.cycle  # there is none yet
        self.connections_of[self._address] += 1
        self._look: asyncio.TimerHandle | None = self.loop.call_later(LOOK, self._look_again)
        if self.connections_of[self._address] > MOST_OF_ONE and not _is_here(self._address):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._look is not None:
            self._look.cancel()
        self.connections_of[self._address] -= 1
        if self.connections_of[self._address] <= 0:
            del self.connections_of[self._address]
        super().connection_lost(exc)

    def _look_again(self) -> None:
        """Close the connection where no request has been at work for too long."""
        at_work = self.cycle is not None and not self.cycle.response_complete
        if at_work or self.cycle is not self._last:
            self._quiet_since, self._last = time.monotonic(), self.cycle
        if time.monotonic() - self._quiet_since >= QUIET:
            self._look = None
            self.transport.close()
        else:
            self._look = self.loop.call_later(LOOK, self._look_again)


def _is_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True  # a socket without addresses
