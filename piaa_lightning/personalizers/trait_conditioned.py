"""Trait-conditioned scoring: what is known of a user shifts what their weights are expected to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError, UserError
from piaa_lightning.personalizers.empirical_bayes import WeightPrior, learn_prior, sums
from piaa_lightning.personalizers.features import Floats
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError


class TraitConditioned(Hierarchical):
    """Hierarchical regression in which the mean of a user's weights depends linearly on the user's traits.

    NOTE: stands for the trait-conditioned models since 2022 (PIAA-MIR, PIAA-ICI), networks of which only the idea is
    taken over: a user's traits are known before the first rating.

    Args:
        traits: which of the database's traits; None takes all.
        effect_users: effects of traits are shrunk as if so many users had shown none.
        hierarchical: the arguments of `Hierarchical`.

    Raises:
        UserError: a negative `effect_users`.
    """

    def __init__(
        self, traits: Sequence[str] | None = None, effect_users: float = 100.0, **hierarchical: object
    ) -> None:
        super().__init__(**hierarchical)  # type: ignore[arg-type]
        if effect_users < 0:
            raise ArgumentError("effect_users", "give a number from 0.", effect_users)
        self.traits = None if traits is None else tuple(traits)
        self.effect_users = effect_users

    def prepare(self, context: FitContext) -> None:
        """Bring traits to a common scale by the training users, and learn.

        Raises:
            LeftOutError: the database knows no traits.
            UserError: it lacks one that is asked for.
        """
        self.described_users = _described(context, self.traits)
        super().prepare(context)

    def learn(self, context: FitContext, users: Indices, told: Sequence[tuple[Floats, Floats]]) -> WeightPrior:
        """Learn the effects of traits with the rest."""
        return learn_prior(
            sums(told),
            self.described_users[users],
            self.steps,
            self.correlation_users,
            self.effect_users,
        )

    def without_order(self, user: int, images: Indices) -> Scores:
        """Score for a user whose ratings are all equal, or who gave one: by the traits."""
        return self.mean(user, images)  # type: ignore[return-value]  # float64, so that distinct scores stay so

    def mean_weights(self, user: int) -> Floats:
        """Return what users with these traits have in common."""
        found: Floats = self.described_users[user] @ self.prior.effects
        return found


def _described(context: FitContext, wanted: Sequence[str] | None) -> Floats:
    """Return ``(users, 1 + traits)``: 1, and traits of mean 0 and deviation 1 over training users, 0 if unknown."""
    table = context.table
    if table.traits is None or not table.trait_names:
        raise LeftOutError("the database knows no traits of users")
    missing = [name for name in wanted or () if name not in table.trait_names]
    if missing:
        raise UserError(
            f"personalizer.traits: {table.database} knows no {', '.join(missing)}; choose from"
            f" {', '.join(table.trait_names)}."
        )
    columns = [table.trait_names.index(name) for name in wanted or table.trait_names]
    values = table.traits[:, columns].astype(np.float64)
    known = values[context.split.train_users]
    seen = ~np.isnan(known)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, known, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(seen, np.square(known - mean), 0.0).sum(axis=0) / count)
    varied = spread > 0
    if not varied.any():
        raise LeftOutError("no trait differs between the training users")
    scaled = (values[:, varied] - mean[varied]) / spread[varied]
    return np.concatenate([np.ones((len(values), 1)), np.nan_to_num(scaled)], axis=1)
