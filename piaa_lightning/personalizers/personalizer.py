"""The interface between the protocol and every way of fitting one user."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.data.splits import Split

Scorer = Callable[[Indices], Scores]
Settings = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Support:
    """What is known of one user.

    Args:
        user: number of the user in the table.
        images: ``(shots,)`` numbers of the images that the user rated.
        scores: ``(shots,)`` the ratings in [0, 1].
        draw: number that keys whatever is drawn at random for this user and repeat.
    """

    user: int
    images: Indices
    scores: Scores
    draw: int = 0


@dataclass(frozen=True)
class FitContext:
    """What every personaliser stands on.

    Args:
        table: of ratings; who may look at which rows is the personaliser's own honesty, oracles say so in their name.
        split: who and what is held out.
        inputs: where images come from.
        device: where networks run.
        model: the trained network to start from, None for personalisers that need none.
        auxiliary: further trained networks by what they are for, for instance one that predicts attributes.
        trait_names: of the traits that the model was trained to predict; empty where it predicts none.
    """

    table: RatingTable
    split: Split
    inputs: Inputs
    device: torch.device
    model: nn.Module | None = None
    auxiliary: Mapping[str, nn.Module] = field(default_factory=dict)
    trait_names: tuple[str, ...] = ()


class Personalizer(ABC):
    """Fits one user from a support set; knows nothing of query sets, repeats or metrics.

    Args:
        user_batch_size: how many supports of one size :meth:`trace_all` is handed at once.
    """

    user_batch_size: int = 1

    def prepare(self, context: FitContext) -> None:  # noqa: B027  # most have nothing to prepare
        """Do once, before any user, what is the same for all of them.

        Raises:
            UserError: what this personaliser needs is not there.
        """

    def candidates(self) -> Sequence[Settings]:
        """Return the settings among which validation users choose; a single one where there is nothing to choose."""
        return [{}]

    @abstractmethod
    def fit(self, support: Support, settings: Settings) -> Scorer:
        """Fit one user.

        Args:
            support: the user's rated images.
            settings: one of the candidates.

        Returns:
            A function from numbers of images to scores in [0, 1]; only their order is evaluated.
        """

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Score images under each of several settings; fits that share work override this.

        Args:
            support: the user's rated images.
            images: numbers of the images to score.
            candidates: the settings.

        Returns:
            One array of scores per candidate.
        """
        return [self.fit(support, settings)(images) for settings in candidates]

    def trace_all(
        self, supports: Sequence[Support], images: Sequence[Indices], candidates: Sequence[Settings]
    ) -> list[list[Scores]]:
        """Do for several users what :meth:`trace` does for one; fits that gain by it override this.

        Args:
            supports: of one size.
            images: numbers of the images to score, for each support.
            candidates: the settings.

        Returns:
            For each support one array of scores per candidate.
        """
        return [self.trace(support, own, candidates) for support, own in zip(supports, images, strict=True)]

    def extra_tables(self, user: Scorer, images: Indices) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Tell of a fitted user what scores do not, for tables of their own beside the records.

        Args:
            user: what fitting returned.
            images: numbers of the user's query images.

        Returns:
            By the name of a table, its lines about this user, all with the same columns; each becomes a line of
            ``NAME.csv`` behind method, shots and user. Nothing by default.
        """
        return {}


class LeftOutError(Exception):
    """This personaliser cannot be part of this table; the message is the reason that the table gives."""
