"""The address that the page is served at, taken before anything is read, so that it can be told first."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass

from piaa_lightning.errors import UserError
from piaa_lightning.web.serving.guard import is_local

EVERY = ("0.0.0.0", "::")  # which nobody can open in a browser


@dataclass(frozen=True)
class Listening:
    """An address that is listened on: browsers that come early wait until they are served.

    Args:
        socket: the listening one.
        host: as it was given.
        token: what everybody has to know who opens the page; None lets everybody in who reaches the address.
    """

    socket: socket.socket
    host: str
    token: str | None

    @property
    def address(self) -> str:
        """What is opened in a browser."""
        host = _own_address(self.host) if self.host in EVERY else self.host
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{self.socket.getsockname()[1]}/" + (f"?token={self.token}" if self.token else "")


def _own_address(every: str) -> str:
    """Return the address by which others reach this machine; nothing is sent."""
    family, other = (socket.AF_INET6, "2001:db8::1") if ":" in every else (socket.AF_INET, "192.0.2.1")
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((other, 9))
            return str(asking.getsockname()[0])
        except OSError:  # no network at all
            return socket.gethostname()


def listen(host: str, port: int, token: str | None = None, or_free: bool = False) -> Listening:
    """Take an address.

    Args:
        host: only this machine can reach 127.0.0.1.
        port: 0 takes a free one.
        token: see `Listening`; None makes one where other machines can reach the address.
        or_free: whether a free port is taken where this one is in use.

    Raises:
        UserError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        if or_free and port:
            return listen(host, 0, token)
        raise UserError(
            f"web.host={host} web.port={port}: cannot be listened on ({error}); choose another web.port, or 0 for a"
            " free one."
        ) from error
    return Listening(taken, host, token or (None if is_local(host) else secrets.token_urlsafe(16)))
