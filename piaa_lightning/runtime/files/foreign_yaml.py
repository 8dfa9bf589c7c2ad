"""Read YAML that others wrote: as plain text, and no more of it than a parser can stand."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml

from piaa_lightning.errors import UserError

LONGEST = 500_000  # bytes of a configuration
DEEPEST = 100
NESTED = re.compile(rb"(?:[ \t]*[-?:][ \t]+)*")


def read_foreign_yaml(file: Path) -> Any:
    """Return what a YAML file holds, of which nothing is looked up elsewhere.

    NOTE: deep nests are refused before they are parsed: PyYAML takes minutes for some, and its parser in C dies of
    others.

    Args:
        file: a configuration.

    Raises:
        UserError: it cannot be read, or is too long or too deep for a configuration.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(LONGEST + 1)
        if len(text) > LONGEST:
            raise UserError(f"{file} is longer than any configuration; remove it, or copy the run again.")
        if _deepest(text) > DEEPEST:
            raise UserError(f"{file} is nested more deeply than any configuration; remove it, or copy the run again.")
        return yaml.safe_load(text)
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{file} cannot be read ({type(error).__name__}); copy the run again.") from error


def _deepest(text: bytes) -> int:
    """Return how deeply brackets are open at most, or how many signs of nested blocks begin one line."""
    steps = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
    deepest = max(accumulate(steps.get(letter, 0) for letter in text), default=0)
    blocks = (len(NESTED.match(line).group().split()) for line in text.splitlines())  # type: ignore[union-attr]
    return max(deepest, max(blocks, default=0))
