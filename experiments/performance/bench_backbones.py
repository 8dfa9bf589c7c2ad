"""How fast do bundled networks look? ``make bench-backbones`` prints it and writes ``runs/bench/bench_backbones.json``.

1. Images per second and core, of images that are squashed already: each network as it is built, with channels last,
   and as `Backbone.for_inference` returns it; and both networks as one.
2. The same from JPEG files of 12 megapixels: decoding, squashing and looking, in one thread. Two cores do twice as
   many, since images are decoded in threads and torch takes one.

Seconds are those of the processor, in one thread: what counts is a core's work, whoever else is at work.

``--quick`` tries everything out in small; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from harness import Results, Target, Variant, interleaved, ratio
from PIL import Image

from piaa_lightning.data.images.decode import decode, squash
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.runtime.allocator import keep_freed_memory

NETWORKS = {"MobileNetV2": ["mobilenetv2"], "NIMA": ["nima"], "both": ["mobilenetv2", "nima"]}
PER_CORE = {"MobileNetV2": 20, "NIMA": 20, "both": 10}  # files a second, half of the target for two cores
AT_LEAST = 300  # pixels to which a JPEG's own scaling goes, those of a thumbnail


def looking(results: Results, batch: int, rounds: int) -> None:
    """Measure 1."""
    images = torch.randint(0, 256, (batch, 3, 224, 224), dtype=torch.uint8)

    def look(backbone: Backbone) -> Variant:
        def one() -> None:
            with torch.inference_mode():
                backbone(images)

        return one

    variants: dict[str, Variant] = {}
    for name, networks in NETWORKS.items():
        built = build_backbone(networks).eval()
        variants[f"{name}, as built"] = look(built)
        variants[f"{name}, channels last"] = look(build_backbone(networks).eval().to(memory_format=torch.channels_last))
        variants[f"{name}, for inference"] = look(built.for_inference())
    seconds = interleaved(variants, rounds, clock=time.process_time)
    for name, own in seconds.items():
        results.medians[f"{name}, images/s"] = batch / median(own)
    for name in NETWORKS:
        results.ratios[f"{name}, as built over for inference"] = ratio(
            seconds, f"{name}, as built", f"{name}, for inference"
        )


def reading(results: Results, directory: Path, side: tuple[int, int], count: int, rounds: int) -> None:
    """Measure 2, on photographs' two ingredients: large shapes and noise."""
    random = np.random.default_rng(0)
    files = []
    for number in range(count):
        shapes = Image.fromarray(random.integers(0, 256, (6, 9, 3), dtype=np.uint8)).resize(side)
        noise = Image.fromarray(random.integers(0, 256, (side[1], side[0], 3), dtype=np.uint8))
        files.append(directory / f"{number}.jpg")
        Image.blend(shapes, noise, 0.06).save(files[-1], quality=90)

    def read(backbone: Backbone | None) -> Variant:
        def one() -> None:
            squares = [squash(decode(file, at_least=AT_LEAST), 224, "antialias") for file in files]
            if backbone is not None:
                with torch.inference_mode():
                    backbone(torch.from_numpy(np.stack(squares)))

        return one

    variants = {f"files, {name}": read(build_backbone(list(own)).for_inference()) for name, own in NETWORKS.items()}
    seconds = interleaved({"files, decoding alone": read(None), **variants}, rounds, clock=time.process_time)
    for name, own in seconds.items():
        results.medians[f"{name}, images/s"] = count / median(own)
    for name, wanted in PER_CORE.items():
        results.targets[f"files, {name}, images/s"] = Target(wanted, at_least=True)


def main() -> None:
    """Run both, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="try it out; the numbers mean nothing")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="directory of the json file")
    given = parser.parse_args()
    keep_freed_memory()  # as a run does
    torch.set_num_threads(1)
    results = Results()
    looking(results, 2 if given.quick else 16, 1 if given.quick else 5)
    with tempfile.TemporaryDirectory() as directory:
        side, count = ((400, 300), 2) if given.quick else ((4000, 3000), 16)
        reading(results, Path(directory), side, count, 1 if given.quick else 5)
    results.print()
    results.write(given.out / "bench_backbones.json")


if __name__ == "__main__":
    main()
