"""Find the user of this machine at the other end of a connection."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))  # of Linux; elsewhere nothing is known


def may_come_in(client: Sequence[object] | None, server: Sequence[object] | None) -> bool:
    """Say whether a connection within this machine is of the user who runs the server, or of root.

    Without a token, whoever reaches the address sees the photographs, and on this machine's own address all its users
    do, also where the folder is closed to them. Where nothing is known of the other end, it may come in.

    Args:
        client: address and port of the other end.
        server: address and port of this end.
    """
    if not client or not server or len(client) < 2 or len(server) < 2 or not hasattr(os, "getuid"):
        return True
    user = user_of(int(str(client[1])), int(str(server[1])))
    return user in (None, 0, os.getuid())


def user_of(port: int, to: int, tables: Sequence[Path] = TABLES) -> int | None:
    """Return the user id of the local socket at ``port`` that is connected to the port ``to``; None if unknown."""
    for table in tables:
        try:
            lines = table.read_text(encoding="ascii", errors="replace").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 7 and _port(fields[1]) == port and _port(fields[2]) == to:
                return int(fields[7])
    return None


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
