"""A personal file: what a user said of how many images as the networks saw them, and no image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.runtime.files.atomic import replace_file

FORMAT, EARLIER = "piaa_lightning person 2", ("piaa_lightning person 1",)


@dataclass(frozen=True)
class PersonalFile:
    """Enough to score any image for a user, together with a model of the same networks.

    Args:
        name: what the user is called.
        networks: keys of the networks by name, see `PhotoNetworks.keys`.
        scale: of what the user said.
        told: the rated images, float16.
        scores: ``(ratings,)`` float32, in [0, 1].
        folder: statistics of the images among which they were rated; they are pooled with those of another folder, so
            that a taste means the same there.
    """

    name: str
    networks: Mapping[str, str]
    scale: Scale
    told: PhotoFeatures
    scores: Tensor
    folder: FolderStatistics

    @classmethod
    def learnt(
        cls, name: str, prior: PublishedModel, shelf: Shelf, ratings: Mapping[int, float], scale: Scale
    ) -> PersonalFile:
        """Gather what a user said.

        Args:
            name: what the user is called.
            prior: whose networks saw the images.
            shelf: the images.
            ratings: on the scale, by the images' numbers.
            scale: the worst and the best rating that could be given.
        """
        scores = (torch.tensor(list(ratings.values()), dtype=torch.float64) - scale.low) / (scale.high - scale.low)
        return cls(name, networks_in(prior), scale, shelf.seen[list(ratings)], scores.float(), shelf.statistics)

    def personal_model(self, prior: PublishedModel, shelf: Shelf) -> PersonalModel:
        """Fit the user for the images of a folder, in milliseconds."""
        return PersonalModel(prior.population.process(shelf.statistics + self.folder), self.told, self.scores)

    def bytes(self) -> bytes:
        """Return the personal file."""
        told = {
            "name": self.name,
            "networks": dict(self.networks),
            "scale": [self.scale.low, self.scale.high],
            "folder": self.folder.count,
        }
        tensors = {
            "features": self.told.values.half(),
            "generic": self.told.score.float(),
            "scores": self.scores.float(),
            "folder.mean": self.folder.mean.float(),
            "folder.variance": self.folder.variance.float(),
        }
        metadata = {"format": FORMAT, "config": json.dumps(told)}
        return save({name: value.contiguous() for name, value in tensors.items()}, metadata=metadata)

    def save(self, file: Path, card: str) -> None:
        """Write the personal file, and its model card beside it."""
        replace_file(file, self.bytes())
        replace_file(file.with_suffix(".md"), card.encode())


def networks_in(prior: PublishedModel) -> dict[str, str]:
    """Return the keys of a model's networks by name, in their order."""
    return dict(zip(prior.networks.names, prior.networks.keys, strict=True))


def load_personal_file(file: Path, prior: PublishedModel) -> PersonalFile:
    """Read a personal file.

    Raises:
        UserError: there is none, it is damaged, or it was made with other networks.
    """
    if not file.is_file():
        raise UserError(f"person={file}: there is no such personal file; make one with mode=adapt.")
    try:
        user = _read(file)
    except UserError:
        raise
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"person={file}: the personal file is damaged ({error}); copy or make it again.") from error
    own = networks_in(prior)
    if dict(user.networks) != own:
        theirs = ", ".join(user.networks)
        other = f"({theirs}) than those of this model ({', '.join(own)})" if theirs != ", ".join(own) else "than its"
        raise UserError(
            f"person={file}: it holds what other networks saw {other}; name the model that it was made with by"
            " prior=DIR, or make the file again with mode=adapt."
        )
    count, features = len(user.scores), prior.networks.features
    fits = user.told.values.shape == (count, features) and user.told.score.shape == user.scores.shape == (count,)
    fits = fits and bool(((user.scores >= 0) & (user.scores <= 1)).all()) and user.name.isprintable()
    fits = fits and user.folder.mean.shape == user.folder.variance.shape == (features + 1,) and user.folder.count >= 0
    numbers = (user.told.values, user.told.score, user.scores, user.folder.mean, user.folder.variance)
    if not fits or not all(bool(torch.isfinite(values).all()) for values in numbers):
        raise UserError(f"person={file}: the personal file is damaged (its numbers do not fit); make it again.")
    return user


def _read(file: Path) -> PersonalFile:
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata() or {}
        if metadata.get("format") in EARLIER:
            raise UserError(
                f"person={file}: it was made with an earlier version, whose model this one has replaced; make it again"
                " with mode=adapt from the same ratings."
            )
        if metadata.get("format") != FORMAT:
            raise UserError(f"person={file}: this is no personal file; give one that mode=adapt has written.")
        told = json.loads(metadata["config"])
        tensor = opened.get_tensor
        seen = PhotoFeatures(tensor("features"), tensor("generic"))
        mean, variance = tensor("folder.mean").double(), tensor("folder.variance").double()
        return PersonalFile(
            str(told["name"]),
            {str(name): str(key) for name, key in told["networks"].items()},
            Scale.of(told["scale"]),
            seen,
            tensor("scores"),
            FolderStatistics(float(told["folder"]), mean, variance),
        )
