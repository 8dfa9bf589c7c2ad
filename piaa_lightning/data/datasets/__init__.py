"""The forms in which tasks see a database, one per file; each is a dataset made from a table, a split and inputs."""

from __future__ import annotations

from piaa_lightning.data.datasets.attribute_labels import AttributeLabels
from piaa_lightning.data.datasets.average_scores import AverageScores
from piaa_lightning.data.datasets.held_out import HeldOutImages, HeldOutLikes, HeldOutUsers, held_out
from piaa_lightning.data.datasets.image_pairs import ImagePairs
from piaa_lightning.data.datasets.liked_images import LikedImages
from piaa_lightning.data.datasets.rater_pairs import RaterPairs
from piaa_lightning.data.datasets.score_distributions import ScoreDistributions
from piaa_lightning.data.datasets.semantic_tags import SemanticTags
from piaa_lightning.data.datasets.style_labels import StyleLabels
from piaa_lightning.data.datasets.user_episodes import UserEpisodes

__all__ = [
    "AttributeLabels",
    "AverageScores",
    "HeldOutImages",
    "HeldOutLikes",
    "HeldOutUsers",
    "ImagePairs",
    "LikedImages",
    "RaterPairs",
    "ScoreDistributions",
    "SemanticTags",
    "StyleLabels",
    "UserEpisodes",
    "held_out",
]
