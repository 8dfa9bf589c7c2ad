"""Paths on the command line are what was typed: quoted for Hydra's grammar before Hydra reads them.

Hydra takes commas, brackets, ``=``, spaces and letters of most scripts for its own grammar, and 2020.10 for a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Keys whose values are paths or plain text, in full.
TEXT = re.compile(
    r"photos|ratings|person|prior|resume|name|study|paths\.\w+|collect\.(runs|into)|web\.(sessions|token|host)"
    r"|workspace\.entity|hydra\.(run|sweep)\.dir|(.+\.)?root"
)
# Keys that hold a path, a word, a number or a list: quoted where the value is written as a path.
MIXED = re.compile(r"(.+\.)?weights")
FILE = re.compile(r"[^\[{].*([/\\]|\.(safetensors|pth|pt|bin|ckpt|npz)$).*", re.DOTALL)

QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
FUNCTION = re.compile(r"(choice|range|interval|glob|shuffle|sort|tag|str)\(.*\)", re.DOTALL)
NULL = ("", "null", "???")


def quote_paths(arguments: Sequence[str]) -> list[str]:
    """Quote the values of keys that are paths, so that they need no quotes of Hydra's on the command line.

    What is quoted already stays as it is, as do null, and in a sweep Hydra's functions; there, commas separate values.

    Args:
        arguments: of the command line.

    Example:
        >>> quote_paths(["mode=predict", "photos=Bilder/a=b, c"])
        ['mode=predict', "photos='Bilder/a=b, c'"]
    """
    sweep = any(given in ("-m", "--multirun", "hydra.mode=MULTIRUN") or _is_sweep(given) for given in arguments)
    return [_quoted(argument, sweep) for argument in arguments]


def as_typed(override: str) -> str:
    """Return an override as a person types it: without the quotes that `quote_paths` put around a path."""
    name, equals, value = override.partition("=")
    key = name.lstrip("+")
    if not equals or not (TEXT.fullmatch(key) or MIXED.fullmatch(key)) or not re.fullmatch(r"'.*'", value, re.DOTALL):
        return override
    # backslashes are doubled before a quote and at the end, see `quote`
    plain = re.sub(r"(\\+)('|$)", lambda found: found[1][: len(found[1]) // 2] + found[2], value[1:-1])
    return f"{name}={plain}" if _quoted(f"{name}={plain}", sweep=False) == override else override


def quote(text: str) -> str:
    r"""Return text as a quoted string of Hydra's grammar, in which backslashes count before a quote alone.

    Example:
        >>> print(quote("it's"))
        'it\'s'
    """
    return "'" + re.sub(r"(\\*)('|\Z)", lambda found: found[1] * 2 + (r"\'" if found[2] else ""), text) + "'"


def _is_sweep(argument: str) -> bool:
    """Say whether an argument chooses one of the configuration's own sweeps."""
    key, _, value = argument.lstrip("+").partition("=")
    return key == "sweep" and value not in NULL


def _quoted(argument: str, sweep: bool) -> str:
    name, equals, value = argument.partition("=")
    key = name.lstrip("+")
    if not equals or name.startswith(("-", "~")) or value in NULL or QUOTED.fullmatch(value):
        return argument
    if not TEXT.fullmatch(key) and not (MIXED.fullmatch(key) and FILE.fullmatch(value)):
        return argument
    if not sweep:
        return f"{name}={quote(value)}"
    if FUNCTION.fullmatch(value):
        return argument
    parts = re.findall(rf"{QUOTED.pattern}|[^,]+", value, re.DOTALL)
    return f"{name}=" + ",".join(part if part in NULL or QUOTED.fullmatch(part) else quote(part) for part in parts)
