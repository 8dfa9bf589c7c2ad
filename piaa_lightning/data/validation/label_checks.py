"""Check distributions of votes and traits before anything is learnt from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.errors import UserError

Names = Sequence[str] | NDArray[np.str_]
SUM_TOLERANCE = 1e-3  # of shares that a file rounds
ROUNDING = 1e-6  # of single precision


def check_distributions(values: NDArray[np.floating], names: Names, source: str = "the database") -> None:
    """Stop where a row is no distribution of votes.

    Args:
        values: ``(images, bins)`` shares of votes from the worst bin to the best; leave out images that have none.
        names: ``(images,)`` what a user knows the images by, their ids.
        source: the file or the database that the rows come from.

    Raises:
        UserError: a row holds something that is no finite number, a negative share, or no vote at all, or its sum is
            not one within 1e-3.
    """
    rows = np.asarray(values, dtype=np.float64)
    total = rows.sum(axis=1)
    problems = (
        (~np.isfinite(rows).all(axis=1), "hold a value that is no finite number", "correct them or leave them out"),
        ((rows < 0).any(axis=1), "hold a negative share of votes", "correct them"),
        ((rows == 0).all(axis=1), "hold no vote at all", "leave these images out"),
        (np.abs(total - 1) > SUM_TOLERANCE, "do not sum to one", "divide counts of votes by their sum"),
    )
    for bad, what, remedy in problems:
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise UserError(
                f"{source}: {int(bad.sum())} of {len(rows)} distributions of votes {what} (first: image {names[row]},"
                f" whose sum is {total[row]:g}); {remedy}."
            )


def check_traits(
    values: NDArray[np.floating], names: Names, trait_names: Sequence[str], source: str = "the database"
) -> None:
    """Stop where a trait lies outside [-1, 1], which a tanh cannot reach.

    Args:
        values: ``(users, traits)`` in [-1, 1], NaN where a trait is unknown.
        names: ``(users,)`` what a user knows the users by, their ids.
        trait_names: of the columns.
        source: the file or the database that the rows come from.

    Raises:
        UserError: a trait below -1 or above 1.
    """
    rows = np.asarray(values, dtype=np.float64)
    bad = np.abs(rows) > 1 + ROUNDING  # false for NaN
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise UserError(
            f"{source}: {int(bad.sum())} of {rows.size} traits lie outside [-1, 1] (first: {trait_names[column]} of"
            f" {names[row]} is {rows[row, column]:g}); correct the reader's range, set"
            " task.dataset.scaling=training, or name other traits with task.dataset.traits."
        )
