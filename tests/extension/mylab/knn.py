"""A method: a user likes what is near to what the user liked."""

from __future__ import annotations

import numpy as np

from piaa_lightning import Personalizer
from piaa_lightning.personalizers.features import image_features


class NearestNeighbours(Personalizer):
    """Score an image by the mean rating of the nearest rated images, in the features of the model.

    Args:
        model: whose features decide what is near; the run gives it, or you in Python.
        neighbours: candidates for how many rated images count; validation users choose one.
    """

    def __init__(self, model=None, neighbours=(1, 3)):
        self.model = model
        self.neighbours = list(neighbours)

    def prepare(self, context):
        """Compute the features of all images once."""
        self.features = image_features(context).values

    def candidates(self):
        """Return the settings among which validation users choose."""
        return [{"neighbours": count} for count in self.neighbours]

    def fit_user(self, support, settings):
        """Return a function from numbers of images to scores."""
        rated = self.features[support.images]
        count = min(int(settings["neighbours"]), len(rated))

        def score(images):
            distances = ((self.features[images][:, None] - rated[None]) ** 2).sum(axis=2)
            nearest = np.argsort(distances, axis=1, kind="stable")[:, :count]
            return support.scores[nearest].mean(axis=1).astype(np.float32)

        return score
