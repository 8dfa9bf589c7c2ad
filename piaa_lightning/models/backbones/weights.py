"""Weights of a network from a file on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from piaa_lightning.errors import UserError

WRAPPERS = ("state_dict", "model")  # what training programs store a state dict under
PREFIXES = re.compile(r"^((module|_orig_mod)\.)+")  # of DataParallel and torch.compile

# How others spell what our networks have: torchvision's VGG and early DenseNet against timm's, TSN's BN-Inception.
SPELLINGS = (
    (r"^classifier\.0\.", "pre_logits.fc1."),
    (r"^classifier\.3\.", "pre_logits.fc2."),
    (r"^classifier\.6\.", "head.fc."),
    (r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2"),
    (r"^fc\.", "last_linear."),
)


def load_weights(network: nn.Module, file: Path, name: str, classifier: tuple[str, ...]) -> None:
    """Load a state dict from a file, all of it or nothing.

    What the file has for a classifier that the network lacks is left out, and so are whole parts that the network
    does not know, an auxiliary classifier for instance.

    Args:
        network: takes the weights.
        file: ``.safetensors``, or anything that ``torch.load`` reads with ``weights_only``.
        name: of the network, for the sentences.
        classifier: names of the modules that turn features into logits.

    Raises:
        UserError: a file that is not there, cannot be read, or holds weights of another network.
    """
    own = network.state_dict()
    state = {_spelled(key, own): value for key, value in _read(file, name).items()}
    state = {key: _shaped(value, own[key]) if key in own else value for key, value in state.items()}
    if fault := _fault(own, state, classifier):
        raise UserError(f"backbone.weights={file}: not weights of {name}: the file {fault}.")
    network.load_state_dict({key: value.to(own[key].dtype) for key, value in state.items() if key in own}, strict=False)


def _read(file: Path, name: str) -> dict[str, Tensor]:
    if not file.is_file():
        what = "a directory" if file.is_dir() else "no such file"
        raise UserError(f"backbone.weights={file}: {what}; give the path of {name}'s .safetensors or .pth file.")
    try:
        content: Any = (
            load_file(file)
            if file.suffix == ".safetensors"
            else torch.load(file, map_location="cpu", weights_only=True)
        )
    except Exception as error:  # whatever a damaged file makes the two loaders raise
        raise UserError(
            f"backbone.weights={file}: cannot be read as weights ({type(error).__name__}); "
            f"give a state dict as .safetensors or .pth file."
        ) from error
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    entries = content.items() if isinstance(content, Mapping) else ()
    tensors = {str(key): value for key, value in entries if isinstance(value, Tensor)}
    if not tensors:
        raise UserError(f"backbone.weights={file}: holds no state dict; give one of {name}.")
    return tensors


def _spelled(key: str, own: Mapping[str, Tensor]) -> str:
    key = key if key in own else PREFIXES.sub("", key)
    tried = (re.sub(pattern, spelling, key) for pattern, spelling in SPELLINGS)
    return key if key in own else next((spelling for spelling in tried if spelling in own), key)


def _shaped(value: Tensor, own: Tensor) -> Tensor:
    """Undo what Caffe's converters (a leading 1) and fully connected layers in place of convolutions do to a shape."""
    leading = value.shape == (1, *own.shape)
    flat = value.dim() == 2 and own.dim() > 2 and value.shape == own.flatten(1).shape
    return value.reshape(own.shape) if leading or flat else value


def _fault(own: Mapping[str, Tensor], state: Mapping[str, Tensor], classifier: tuple[str, ...]) -> str | None:
    """Say in what a file differs from what the network needs; None where it fits."""
    known = {_part(key) for key in own}
    faults = {key: f"lacks {key}" for key in own if key not in state and not key.endswith("num_batches_tracked")}
    for key, value in state.items():
        if key in own and value.shape != own[key].shape:
            faults[key] = f"has another shape for {key} ({_times(value)} instead of {_times(own[key])})"
        if key not in own and _part(key) in known and not _within(key, classifier):
            faults[key] = f"has {key}, which the network lacks"
    if faults and all(_within(key, classifier) for key in faults):
        return f"{next(iter(faults.values()))}; give one with the network's own classifier, or backbone.output=pooled"
    return next((fault for key, fault in faults.items() if not _within(key, classifier)), None)


def _part(key: str) -> str:
    return key.split(".")[0]


def _within(key: str, modules: tuple[str, ...]) -> bool:
    return key.startswith(tuple(f"{module}." for module in modules))


def _times(tensor: Tensor) -> str:
    return "x".join(str(length) for length in tensor.shape)
