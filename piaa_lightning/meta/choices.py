"""Refuse a setting that is none of its choices, with the nearest one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from piaa_lightning.errors import ArgumentError


def check_choice(key: str, value: object, choices: Iterable[str]) -> None:
    """Pass a value that is one of its choices.

    Args:
        key: name of the argument, dotted where it is a part of one.
        value: of the setting.
        choices: all of them.

    Raises:
        ArgumentError: it is none of them; the sentence has the nearest one, whatever its case.

    Example:
        >>> check_choice("engine", "learn2lern", ["in_place", "learn2learn"])
        Traceback (most recent call last):
        piaa_lightning.errors.ArgumentError: engine=learn2lern: there is no such choice (did you mean learn2learn?); take one of in_place, learn2learn.
    """  # noqa: E501
    choices = list(choices)
    if value in choices:
        return
    by_lower = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(str(value).lower(), by_lower, n=1)
    hint = f" (did you mean {by_lower[close[0]]}?)" if close else ""
    raise ArgumentError(key, f"there is no such choice{hint}; take one of {', '.join(choices)}.", value)
