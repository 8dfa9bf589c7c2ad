"""Format what is printed: names of files in any script, and commands that can be pasted."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence


def write_every_name() -> None:
    r"""Let standard output and error print names that are not UTF-8, with ``\xNN`` for what no letter stands for."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def printable(name: str) -> str:
    r"""Return a file's name as it can be shown: bytes that are no letters and control characters as ``\xNN``.

    A name may hold the escape sequences of a terminal, which would move its cursor or change its title.

    Example:
        >>> print(printable("caf\udce9\x1b[2J.jpg"))
        caf\xe9\x1b[2J.jpg
    """
    if name.isprintable():
        return name
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in name)


def command_line(arguments: Sequence[str]) -> str:
    """Return a command that can be pasted into a terminal of this system.

    Example:
        >>> command_line(["piaa", "rank", "My photos"])
        "piaa rank 'My photos'"
    """
    if os.name == "nt":
        return subprocess.list2cmdline(arguments)
    return " ".join(_pasted(argument) for argument in arguments)


def _pasted(argument: str) -> str:
    if argument.isprintable():
        return shlex.quote(argument)
    # the form in which bash, zsh and POSIX.1-2024 read bytes
    escaped = "".join(
        f"\\{letter}" if letter in "\\'" else letter if letter.isprintable() else _escaped(letter)
        for letter in argument
    )
    return f"$'{escaped}'"


def _escaped(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))
