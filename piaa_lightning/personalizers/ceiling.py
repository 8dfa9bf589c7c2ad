"""Control: the truth, where it is known; noise alone keeps it from 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError, Personalizer, Scorer, Settings, Support


class Ceiling(Personalizer):
    """A user's true taste, from ``truth.csv`` (user,image,score) beside a simulated database.

    Args:
        file: name of the table below the database's root.
    """

    from_nothing = True

    def __init__(self, file: str = "truth.csv") -> None:
        self.file = file

    def prepare(self, context: FitContext) -> None:
        """Read the truth.

        Raises:
            LeftOutError: there is no such file, as with all real users.
        """
        path = Path(context.table.root) / self.file
        if not path.is_file():
            raise LeftOutError("the truth is not known for real users")
        truth = pd.read_csv(path, dtype={"user": str, "image": str})
        if list(truth.columns) != ["user", "image", "score"]:
            raise UserError(f"{path}: the columns must be user,image,score; correct the file or remove it.")
        users = pd.Index(context.table.user_ids).get_indexer(pd.Index(truth["user"]))
        images = pd.Index(context.table.image_ids).get_indexer(pd.Index(truth["image"]))
        known = (users >= 0) & (images >= 0)
        order = np.argsort(users[known], kind="stable")
        self.user, self.image = users[known][order], images[known][order]
        self.score = truth["score"].to_numpy(np.float32)[known][order]
        self.images = context.table.images

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Look the user up."""
        own = slice(*np.searchsorted(self.user, [support.user, support.user + 1]))
        scores = np.full(self.images, np.nan, dtype=np.float32)
        scores[self.image[own]] = self.score[own]

        def score(images: Indices) -> Scores:
            return scores[images]

        return score
