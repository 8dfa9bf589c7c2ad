"""Whether the best setting lies on the edge of what was tried: then a better one may lie beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from piaa_lightning.personalizers.personalizer import Settings


def on_edge(candidates: Sequence[Settings], chosen: Settings) -> list[str]:
    """Name the numbers of a chosen setting that are the smallest or the largest of their grid.

    Args:
        candidates: all settings that were tried.
        chosen: the best of them.

    Returns:
        ``name=value`` for each; nothing of a name with fewer than three values, which is no grid, or of words.

    Example:
        >>> tried = [{"steps": steps, "rate": 0.1} for steps in (1, 5, 10)]
        >>> on_edge(tried, tried[2]), on_edge(tried, tried[1])
        (['steps=10'], [])
    """
    found = []
    for name, value in chosen.items():
        tried = {settings[name] for settings in candidates if name in settings}
        numbers = sorted(number for number in tried if isinstance(number, int | float))
        if len(numbers) > 2 and len(numbers) == len(tried) and value in (numbers[0], numbers[-1]):
            found.append(f"{name}={value}")
    return found


def edges_of(candidates: Sequence[Settings], chosen: Mapping[int, Settings]) -> dict[str, list[str]]:
    """Return what lies on the edge, by the number of shots; numbers of shots where nothing does are left out.

    So is 0: without ratings most settings change nothing, and the first is taken.

    Args:
        candidates: all settings that were tried.
        chosen: the best of them, by shots.
    """
    found = {str(shots): on_edge(candidates, settings) for shots, settings in chosen.items() if shots}
    return {shots: names for shots, names in found.items() if names}
