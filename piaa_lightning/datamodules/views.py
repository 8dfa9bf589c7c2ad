"""Views of a database by name: which labels of which items a task sees."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from piaa_lightning.data.datasets import (
    AttributeLabels,
    AverageScores,
    HeldOutLikes,
    ImagePairs,
    LikedImages,
    RaterPairs,
    ScoreDistributions,
    SemanticTags,
    StyleLabels,
    UserEpisodes,
    held_out,
)
from piaa_lightning.errors import ArgumentError


@dataclass(frozen=True)
class View:
    """A dataset to learn from, and one to choose the best epoch on.

    Args:
        training: makes the training dataset from a table, a split, a part, inputs and a seed.
        validation: likewise.
    """

    training: Callable[..., Any]
    validation: Callable[..., Any] = held_out

    def options(self) -> set[str]:
        """Return the names of what may be chosen."""
        parameters = inspect.signature(self.training).parameters
        return set(list(parameters)[5:])


VIEWS: Mapping[str, View] = {
    "scores": View(AverageScores),
    "distributions": View(ScoreDistributions),
    "episodes": View(UserEpisodes),
    "liked": View(LikedImages, HeldOutLikes),
    "attributes": View(AttributeLabels),
    "tags": View(SemanticTags),
    "styles": View(StyleLabels),
    "pairs": View(ImagePairs),
    "rater_pairs": View(RaterPairs),
}
SHARED = {"distributions": {"bins"}, "liked": {"traits", "liked", "scaling"}}  # options that validation takes as well


def view_of(name: str) -> View:
    """Return a view by its name.

    Raises:
        ArgumentError: there is none of that name.
    """
    if name not in VIEWS:
        raise ArgumentError("view", f"choose one of {', '.join(VIEWS)}.", name)
    return VIEWS[name]


def datasets_of(name: str, options: Mapping[str, Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return what makes the training and the validation dataset of a view.

    Args:
        name: of the view.
        options: of the training dataset, for instance ``{"support": 80}`` for episodes.

    Raises:
        ArgumentError: there is no such view or option.
    """
    view = view_of(name)
    unknown = set(options) - view.options()
    if unknown:
        has = ", ".join(sorted(view.options())) or "none"
        raise ArgumentError("view_options", f"{name} has no {', '.join(sorted(unknown))}; it has {has}.", dict(options))
    shared = {key: value for key, value in options.items() if key in SHARED.get(name, set())}
    return partial(view.training, **options), partial(view.validation, **shared)
