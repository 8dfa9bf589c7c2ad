"""Does the data path keep up? ``make bench-data`` prints it and writes ``runs/bench/bench_data.json``.

1. Images per second of the cache against decoding every image with Pillow when it is needed, both in a DataLoader
   with two workers and in one process.
2. The share of its time that a ResNet18 training step waits for its batch.
3. Seconds and memory for reading and splitting databases of the published size. The embedded writers write the label
   files; the images, which readers only look for, are empty files.

``--quick`` tries everything out in small; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
import torch
from harness import Results, Target, child, interleaved, ratio
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from workload import Workload, long_loader, over_images, served, write_database

from piaa_lightning.runtime.allocator import keep_freed_memory

BATCH = 64
READER = Path(__file__).with_name("read_database.py")
# What is to be read: seconds, MiB, and the label file whose reading by pandas alone is the yardstick.
TABLES = {
    "flickr_aes": (3.0, None, "FLICKR-AES_image_labeled_by_each_worker.csv"),
    "para": (8.0, 1536.0, "annotation/PARA-Images.csv"),
    "ava": (3.0, None, "AVA.txt"),
}


class DecodedEachTime(Dataset[torch.Tensor]):
    """The usual way: open, squash, crop and flip one image whenever it is asked for, with Pillow.

    Args:
        paths: of the images.
        stored: side of the square that an image is squashed to, in pixels.
        size: side of the square that is cut out.
        length: items of an epoch; images come again and again.
    """

    def __init__(self, paths: list[Path], stored: int, size: int, length: int) -> None:
        self.paths, self.stored, self.size, self.length = paths, stored, size, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, item: int) -> torch.Tensor:
        with Image.open(self.paths[item % len(self.paths)]) as file:
            image = file.convert("RGB").resize((self.stored, self.stored), Image.Resampling.BILINEAR)
        top, left, mirrored = torch.randint(0, self.stored - self.size + 1, (3,)).tolist()
        image = image.crop((left, top, left + self.size, top + self.size))
        if mirrored % 2:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def images(results: Results, quick: bool) -> None:
    """Measure 1 and 2."""
    with tempfile.TemporaryDirectory() as directory:
        root, cache = Path(directory) / "database", Path(directory) / "cache"
        write_database(root, 160 if quick else 512, 60 if quick else 500)
        work = Workload(over_images(root, cache, quick), Path(directory))
        rates(results, work, quick)
        waiting(results, work, quick)


def rates(results: Results, work: Workload, quick: bool) -> None:
    """Images per second, from the second batch on: starting workers belongs to an epoch, not to an image."""
    data = work.data
    size = data.inputs.size
    paths = [data.table.root / file for file in data.table.image_files[data.split.train_images].tolist()]
    # a batch is worth the same in both, but one way is far faster: epochs that take about as long
    batch, slow, fast = (4, 3, 3) if quick else (BATCH, 20, 160)

    def decoded(workers: int) -> Callable[[], float]:
        dataset = DecodedEachTime(paths, data.inputs.training.size, size, slow * batch)
        return lambda: each(iter(DataLoader(dataset, batch_size=batch, num_workers=workers)))

    def cached(workers: int) -> Callable[[], float]:
        module = work.module(batch, workers)
        return lambda: each(examples.inputs for examples in served(module, long_loader(module, fast)))

    def each(batches: Iterator[torch.Tensor]) -> float:
        """Seconds for one image."""
        batches = iter(batches)
        next(batches)
        start = time.perf_counter()
        count = sum(len(got) for got in batches)
        return (time.perf_counter() - start) / count

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # images per second and core
    names = {"Pillow, 2 workers": decoded(2), "cache, 2 workers": cached(2)}
    names |= {"Pillow, one process": decoded(0), "cache, one process": cached(0)}
    seconds = interleaved(names, 1 if quick else 7, warm_up=0 if quick else 1)
    torch.set_num_threads(threads)
    results.ratios["cache over Pillow, 2 workers"] = ratio(seconds, "Pillow, 2 workers", "cache, 2 workers")
    results.ratios["cache over Pillow, one process"] = ratio(seconds, "Pillow, one process", "cache, one process")
    results.targets["cache over Pillow, 2 workers"] = Target(8, at_least=True)
    results.targets["cache, one process, images/s"] = Target(3000, at_least=True)
    for name, took in seconds.items():
        results.medians[f"{name}, images/s"] = 1 / median(took)


def waiting(results: Results, work: Workload, quick: bool) -> None:
    """Share of each training step that passes before its batch is there; the longest one counts, too."""
    prior = work.task()
    prior.log = lambda *_args, **_options: None
    optimizer = prior.configure_optimizers()[0][0]
    batch, steps = (4, 2) if quick else (BATCH, 4)
    for workers in (0, 2):
        module = work.module(batch, workers)
        batches = served(module, long_loader(module, steps + 1))
        shares, seconds = [], []
        for step in range(steps + 1):
            start = time.perf_counter()
            examples = next(batches)
            there = time.perf_counter()
            optimizer.zero_grad()
            prior.training_step(examples, step).backward()
            optimizer.step()
            end = time.perf_counter()
            if step:  # at the first, workers start and memory is found
                shares.append((there - start) / (end - start))
                seconds.append(end - start)
        name = f"waiting share of a training step, {workers} workers"
        results.ratios[f"{name}, median"], results.ratios[f"{name}, longest"] = median(shares), max(shares)
        results.targets[f"{name}, longest"] = Target(0.03)
        results.medians[f"training step, {workers} workers, s"] = median(seconds)


def tables(results: Results, quick: bool) -> None:
    """Measure 3, each time in a fresh process."""
    size = "tiny" if quick else "full"
    with tempfile.TemporaryDirectory() as directory:
        for name, (limit, memory, labels) in TABLES.items():
            root = Path(directory) / name
            write_labels(name, root, size)
            found = [child([str(READER), name, str(root), labels]) for _ in range(1 if quick else 3)]
            read = f"{name}, read and split"
            for key, unit in (("seconds", "s"), ("peak", "MiB")):
                results.medians[f"{read}, {unit}"] = median(one[key] for one in found)
            results.ratios[f"{read}, over pandas.read_csv of its labels"] = median(
                one["seconds"] / one["yardstick"] for one in found
            )
            results.targets[f"{read}, s"] = Target(limit)
            if memory is not None:
                results.targets[f"{read}, MiB"] = Target(memory)


def write_labels(name: str, root: Path, size: str) -> None:
    """Write an embedded database with empty files in place of images."""
    writer = importlib.import_module(f"piaa_lightning.simulation.{name}")
    root.mkdir()

    def empty_files(root: Path, _seed: int, _database: str, _side: int, jobs: list[tuple[int, str]]) -> None:
        for _, file in jobs:
            (root / file).touch()

    with patch.object(writer, "write_images", empty_files):
        writer.write(root, size, 0)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="try it out; the numbers mean nothing")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="where bench_data.json goes")
    arguments = parser.parse_args()
    keep_freed_memory()  # as a run does
    results = Results()
    images(results, arguments.quick)
    tables(results, arguments.quick)
    results.print()
    results.write(arguments.out / "bench_data.json")


if __name__ == "__main__":
    main()
