"""The networks of a model: a photograph is read once, and each network sees it at its own size."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.images.decode import Pixels, squash
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone, Square
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos.images.photo_features import PhotoFeatures

Squares = Mapping[Square, NDArray[np.uint8]]
SETTINGS = ("name", "size", "output", "layer", "options")
NEVER = {"pretrained", "checkpoint_path", "pretrained_cfg", "pretrained_cfg_overlay"}  # options that read other files


class PhotoNetworks:
    """One or several backbones, for looking at photographs.

    Args:
        backbone: in the form in which it was trained or loaded; it is not changed.
        description: of each of its networks, ``name``, ``size``, ``output``, ``layer`` and ``options``.
    """

    def __init__(self, backbone: Backbone, description: Sequence[Mapping[str, Any]]) -> None:
        self.backbone = backbone.eval().requires_grad_(False)
        self.description = [{key: network[key] for key in SETTINGS} for network in description]
        self.names = [str(network["name"]) for network in self.description]
        self.blocks = [member.features for member in backbone.members]

    @cached_property
    def keys(self) -> list[str]:
        """Name each network by all that its features depend on; what it has seen is kept under this name."""
        return [_key(name, member) for name, member in zip(self.names, self.backbone.members, strict=True)]

    @cached_property
    def _fast(self) -> Backbone:
        with torch.inference_mode(False):
            return self.backbone.for_inference()

    @property
    def features(self) -> int:
        """Number of features of all networks."""
        return sum(self.blocks)

    @property
    def size(self) -> int:
        """Side of the largest square that a network sees, in pixels."""
        return max(size for size, _ in self.backbone.squares)

    def squares(self, pixels: Pixels) -> Squares:
        """Make a photograph small for each network.

        Args:
            pixels: ``(height, width, 3)`` uint8.

        Returns:
            ``(3, size, size)`` uint8 for each size and resize that occurs.
        """
        return {(size, resize): squash(pixels, size, resize) for size, resize in self.backbone.squares}

    def look(self, squares: Sequence[Squares], numbers: Sequence[int]) -> list[tuple[Tensor, Tensor | None]]:
        """Let some of the networks look at photographs.

        Args:
            squares: of each photograph, see `squares`.
            numbers: places of the networks in the list.

        Returns:
            For each network ``(photographs, features)`` and, where it has one, ``(photographs,)`` its score in [0, 1].
        """
        members = self._fast.members
        with torch.inference_mode():
            batches = {square: _stacked([one[square] for one in squares]) for square in self.backbone.squares}
            return [members[number].with_score(batches) for number in numbers]

    def look_at_all(self, squares: Sequence[Squares]) -> PhotoFeatures:
        """Let all networks look at photographs."""
        parts = self.look(squares, range(len(self.names)))
        score = mean_score([score for _, score in parts], len(squares))
        return PhotoFeatures(torch.cat([values for values, _ in parts], dim=1), score)

    def prepare(self, pixels: Pixels) -> Tensor:
        """Turn a photograph into what `follow` takes, ``(1, 3, size, size)`` normalised floats."""
        size, resize = max(self.backbone.squares)
        return self._fast.normalise(torch.from_numpy(squash(pixels, size, resize))[None])

    def follow(self, images: Tensor) -> PhotoFeatures:
        """Look at images so that gradients pass: each network adds its own to those of a pixel.

        Args:
            images: see `prepare`.
        """
        values, score = self._fast.with_score(images)
        return PhotoFeatures(values, mean_score([score], len(values)))


def mean_score(scores: Sequence[Tensor | None], images: int) -> Tensor:
    """Return the mean of the scores of those networks that have one, ``(images,)``; zeros where none has."""
    given = [score for score in scores if score is not None]
    return torch.stack(given).mean(dim=0) if given else torch.zeros(images)


def networks_of(description: object) -> PhotoNetworks:
    """Make untrained networks from their description.

    Raises:
        UserError: a description that this version does not know.
    """
    try:
        assert isinstance(description, list)
        told = [{key: network[key] for key in SETTINGS} for network in description]
        for network in told:
            if found := NEVER & set(network["options"]):
                raise UserError(f"the model asks for {', '.join(sorted(found))}, which a published one must not.")
        return PhotoNetworks(build_backbone([{**network, "weights": None} for network in told]), told)
    except (KeyError, TypeError, AttributeError, AssertionError) as error:
        raise UserError(f"config.json describes no networks that are known here ({error!r}).") from error


def _stacked(squares: Sequence[NDArray[np.uint8]]) -> Tensor:
    return torch.from_numpy(np.stack(squares)).contiguous(memory_format=torch.channels_last)


def _key(name: str, member: Backbone) -> str:
    # the network in print, for options such as the kind of padding that leave no trace in its weights
    content = hashlib.sha256(f"{name} {member.network} {member.squares}".encode())
    for key, value in sorted(member.state_dict().items()):
        content.update(key.encode())
        content.update(value.cpu().contiguous().numpy().tobytes())
    for statistics in (member.mean, member.std):
        content.update(statistics.cpu().numpy().tobytes())
    return content.hexdigest()[:20]
