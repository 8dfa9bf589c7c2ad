"""A backbone and a head, from stored images to a score."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.distribution_head import DistributionHead


class ScoreNetwork(nn.Module):
    """The network that every learner moves: images (or their frozen features) in, scores out.

    Args:
        backbone: turns images into features; None where frozen features are fed in.
        head: turns features into scores.
    """

    def __init__(self, backbone: Backbone | None, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def prepare(self, inputs: Tensor) -> Tensor:
        """Do what every forward pass on these inputs would do first, so that many passes do it once."""
        return inputs if self.backbone is None else self.backbone.normalise(inputs)

    def embed(self, inputs: Tensor) -> Tensor:
        """Return what the head scores, so that a head that alone learns needs it once: ``forward`` is head of this."""
        return inputs if self.backbone is None else cast(Tensor, self.backbone(inputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """Score a batch.

        Args:
            inputs: ``(batch, 3, size, size)`` uint8 images, or ``(batch, features)`` where there is no backbone.

        Returns:
            ``(batch,)`` in [0, 1], higher is more beautiful.
        """
        score: Tensor = self.head(self.embed(inputs))
        return score

    def distribution(self, inputs: Tensor) -> Tensor:
        """Predict how votes are distributed, ``(batch, bins)``.

        Raises:
            UserError: the head predicts a score alone.
        """
        return distribution_of(self.head, self.embed(inputs))


def score_network(backbone: Backbone | None, head: Callable[[int], nn.Module], features: int) -> ScoreNetwork:
    """Make a network that scores images; all networks of a task are made with these three arguments.

    Args:
        backbone: turns images into features; None where frozen features are fed in.
        head: makes the head from ``features``.
        features: length of a feature vector.
    """
    return ScoreNetwork(backbone, head(features))


def distribution_of(head: nn.Module, features: Tensor) -> Tensor:
    """Return a head's ``(batch, bins)``.

    Raises:
        UserError: the head predicts a score alone.
    """
    if not isinstance(head, DistributionHead):
        raise UserError(
            f"head: {type(head).__name__} predicts a score and no distribution of votes; choose head=distribution."
        )
    return head.distribution(features)


def images_needed(backbone: Backbone | None, what: str) -> Backbone:
    """Return the backbone, which networks that look at images in ways of their own cannot do without.

    Args:
        backbone: None where frozen features are fed in.
        what: the network is, in words.

    Raises:
        UserError: frozen features are fed in.
    """
    if backbone is None:
        raise UserError(f"backbone.frozen=true: {what} looks at images and not at features; set it to false.")
    return backbone
