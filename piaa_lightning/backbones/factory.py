"""Backbones by name: the small network of the house, any timm model, and AlexNet from torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from piaa_lightning.backbones.backbone import Backbone
from piaa_lightning.errors import UserError
from piaa_lightning.nn.small_cnn import SmallCNN

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def build_backbone(name: str, weights: str | None = None, size: int | None = None, **options: Any) -> Backbone:
    """Build a backbone.

    Args:
        name: ``small_cnn``, ``alexnet``, or any timm model name.
        weights: None for a random start, ``imagenet`` for the hub's, or a ``.safetensors``/``.pth`` file.
        size: side of the square input in pixels; the network's own by default.
        options: further arguments of the network, for instance ``pad_type=same``.

    Returns:
        The backbone, its features pooled.

    Raises:
        UserError: an unknown name, weights that are not there or do not fit.
    """
    if name == "small_cnn":
        if weights:
            raise UserError("backbone.weights: small_cnn has no published weights; leave backbone.weights=null.")
        return _small_cnn(size or 64, options)
    if name == "alexnet":
        return _alexnet(weights, size or 224)
    return _timm(name, weights, size, options)


def _small_cnn(size: int, options: dict[str, Any]) -> Backbone:
    if size < 16 or size % 16:
        raise UserError(f"backbone.size={size}: small_cnn halves its pictures; give a multiple of 16, for instance 64.")
    try:
        network = SmallCNN(size=size, **options)
    except TypeError as error:
        raise UserError(f"backbone.name=small_cnn: the network does not take these options ({error}).") from error
    return Backbone(network, network.num_features, size, (0.5,) * 3, (0.25,) * 3)


def _alexnet(weights: str | None, size: int) -> Backbone:
    """AlexNet of torchvision, the one-tower variant, up to its second fully connected layer.

    NOTE: the talk's AlexNet is most likely Caffe's two-tower network, whose weights are not distributed any more.
    """
    from torchvision.models import AlexNet_Weights, alexnet

    network = alexnet()
    if weights == "imagenet":
        try:
            network.load_state_dict(AlexNet_Weights.IMAGENET1K_V1.get_state_dict(check_hash=True))
        except OSError as error:
            raise _no_hub("alexnet") from error
    elif weights:
        _load(network, Path(weights), "alexnet")
    network.classifier[6] = nn.Identity()
    return Backbone(network, 4096, size, IMAGENET_MEAN, IMAGENET_STD)


def _timm(name: str, weights: str | None, size: int | None, options: dict[str, Any]) -> Backbone:
    if not timm.is_model(name):
        close = timm.list_models(f"*{name.split('_')[0]}*")[:5]
        hint = f"did you mean one of {', '.join(close)}?" if close else "timm.list_models() names them all."
        raise UserError(f"backbone.name={name}: neither small_cnn, alexnet nor a timm model; {hint}")
    try:
        network = timm.create_model(name, pretrained=weights == "imagenet", num_classes=0, **options)
    except TypeError as error:
        raise UserError(f"backbone.name={name}: the network does not take these options ({error}).") from error
    except Exception as error:  # the hub's client raises a different family of errors for every way to be offline
        if weights != "imagenet":
            raise
        raise _no_hub(name) from error
    if weights and weights != "imagenet":
        _load(network, Path(weights), name)
    data = timm.data.resolve_model_data_config(network)
    features = _feature_length(network, size or data["input_size"][-1])
    return Backbone(network, features, size or data["input_size"][-1], data["mean"], data["std"])


def _feature_length(network: nn.Module, size: int) -> int:
    # some timm networks (MobileNetV3, for instance) report another length than their forward returns
    mode = network.training
    with torch.no_grad():
        length = network.eval()(torch.zeros(1, 3, size, size)).shape[1]
    network.train(mode)
    return int(length)


def _load(network: nn.Module, file: Path, name: str) -> None:
    """Load a state dict from a file; a classifier that this network does not have is left out."""
    if not file.is_file():
        raise UserError(f"backbone.weights={file}: no such file; give the path of {name}'s .safetensors or .pth file.")
    try:
        state: dict[str, Tensor] = (
            load_file(file) if file.suffix == ".safetensors" else torch.load(file, weights_only=True)
        )
    except Exception as error:  # whatever a damaged file makes the two loaders raise
        raise UserError(f"backbone.weights={file}: cannot be read as weights ({type(error).__name__}).") from error
    own = network.state_dict()
    wanted = {key: value.to(own[key].dtype) for key, value in state.items() if key in own}
    missing = sorted(key for key in own if key not in wanted and not key.endswith("num_batches_tracked"))
    misfit = sorted(key for key, value in wanted.items() if value.shape != own[key].shape)
    if missing or misfit:
        what = f"lacks {missing[0]}" if missing else f"has another shape for {misfit[0]}"
        raise UserError(f"backbone.weights={file}: not weights of {name}: the file {what}.")
    network.load_state_dict(wanted, strict=False)


def _no_hub(name: str) -> UserError:
    return UserError(
        f"backbone.weights=imagenet: the weights of {name} could not be downloaded; "
        f"give a local file with backbone.weights=FILE.safetensors, or start from nothing with backbone.weights=null."
    )
