"""Translate names of weights: prefixes of training programs, and modules of other libraries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

# What training programs store a state dict under. An average over steps is what they evaluate and publish, so that it
# goes first, as in timm's ``load_state_dict(use_ema=True)``.
WRAPPERS = (
    "state_dict_ema",
    "model_ema",
    "ema_state_dict",
    "ema",
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "weights",
    "params",
)
PREFIXES = re.compile(r"(?:^|(?<=\.))(?:module|_orig_mod)\.")  # of DataParallel and torch.compile, wherever they stand

# torchvision's VGG and early DenseNet against timm's, TSN's BN-Inception against ours.
SPELLINGS = (
    (re.compile(r"^classifier\.0\."), "pre_logits.fc1."),
    (re.compile(r"^classifier\.3\."), "pre_logits.fc2."),
    (re.compile(r"^classifier\.6\."), "head.fc."),
    (re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)"), r"\1\2"),
    (re.compile(r"^fc\."), "last_linear."),
)

# EfficientNet-PyTorch against timm: parts of the network, of a block that expands its maps, and of one that does not.
WHOLE = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
EXPANDING = {
    "conv_pw": "_expand_conv",
    "bn1": "_bn0",
    "conv_dw": "_depthwise_conv",
    "bn2": "_bn1",
    "se.conv_reduce": "_se_reduce",
    "se.conv_expand": "_se_expand",
    "conv_pwl": "_project_conv",
    "bn3": "_bn2",
}
PLAIN = {
    "conv_dw": "_depthwise_conv",
    "bn1": "_bn1",
    "se.conv_reduce": "_se_reduce",
    "se.conv_expand": "_se_expand",
    "conv_pw": "_project_conv",
    "bn2": "_bn2",
}
BLOCK = re.compile(r"^blocks\.(\d+)\.(\d+)\.")


class Spellings:
    """What a file's names mean to one network.

    Args:
        own: names of the network's tensors.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self.own = set(own)
        self.foreign = _efficientnet_pytorch(self.own)

    def meant(self, name: str) -> str:
        """Return the network's own name for a tensor; the name as it is where it has none."""
        if name in self.own:
            return name
        tried = (pattern.sub(spelling, name) for pattern, spelling in SPELLINGS)
        found = self.foreign.get(name) or next((spelling for spelling in tried if spelling in self.own), name)
        # a block more than the network has is still one of its blocks
        return found[1:] if self.foreign and found.startswith("_blocks.") else found

    def prefix(self, names: Iterable[str]) -> list[str]:
        """Find what stands before the network's own names in a file.

        Args:
            names: of the file's tensors.

        Returns:
            The prefix with which most names are the network's; several where the whole network
            occurs more than once in the file.
        """
        needed = {name for name in self.own if not name.endswith("num_batches_tracked")}
        covered = Counter(before for name in names for before, rest in _cuts(name) if self.meant(rest) in needed)
        most = max(covered.values(), default=0)
        found = [before for before, count in covered.items() if count == most]
        if "" in found or (len(found) > 1 and most < len(needed)):  # chance agreement with another network's names
            return [""]
        return found or [""]


def _cuts(name: str) -> Iterable[tuple[str, str]]:
    return ((name[:at], name[at:]) for at in chain([0], (dot.end() for dot in re.finditer(r"\.", name))))


def _efficientnet_pytorch(own: set[str]) -> Mapping[str, str]:
    """Name a timm network's tensors as EfficientNet-PyTorch does, which counts blocks through."""
    blocks = sorted({(int(found[1]), int(found[2])) for name in own if (found := BLOCK.match(name))})
    number = {block: count for count, block in enumerate(blocks)}
    expanding = {block for block in blocks if f"blocks.{block[0]}.{block[1]}.conv_pwl.weight" in own}
    named: dict[str, str] = {}
    for name in own:
        found = BLOCK.match(name)
        block = (int(found[1]), int(found[2])) if found else None
        parts = WHOLE if block is None else EXPANDING if block in expanding else PLAIN
        part, _, tensor = (name[found.end() :] if found else name).rpartition(".")
        if part in parts and blocks:
            before = "" if block is None else f"_blocks.{number[block]}."
            named[f"{before}{parts[part]}.{tensor}"] = name
    return named
