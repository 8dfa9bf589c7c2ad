"""Backbones by name: the small network of the house, the talk's own, and any timm model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import timm
import torch
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.weights import load_weights
from piaa_lightning.models.bn_inception import BNInception
from piaa_lightning.models.small_cnn import SmallCNN

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
OUTPUTS = ("pooled", "logits")


class Order(NamedTuple):
    """What the configuration asks of a builder."""

    name: str
    hub: bool  # ImageNet weights are to be downloaded
    logits: bool  # the classifier is wanted
    size: int | None
    options: dict[str, Any]


class Network(NamedTuple):
    """What a builder gives back: a network, its classifier's modules, and what its images look like."""

    module: nn.Module
    classifier: tuple[str, ...]
    size: int
    mean: Sequence[float]
    std: Sequence[float]


def build_backbone(
    name: str, weights: str | None = None, size: int | None = None, output: str = "pooled", **options: Any
) -> Backbone:
    """Build a backbone.

    Args:
        name: a name of ``NETWORKS``, or any timm model name.
        weights: None for a random start, ``imagenet`` for the hub's, or a ``.safetensors``/``.pth`` file.
        size: side of the square input in pixels; the network's own by default.
        output: ``pooled`` for what the network's classifier sees (after the pooling, or AlexNet's and VGG's second
            fully connected layer), or ``logits`` for the classifier's 1000 outputs, as in BLG-PIAA's published code.
        options: further arguments of the network, for instance ``drop_rate=0.5``.

    Returns:
        The backbone, its input size, mean and standard deviation those of the network.

    Raises:
        UserError: an unknown name, weights that are not there or do not fit, a size or an output that the network
            does not have.
    """
    if output not in OUTPUTS:
        raise UserError(f"backbone.output={output}: there is no such output; choose {' or '.join(OUTPUTS)}.")
    hub = weights == "imagenet"
    try:
        network = NETWORKS.get(name, _timm)(Order(name, hub, output == "logits", size, options))
    except UserError:
        raise
    except TypeError as error:
        raise UserError(f"backbone.name={name}: the network does not take these options ({error}).") from error
    except Exception as error:  # the hub's client raises a different family of errors for every way to be offline
        if not hub:
            raise
        raise UserError(
            f"backbone.weights=imagenet: the weights of {name} could not be downloaded ({type(error).__name__}); "
            f"give a local file with backbone.weights=FILE.safetensors, or start from nothing with "
            f"backbone.weights=null."
        ) from error
    if weights and not hub:
        load_weights(network.module, Path(weights).expanduser(), name, network.classifier)
    size = size or network.size
    return Backbone(network.module, _feature_length(network, size, name), size, network.mean, network.std)


def _small_cnn(order: Order) -> Network:
    if order.hub:
        raise UserError("backbone.weights: small_cnn has no published weights; leave backbone.weights=null.")
    if order.logits:
        raise UserError("backbone.output=logits: small_cnn has no classifier; leave backbone.output=pooled.")
    size = order.size or 64
    if size < 16 or size % 16:
        raise UserError(f"backbone.size={size}: small_cnn halves its images; give a multiple of 16, for instance 64.")
    return Network(SmallCNN(size=size, **order.options), (), size, (0.5,) * 3, (0.25,) * 3)


def _alexnet(order: Order) -> Network:
    """AlexNet of torchvision, the one-tower variant; pooled: its second fully connected layer (fc7, rectified).

    NOTE: the talk's AlexNet is most likely Caffe's two-tower network, whose weights are not distributed any more.
    """
    from torchvision.models import AlexNet_Weights, alexnet

    module = alexnet(**order.options)
    if order.hub:
        module.load_state_dict(AlexNet_Weights.IMAGENET1K_V1.get_state_dict(check_hash=True))
    if not order.logits:
        module.classifier[6] = nn.Identity()
    return Network(module, ("classifier.6",), 224, IMAGENET_MEAN, IMAGENET_STD)


def _bn_inception(order: Order) -> Network:
    """BN-Inception (Inception-v2) of the house, with the input that the weights that circulate were trained on."""
    if order.hub:
        raise UserError(
            "backbone.weights=imagenet: no hub has the weights of bn_inception; give the file that circulates with "
            "backbone.weights=bn_inception-52deb4733.pth, or start from nothing with backbone.weights=null."
        )
    module = BNInception(**({} if order.logits else {"num_classes": 0}), **order.options)
    return Network(module, ("last_linear",), 224, [mean / 255 for mean in (128, 117, 104)], [1 / 255] * 3)


def _timm(order: Order, published: str | None = None) -> Network:
    """Any timm model; pooled: all but its classifier, so for VGG its second fully connected layer (fc7, rectified).

    Args:
        order: what is asked for.
        published: the timm name of the weights that the order's name stands for; by default timm decides.
    """
    name = published or order.name
    if not timm.is_model(name):
        close = timm.list_models(f"*{name.split('_')[0]}*")[:5]
        hint = f"did you mean one of {', '.join(close)}?" if close else "timm.list_models() names them all."
        raise UserError(f"backbone.name={name}: neither one of {', '.join(NETWORKS)} nor a timm model; {hint}")
    if (order.hub or "." in name) and not timm.is_model_pretrained(name):
        tags = timm.list_models(f"{name.split('.')[0]}.*", pretrained=True)
        hint = f"choose one of {', '.join(tags)}" if tags else "give a local file with backbone.weights=FILE, or null"
        raise UserError(f"backbone.name={name}: timm has no weights of this name; {hint}.")
    classes = {} if order.logits else {"num_classes": 0}
    module = timm.create_model(name, pretrained=order.hub, **classes, **order.options)
    if order.logits and not module.num_classes:
        raise UserError(f"backbone.output=logits: {name} has no classifier; give backbone.output=pooled.")
    classifier = module.pretrained_cfg.get("classifier") or ()
    data = timm.data.resolve_model_data_config(module)
    return Network(
        module,
        (classifier,) if isinstance(classifier, str) else tuple(classifier),
        data["input_size"][-1],
        data["mean"],
        data["std"],
    )


# A name that is not here is timm's. The talk's networks start from torchvision's weights, as its authors' code does.
NETWORKS: dict[str, Callable[[Order], Network]] = {
    "small_cnn": _small_cnn,
    "alexnet": _alexnet,
    "bn_inception": _bn_inception,
    "vgg16": partial(_timm, published="vgg16.tv_in1k"),
    "resnet18": partial(_timm, published="resnet18.tv_in1k"),
    "densenet121": partial(_timm, published="densenet121.tv_in1k"),
    "inception_v3": partial(_timm, published="inception_v3.tv_in1k"),
}


def _feature_length(network: Network, size: int, name: str) -> int:
    # some timm networks (MobileNetV3, for instance) report another length than their forward returns
    mode = network.module.training
    try:
        with torch.no_grad():
            length = network.module.eval()(torch.zeros(1, 3, size, size)).shape[1]
    except (RuntimeError, AssertionError) as error:
        if size == network.size:
            raise
        raise UserError(
            f"backbone.size={size}: {name} cannot take images of this size; "
            f"leave backbone.size=null for its own, {network.size}."
        ) from error
    network.module.train(mode)
    return int(length)
