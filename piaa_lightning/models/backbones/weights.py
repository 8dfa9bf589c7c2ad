"""Weights of a network from a file on this machine: all of them, or a sentence that says why not."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, load_file
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.spellings import PREFIXES, WRAPPERS, Spellings

KINDS = {  # how files begin that hold weights and that neither loader reads
    b"\x89HDF": "an HDF5 file, as Keras writes it",
    b"GGUF": "a GGUF file",
    b"version https://git-lfs": "a pointer of Git LFS, whose file was not fetched",
    b"<": "a web page",
}


def load_weights(
    network: nn.Module,
    file: Path | str,
    name: str,
    classifier: tuple[str, ...],
    content: bytes | None = None,
    otherwise: str = "backbone.output=pooled",
) -> None:
    """Load a state dict from a file, all of it or nothing.

    What the file has for a classifier that the network lacks is left out, and so are whole parts that the network
    does not know, an auxiliary classifier for instance. Names may carry a prefix (``module.``, ``_orig_mod.``,
    ``model.``, that of a Lightning checkpoint), and the state dict may lie in a checkpoint, see `spellings`.

    Args:
        network: takes the weights.
        file: ``.safetensors``, or anything that ``torch.load`` reads with ``weights_only``; what it is, its first
            bytes say and not its name.
        name: of the network, for the sentences.
        classifier: names of the modules that turn features into logits.
        content: the bytes of the file, where they were read.
        otherwise: what may be asked for by whoever has no weights of this classifier.

    Raises:
        UserError: a file that is not there, cannot be read, or holds weights of another network or no numbers.
    """
    own = network.state_dict()
    state = _named(_read(file, content, name), own, file)
    state = {key: _shaped(value, own[key]) if key in own else value for key, value in state.items()}
    fault = _fault(own, state, classifier, otherwise)
    if fault is None:
        used = {key: _converted(value, own[key]) for key, value in state.items() if key in own}
        fault = next((told for key, value in used.items() if (told := _no_numbers(key, value))), None)
    if fault is not None:
        raise UserError(f"backbone.weights={file}: not weights of {name}: the file {fault}.")
    network.load_state_dict(used, strict=False)


def _read(file: Path | str, content: bytes | None, name: str) -> dict[str, Tensor]:
    where = f"backbone.weights={file}"
    if content is None and not Path(file).is_file():
        what = "a directory" if Path(file).is_dir() else "no such file"
        raise UserError(f"{where}: {what}; give the path of {name}'s .safetensors or .pth file.")
    try:
        found = _loaded(Path(file), content)
    except Exception as error:  # whatever a damaged file makes the two loaders raise
        kind = next((kind for start, kind in KINDS.items() if _start(Path(file), content).startswith(start)), None)
        raise UserError(
            f"{where}: cannot be read as weights ({kind or type(error).__name__}); "
            f"give a state dict as .safetensors or .pth file."
        ) from error
    while isinstance(found, Mapping) and (inner := [found[key] for key in WRAPPERS if _holds(found.get(key))]):
        found = inner[0]
    entries = found.items() if isinstance(found, Mapping) else ()
    tensors = {str(key): value for key, value in entries if isinstance(value, Tensor)}
    if not tensors:
        raise UserError(f"{where}: holds no state dict; give one of {name}.")
    return tensors


def _loaded(file: Path, content: bytes | None) -> Any:
    if _start(file, content)[8:9] == b"{":  # eight bytes of length and a header in JSON: safetensors
        return load_file(file) if content is None else load(content)
    # opened here, because torch judges a path by its name
    with file.open("rb") if content is None else io.BytesIO(content) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on how old or slow a format is
        return torch.load(opened, map_location="cpu", weights_only=True)


def _start(file: Path, content: bytes | None) -> bytes:
    if content is not None:
        return content[:32]
    try:
        with file.open("rb") as opened:
            return opened.read(32)
    except OSError:
        return b""


def _holds(found: Any) -> bool:
    return isinstance(found, Mapping) and len(found) > 0


def _named(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], file: Path | str) -> dict[str, Tensor]:
    """Give tensors the network's own names."""
    spellings = Spellings(own)
    plain = {key if key in own else PREFIXES.sub("", key): value for key, value in tensors.items()}
    prefix, *others = spellings.prefix(plain)
    if others:
        raise UserError(
            f"backbone.weights={file}: holds several networks ({', '.join(sorted([prefix, *others]))}); store one of"
            " them in a file of its own."
        )
    # what stands beside the prefix belongs to other parts of what was trained, a head for instance
    return {spellings.meant(key[len(prefix) :]): value for key, value in plain.items() if key.startswith(prefix)}


def _shaped(value: Tensor, own: Tensor) -> Tensor:
    """Undo what Caffe's converters (a leading 1) and fully connected layers in place of convolutions do to a shape."""
    leading = value.shape == (1, *own.shape)
    flat = value.dim() == 2 and own.dim() > 2 and value.shape == own.flatten(1).shape
    return value.reshape(own.shape) if leading or flat else value


def _fault(
    own: Mapping[str, Tensor], state: Mapping[str, Tensor], classifier: tuple[str, ...], otherwise: str
) -> str | None:
    """Say in what a file differs from what the network needs; None where it fits."""
    known = {_part(key) for key in own}
    faults = {key: f"lacks {key}" for key in own if key not in state and not key.endswith("num_batches_tracked")}
    for key, value in state.items():
        if key in own and value.shape != own[key].shape:
            faults[key] = f"has another shape for {key} ({_times(value)} instead of {_times(own[key])})"
        elif key in own and own[key].is_floating_point() and (value.is_quantized or not value.is_floating_point()):
            faults[key] = f"has {str(value.dtype).removeprefix('torch.')} for {key}, which takes floating point numbers"
        if key not in own and _part(key) in known and not _within(key, classifier):
            faults[key] = f"has {key}, which the network lacks"
    if faults and all(_within(key, classifier) for key in faults):
        return f"{next(iter(faults.values()))}; give one with the network's own classifier, or {otherwise}"
    return next((fault for key, fault in faults.items() if not _within(key, classifier)), None)


def _converted(value: Tensor, own: Tensor) -> Tensor:
    if value.is_meta:
        return value
    dense = value.to_dense() if value.layout != torch.strided else value
    return dense.to("cpu" if own.is_meta else own.device, own.dtype)


def _no_numbers(key: str, value: Tensor) -> str | None:
    if value.is_meta:
        return f"has the shape of {key} and no numbers"
    if value.is_floating_point() and not value.isfinite().all():
        return f"has NaN or infinite numbers in {key}"
    if key.endswith("running_var") and (value < 0).any():
        return f"has a negative variance in {key}"
    return None


def _part(key: str) -> str:
    return key.split(".")[0]


def _within(key: str, modules: tuple[str, ...]) -> bool:
    return key.startswith(tuple(f"{module}." for module in modules))


def _times(tensor: Tensor) -> str:
    return "x".join(str(length) for length in tensor.shape) or "one number"
