"""The interface between the protocol and every way of fitting one user."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from torch import Tensor, nn

from piaa_lightning.data.database import Database
from piaa_lightning.data.images.given import Image
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.own_images import OwnRatings, network_of, size_of, squares_for, told, with_user

Scorer = Callable[[Indices], Scores]
Settings = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Support:
    """One user's support set: the images that the user rated, and their scores.

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
    """What a personalizer is given before any user: the database, its split, the model and the device.

    Args:
        table: of ratings; who may look at which rows is the personalizer's own honesty, oracles say so in their name.
        split: who and what is held out.
        inputs: where images come from.
        device: where networks run.
        model: the trained network to start from, None for personalizers that need none.
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

    There are two ways in. A person with images and scores calls :meth:`fit` and :meth:`predict`. The evaluation calls
    :meth:`prepare` once, and :meth:`trace_all` for every user of a database. Whoever writes a method writes
    :meth:`fit_user` and, where the method looks at a database first, :meth:`prepare`; the rest follows from them.

    Attributes:
        model: the trained network that users start from; None for methods that need none.
        user_batch_size: how many supports of one size :meth:`trace_all` is handed at once.
        from_nothing: whether it scores images for a user of whom no rating is known, from what it learnt of others or
            from the user's traits; then supports may be empty.

    Example:
        A method that scores an image by the mean of the user's ratings.

        >>> import numpy as np
        >>> class Mean(Personalizer):
        ...     def fit_user(self, support, settings):
        ...         return lambda images: np.full(len(images), support.scores.mean())
        >>> found = Mean().fit_user(Support(0, np.array([0, 1]), np.array([0.2, 0.6])), {})(np.array([7]))
        >>> float(found.round(3)[0])
        0.4
    """

    user_batch_size: int = 1
    from_nothing: bool = False
    _model: nn.Module | None = None
    _own: tuple[OwnRatings, Callable[[Tensor], Scores]] | None = None

    @property
    def model(self) -> nn.Module | None:
        """The network that users start from; given as a LightningModule of `tasks`, or as the network itself."""
        return self._model

    @model.setter
    def model(self, model: nn.Module | None) -> None:
        self._model = network_of(model)

    def fit(
        self,
        images: Iterable[Image] | Indices,
        scores: Sequence[float] | Scores,
        *,
        data: Database | None = None,
        scale: Sequence[float] | None = None,
        settings: Settings | None = None,
    ) -> Self:
        """Fit one user from images and what the user says of them.

        Args:
            images: paths, PIL images, uint8 arrays ``(height, width, 3)`` or tensors ``(3, height, width)``; or numbers
                of the images of ``data``.
            scores: ``(images,)`` on the scale, higher is more beautiful.
            data: a database, for methods that learn from other users first, and for images given by number.
            scale: worst and best score possible; that of ``data`` by default, or 0..1.
            settings: one of :meth:`candidates`; needed only where there are several, see `evaluation.choose_settings`.

        Returns:
            This very object, which now predicts for the user.

        Raises:
            ArgumentError: scores that do not fit the images or the scale, no model, several candidates.
        """
        ratings = told(self.model, images, scores, scale, data)
        candidates = list(self.candidates())
        if settings is None and len(candidates) > 1:
            raise ArgumentError(
                "settings",
                f"there are {len(candidates)} candidates; give one of them, or let validation users choose it with"
                " choose_settings(method, data).",
            )
        try:
            with mode_kept(self.model):
                self._own = ratings, self.scorer_of(ratings, candidates[0] if settings is None else settings)
        except LeftOutError as reason:
            raise ArgumentError("data", f"{reason}; give a database to learn from.") from reason
        return self

    def predict(self, images: Iterable[Image] | Indices) -> Scores:
        """Score images as the user would whom :meth:`fit` was told of.

        Args:
            images: as :meth:`fit` takes them.

        Returns:
            ``(images,)`` on the scale of the scores that were given; a prediction may lie outside it.

        Raises:
            ArgumentError: nobody was fitted.
        """
        if self._own is None:
            raise ArgumentError("images", "nobody was fitted; call fit(images, scores) first.")
        ratings, score = self._own
        squares = squares_for(self.model, images, ratings.data)
        with mode_kept(self.model):
            return ratings.scale.from_unit(score(squares))

    def scorer_of(self, ratings: OwnRatings, settings: Settings) -> Callable[[Tensor], Scores]:
        """Return what scores images for a user who is in no database.

        Here the user is added to the database, and the method prepared again whenever images are scored, which is right
        for every method; those that gain by it override this.

        Args:
            ratings: what the user said.
            settings: one of the candidates.

        Returns:
            A function from ``(images, 3, size, size)`` uint8 to scores in [0, 1].
        """
        size = size_of(self.model)

        def score(squares: Tensor) -> Scores:
            everything = torch.cat([ratings.squares, squares])
            table, split, inputs, own = with_user(ratings.data, size, everything, ratings.scores)
            self.prepare(FitContext(table, split, inputs, device_of_model(self.model), self.model))
            support = Support(table.users - 1, own[: len(ratings.scores)], ratings.scores)
            return self.trace(support, own[len(ratings.scores) :], [settings])[0]

        return score

    def prepare(self, context: FitContext) -> None:  # noqa: B027  # most have nothing to prepare
        """Do once, before any user, what is the same for all of them.

        Raises:
            UserError: what this personalizer needs is not there.
        """

    def candidates(self) -> Sequence[Settings]:
        """Return the settings among which validation users choose; a single one where there is nothing to choose."""
        return [{}]

    @abstractmethod
    def fit_user(self, support: Support, settings: Settings) -> Scorer:
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
        return [self.fit_user(support, settings)(images) for settings in candidates]

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


def device_of_model(model: nn.Module | None) -> torch.device:
    """Return where a model lies; the processor where there is none."""
    parameter = None if model is None else next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


@contextmanager
def mode_kept(model: nn.Module | None) -> Iterator[None]:
    """Within this a model may be put into evaluation mode; afterwards it is in that in which it was found."""
    before = [] if model is None else [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


class LeftOutError(Exception):
    """This personalizer cannot be part of this table; the message is the reason that the table gives."""
