"""Networks by name: the small network of the house, the talk's own, those whose weights are at hand, and timm's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import timm
from torch import nn

from piaa_lightning.data.images.decode import Resize
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.bn_inception import BNInception
from piaa_lightning.models.backbones.nima import VOTES
from piaa_lightning.models.backbones.small_cnn import SmallCNN

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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
    votes: bool = False  # the classifier gives votes, and is kept beside the features
    resize: Resize = "bicubic"


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


def timm_network(order: Order, published: str | None = None) -> Network:
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


def _mobilenetv2(order: Order) -> Network:
    """MobileNetV2 as TensorFlow released it: padding and the scale of pixels differ from timm's ``mobilenetv2_100``.

    Source: Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", CVPR 2018.
    """
    _refuse_hub(order)
    options = {"pad_type": "same", **order.options}
    made = timm_network(order._replace(options=options), published="mobilenetv2_100")
    return made._replace(mean=(0.5,) * 3, std=(0.5,) * 3)


def _nima(order: Order) -> Network:
    """NIMA on MobileNet-v1, with Keras' epsilon of batch norm; pooled: what its ten votes are made of.

    Source: Talebi & Milanfar, "NIMA: Neural image assessment", IEEE TIP 2018; the weights at hand are idealo's.
    """
    _refuse_hub(order)
    module = timm.create_model("mobilenetv1_100", num_classes=VOTES, bn_eps=1e-3, **order.options)
    return Network(module, ("classifier",), 224, (0.5,) * 3, (0.5,) * 3, votes=not order.logits)


def _refuse_hub(order: Order) -> None:
    if order.hub:
        raise UserError(
            f"backbone.weights=imagenet: the weights of {order.name} come with the package; give"
            " backbone.weights=bundled."
        )


# A name that is not here is timm's. The talk's networks start from torchvision's weights, as its authors' code does.
NETWORKS: dict[str, Callable[[Order], Network]] = {
    "small_cnn": _small_cnn,
    "alexnet": _alexnet,
    "bn_inception": _bn_inception,
    "mobilenetv2": _mobilenetv2,
    "nima": _nima,
    "efficientnet_lite2": partial(timm_network, published="tf_efficientnet_lite2"),
    "vgg16": partial(timm_network, published="vgg16.tv_in1k"),
    "resnet18": partial(timm_network, published="resnet18.tv_in1k"),
    "densenet121": partial(timm_network, published="densenet121.tv_in1k"),
    "inception_v3": partial(timm_network, published="inception_v3.tv_in1k"),
}
