"""Build a backbone by name, or several as one: `small_cnn`, the papers' networks, or any timm model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.bundled import (
    BUNDLED,
    INSTALLED,
    bundled_weights,
    embedded_weights,
    installed_weights,
)
from piaa_lightning.models.backbones.catalogue import NETWORKS, Network, Order, timm_network
from piaa_lightning.models.backbones.layers import Layer, take_layers
from piaa_lightning.models.backbones.nima import Nima
from piaa_lightning.models.backbones.several import Backbones
from piaa_lightning.models.backbones.weights import load_weights

OUTPUTS = ("pooled", "logits")
AT_HAND_BY = {"bundled": bundled_weights, "installed": installed_weights, "embedded": embedded_weights}
AT_HAND = "at hand"  # the weights that the package holds of a network, or a random start where it holds none
SETTINGS = {"name", "weights", "size", "output", "layer", "options"}
OWN_KEY = re.compile(r"\bbackbone\.(weights|size|options)\b")  # in sentences about one network of a list


def build_backbone(
    name: str | Sequence[str | Mapping[str, Any]],
    weights: str | None = AT_HAND,
    size: int | None = None,
    output: str = "pooled",
    layer: Layer = "last",
    **options: Any,
) -> Backbone:
    """Build a backbone.

    Args:
        name: a name of ``NETWORKS``, or any timm model name; or a list of names, whose features then stand beside each
            other. An entry of a list may be a dictionary of ``name``, ``weights``, ``size``, ``output``, ``layer`` and
            ``options``; what it leaves out is as below.
        weights: ``bundled`` for those that the package holds (``mobilenetv2``, ``nima``), ``embedded`` for what was
            learnt from the content of drawn pictures (``small_cnn`` at 64 pixels), ``installed`` for those of another
            package (``efficientnet_lite2``), ``imagenet`` for the hub's, a ``.safetensors`` or ``.pth`` file, or None
            for a random start; by default ``bundled``, and None where the package holds none.
        size: side of the square input in pixels; the network's own by default.
        output: ``pooled`` for what the network's classifier sees (after the pooling, or AlexNet's and VGG's second
            fully connected layer), or ``logits`` for the classifier's 1000 outputs, as in BLG-PIAA's published code.
        layer: ``last`` for that output, a number for a layer counted from the end (-2 is the one before it), or a list
            of them, see `Layers`.
        options: further arguments of the network, for instance ``drop_rate=0.5``.

    Returns:
        The backbone, its input size, mean and standard deviation those of the network.

    Raises:
        UserError: an unknown name, weights that are not there or do not fit, a size, an output or a layer that the
            network does not have, or a list that is empty or names a network twice.

    Example:
        >>> build_backbone("small_cnn", size=32).features
        128
        >>> build_backbone(["small_cnn", {"name": "resnet18", "size": 64}], layer=["last", -2]).features
        960
    """
    if isinstance(name, str):
        return _one(name, weights, size, output, layer, options)
    shared = {"weights": weights, "size": size, "output": output, "layer": layer, "options": options}
    orders = [{**shared, **({"name": entry} if isinstance(entry, str) else entry)} for entry in name]
    networks: dict[str, Backbone] = {}
    for order in orders:
        if set(order) != SETTINGS:
            odd = ", ".join(sorted(map(str, set(order) ^ SETTINGS)))
            raise UserError(f"backbone: a network of a list is {', '.join(sorted(SETTINGS))}; correct {odd}.")
        own = str(order["name"])
        if own in networks:
            raise UserError(f"backbone: {own} stands twice in the list; name each network once.")
        try:
            networks[own] = _one(own, *(order[key] for key in ("weights", "size", "output", "layer", "options")))
        except UserError as error:
            raise UserError(OWN_KEY.sub(rf"backbone.networks.{own}.\1", str(error))) from error
    if not networks:
        raise UserError("backbone=[]: give at least one network, for instance backbone=[mobilenetv2,nima].")
    return Backbones(networks) if len(networks) > 1 else next(iter(networks.values()))


def _one(
    name: str, weights: str | None, size: int | None, output: str, layer: Layer, options: Mapping[str, Any]
) -> Backbone:
    if output not in OUTPUTS:
        raise UserError(f"backbone.output={output}: there is no such output; choose {' or '.join(OUTPUTS)}.")
    if weights == AT_HAND:
        weights = "bundled" if name in BUNDLED else None
    hub = weights == "imagenet"
    try:
        network = NETWORKS.get(name, timm_network)(Order(name, hub, output == "logits", size, dict(options)))
    except UserError:
        raise
    except TypeError as error:
        raise UserError(f"backbone.name={name}: the network does not take these options ({error}).") from error
    except Exception as error:  # the hub's client raises a different family of errors for every way to be offline
        if not hub:
            raise
        other = "bundled" if name in BUNDLED else "installed" if name in INSTALLED else None
        raise UserError(
            f"backbone.weights=imagenet: the weights of {name} could not be downloaded ({type(error).__name__}); "
            f"give a local file with backbone.weights=FILE.safetensors,"
            f"{f' those of a package with backbone.weights={other},' if other else ''} or start from nothing with "
            f"backbone.weights=null."
        ) from error
    if weights and not hub:
        _load(network, name, weights)
    size = size or network.size
    votes = _without_votes(network) if network.votes else None
    module = take_layers(network.module, layer, size, name)
    look = (_feature_length(module, network.size, size, name), size, network.mean, network.std, network.resize)
    return Backbone(module, *look) if votes is None else Nima(module, votes, *look)


def _without_votes(network: Network) -> nn.Linear:
    """Take the layer off that gives votes, and return it."""
    (name,) = network.classifier
    votes = network.module.get_submodule(name)
    assert isinstance(votes, nn.Linear)
    network.module.set_submodule(name, nn.Identity())
    return votes


def _load(network: Network, name: str, weights: str) -> None:
    otherwise = "backbone.name=mobilenetv1_100, which has no votes" if network.votes else "backbone.output=pooled"
    if weights in AT_HAND_BY:
        file, content = AT_HAND_BY[weights](name)
        load_weights(network.module, file, name, network.classifier, content, otherwise)
    else:
        load_weights(network.module, Path(weights).expanduser(), name, network.classifier, None, otherwise)


def _feature_length(module: nn.Module, own: int, size: int, name: str) -> int:
    # some timm networks (MobileNetV3, for instance) report another length than their forward returns
    mode = module.training
    try:
        with torch.no_grad():
            length = module.eval()(torch.zeros(1, 3, size, size)).shape[1]
    except (RuntimeError, AssertionError) as error:
        if size == own:
            raise
        raise UserError(
            f"backbone.size={size}: {name} cannot take images of this size; "
            f"leave backbone.size=null for its own, {own}."
        ) from error
    module.train(mode)
    return int(length)
