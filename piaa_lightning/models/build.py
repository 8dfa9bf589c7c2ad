"""Networks from plain values, and back: what a checkpoint has to remember of a network besides its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from piaa_lightning.errors import ArgumentError, ArgumentTypeError, UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.head import ScoreHead

MakeHead = Callable[[int], nn.Module]

# The heads of conf/head, by the same names.
HEADS: Mapping[str, Callable[..., nn.Module]] = {
    "linear": ScoreHead,
    "small": partial(ScoreHead, hidden=(64,)),
    "authors": partial(ScoreHead, hidden=(1024, 512), norm=True, dropout=0.5),
    "distribution": partial(DistributionHead, hidden=(64,)),
    "nima": partial(DistributionHead, input_dropout=0.75),
    "pa_iaa_authors": partial(DistributionHead, hidden=(2048, 1024), norm=True, dropout=0.5),
}
OF_VOTES = ("distribution", "nima", "pa_iaa_authors")


def backbone_from(
    backbone: str | Backbone,
    weights: str | None = None,
    image_size: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> Backbone:
    """Return a backbone by name, or the one that is given.

    Args:
        backbone: ``small_cnn``, a paper's network or any timm model by name, see `build_backbone`; or a `Backbone`.
        weights: ``imagenet``, a file, or None for a random start; only with a name.
        image_size: side of the input in pixels; only with a name.
        options: of the network, for instance ``{"width": 8}``; only with a name.

    Raises:
        ArgumentError: an unknown name, weights that cannot be had, a size that the network cannot take.
        ArgumentTypeError: something is no backbone.

    Example:
        >>> backbone_from("small_cnn", image_size=32).features
        128
    """
    if isinstance(backbone, Backbone):
        return backbone
    if not isinstance(backbone, str):
        raise ArgumentTypeError("backbone", f"a {type(backbone).__name__} is none; give a name or a Backbone.")
    try:
        return build_backbone(backbone, weights, image_size, **(options or {}))
    except UserError as error:
        raise _in_python(str(error)) from error


def head_from(head: str | MakeHead, **options: Any) -> MakeHead:
    """Return what makes a head from the number of features.

    Args:
        head: a name of `HEADS`, or a function from the number of features to a module.
        options: of a head by name, for instance ``bins=5``.

    Raises:
        ArgumentError: there is no such head.
    """
    if not isinstance(head, str):
        return head
    if head not in HEADS:
        raise ArgumentError("head", f"choose one of {', '.join(HEADS)}, or give a function of the features.", head)
    return partial(HEADS[head], **options)


def _in_python(sentence: str) -> ArgumentError:
    """Turn ``backbone.size=7: ...`` into an error about the argument ``image_size``."""
    key, _, problem = sentence.partition(": ")
    name, _, value = key.partition("=")
    arguments = {"backbone.name": "backbone", "backbone.weights": "weights", "backbone.size": "image_size"}
    problem = problem.replace("backbone.weights=", "weights=").replace("backbone.size=null", "image_size=None")
    return ArgumentError(
        arguments.get(name, "backbone"), problem.replace("=null", "=None"), *([value] if value else [])
    )
