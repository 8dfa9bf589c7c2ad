"""Compute the reference of the model out of the box: what its networks see in photographs of many kinds.

    python experiments/own_photographs/reference.py FREE_PHOTOGRAPHS

FREE_PHOTOGRAPHS is a directory of photographs that may be shown (their authors and licences lie beside them). Mean and
variance of every feature, over the photographs and eight random crops of each, become
``piaa_lightning/photos/reference.safetensors``; no photograph can be told from them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.built_in import NETWORKS, REFERENCE

CROPS, SHARES = 8, (0.35, 0.8)  # of each photograph, and how much of its sides they keep
WIDER = 1.3  # fourteen photographs and their crops vary less than photographs do


def main(root: Path) -> None:
    """Look at all photographs and their crops, and write the reference."""
    torch.set_num_threads(1)
    defaults = {"size": None, "output": "pooled", "layer": "last", "options": {}}
    networks = PhotoNetworks(build_backbone(list(NETWORKS)), [{"name": name, **defaults} for name in NETWORKS])
    random = np.random.default_rng(0)
    seen = []
    for file in sorted(root.glob("*.jpg")):
        pixels = open_photo(file).pixels
        height, width = pixels.shape[:2]
        parts = [pixels]
        for _ in range(CROPS):
            share = random.uniform(*SHARES)
            high, wide = int(height * share), int(width * share)
            left, upper = random.integers(0, width - wide + 1), random.integers(0, height - high + 1)
            parts.append(pixels[upper : upper + high, left : left + wide])
        seen.append(networks.look_at_all([networks.squares(np.ascontiguousarray(part)) for part in parts]))
    found = FolderStatistics.of(PhotoFeatures.joined(seen))
    save_file({"mean": found.mean.half(), "variance": (WIDER * found.variance).half()}, REFERENCE)
    print(
        f"{REFERENCE}: {found.count:g} images; generic score {found.mean[-1]:.3f}, sd {found.variance[-1] ** 0.5:.3f}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
