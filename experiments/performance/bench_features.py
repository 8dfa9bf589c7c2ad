"""How fast are handcrafted features? ``make bench-features`` prints it and writes ``runs/bench/bench_features.json``.

1. Images per second in one thread on a folder of JPEG files of 256 pixels: decoding alone, simple features, SIFT and
   colour descriptors, and these as Fisher vectors, each with decoding.
2. Seconds of a forward and backward pass of RAPID, of RAPID with its style column and of DMA, over the sum of what
   their columns or patches take alone.

Seconds are those of the processor, in one thread: what counts is a core's work, whoever else is at work.

``--quick`` tries everything out in small; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from harness import Results, Target, Variant, interleaved, ratio

from piaa_lightning.features import FisherVectors, Planes, colour_statistics, dense_sift, simple_features
from piaa_lightning.features.folder import measured
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.double_column import DoubleColumn, StyleColumn
from piaa_lightning.models.papers.patch_aggregation import PatchAggregation
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.runtime.allocator import keep_freed_memory
from piaa_lightning.simulation.jpegs import write_images

PER_SECOND = 100  # images and core, the target
COLUMNS = 1.1  # of the sum of the columns' passes, the target
STYLES = 14


def images(results: Results, root: Path, count: int, rounds: int) -> None:
    """Measure 1."""
    files = [f"{number}.jpg" for number in range(count)]
    write_images(root, 0, "bench", 256, list(enumerate(files)))
    mixtures = {}
    for kind in (dense_sift, colour_statistics):
        some = np.concatenate(list(measured(root, files[: max(4, count // 8)], kind, workers=1)))
        mixtures[kind] = FisherVectors(gaussians=64, components=32, steps=10).fit(some)

    def encoded(planes: Planes) -> list[Any]:
        return [mixture.encode(kind(planes)) for kind, mixture in mixtures.items()]

    def everything(planes: Planes) -> list[Any]:
        return [simple_features(planes), *encoded(planes)]

    variants: dict[str, Callable[[Planes], Any]] = {
        "decoding": lambda planes: planes,
        "simple features": simple_features,
        "SIFT": dense_sift,
        "colour statistics": colour_statistics,
        "Fisher vectors of SIFT and colour": encoded,
        "all of them": everything,
    }

    def over(measure: Callable[[Planes], Any]) -> None:
        for _ in measured(root, files, measure, workers=1):
            pass

    turns = {name: partial(over, measure) for name, measure in variants.items()}
    seconds = interleaved(turns, rounds, clock=time.process_time)
    for name, own in seconds.items():
        results.medians[f"{name}, images/s"] = count / median(own)
        if name != "decoding":
            results.ratios[f"{name} over decoding"] = ratio(seconds, name, "decoding")
            results.targets[f"{name}, images/s"] = Target(PER_SECOND, at_least=True)


def passes(results: Results, quick: bool, rounds: int) -> None:
    """Measure 2, on the same views; the columns of a network and what stands on its own take turns."""
    batch, size = (4, 32) if quick else (8, 224)
    name, options = ("small_cnn", {"size": size}) if quick else ("resnet18", {})
    views = torch.randint(0, 256, (batch, 6, 3, size, size), dtype=torch.uint8)

    def extractor() -> Backbone:
        return build_backbone(name, **options)

    def turn(network: torch.nn.Module, inputs: torch.Tensor, out: Callable[[Any], torch.Tensor]) -> Variant:
        def one() -> None:
            network.zero_grad()
            out(network(inputs) if not hasattr(network, "both") else network.both(inputs)).sum().backward()

        return one

    def both(pair: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return pair[0].sum() + pair[1].sum()

    length = extractor().features
    whole, patch, bag = views[:, 0], views[:, 1], views[:, 1:].flatten(0, 1)
    styles = partial(TraitHead, traits=STYLES)
    variants = {
        "one column": turn(extractor(), whole, lambda features: features),
        "another column": turn(extractor(), patch, lambda features: features),
        "a third column": turn(extractor(), whole, lambda features: features),
        "five patches": turn(extractor(), bag, lambda features: features),
        "RAPID": turn(DoubleColumn(extractor(), ScoreHead, length), views[:, :2], lambda scores: scores),
        "RAPID improved": turn(StyleColumn(extractor(), ScoreHead, length, styles), views[:, :2], both),
        "DMA": turn(PatchAggregation(extractor(), ScoreHead, length), views, lambda scores: scores),
    }
    seconds = interleaved(variants, rounds, clock=time.process_time)
    columns = ("one column", "another column", "a third column")
    seconds["two columns"] = [sum(parts) for parts in zip(*(seconds[name] for name in columns[:2]), strict=True)]
    seconds["three columns"] = [sum(parts) for parts in zip(*(seconds[name] for name in columns), strict=True)]
    for network, parts in (("RAPID", "two columns"), ("RAPID improved", "three columns"), ("DMA", "five patches")):
        results.ratios[f"{network} over {parts}"] = ratio(seconds, network, parts)
        results.targets[f"{network} over {parts}"] = Target(COLUMNS)
        results.medians[f"{network}, s"] = median(seconds[network])


def main() -> None:
    """Run both, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="try it out; the numbers mean nothing")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="directory of the json file")
    given = parser.parse_args()
    keep_freed_memory()  # as a run does
    torch.set_num_threads(1)
    results = Results()
    with tempfile.TemporaryDirectory() as directory:
        images(results, Path(directory), 12 if given.quick else 100, 1 if given.quick else 5)
    passes(results, given.quick, 1 if given.quick else 5)
    results.print()
    results.write(given.out / "bench_features.json")


if __name__ == "__main__":
    main()
