"""Guess which choice a misspelt word meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from piaa_lightning.errors import ArgumentError


def closest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that is nearest to a word, whatever its case; None where none is near.

    Example:
        >>> closest("suport", ["label", "support"])
        'support'
    """
    by_lower = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return a question, to be put behind what is wrong; empty where no choice is near.

    Example:
        >>> did_you_mean("suport", ["label", "support"])
        ' (did you mean support?)'
    """
    found = closest(word, choices)
    return "" if found is None else f" (did you mean {found}?)"


def check_choice(argument: str, value: object, choices: Iterable[str]) -> None:
    """Pass a value that is one of its choices.

    Args:
        argument: its name, dotted where it is a part of one.
        value: of the argument.
        choices: all of them.

    Raises:
        ArgumentError: it is none of them; the sentence has the nearest one.

    Example:
        >>> check_choice("engine", "learn2lern", ["in_place", "learn2learn"])
        Traceback (most recent call last):
        piaa_lightning.errors.ArgumentError: engine=learn2lern: there is no such choice (did you mean learn2learn?); take one of in_place, learn2learn.
    """  # noqa: E501
    names = list(choices)
    if value not in names:
        meant = did_you_mean(str(value), names)
        raise ArgumentError(argument, f"there is no such choice{meant}; take one of {', '.join(names)}.", value)
