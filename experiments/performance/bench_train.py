"""What does training cost? ``make bench-train`` prints it and writes ``runs/bench/bench_train.json``.

1. A step of ``task=generic`` with ResNet18 as a run takes it (image cache, LightningDataModule, Trainer, logger)
   against forward, backward and Adam of the same network on a batch that lies ready.
2. The same training with the options channels_last, bf16-mixed and compile.
3. Forward, backward and Adam in fresh processes with other settings of the memory allocator, and whether the results
   stay the same to the bit.

``--quick`` tries everything out in small; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

import pytorch_lightning as pl
from harness import Results, Target, Variant, child, interleaved, ratio
from hydra.utils import instantiate
from workload import Workload, over_images, served, write_database

from piaa_lightning.losses.score import score_loss
from piaa_lightning.runtime.allocator import VARIABLE, keep_freed_memory

OPTIONS = {
    "channels_last": ["callbacks=channels_last"],
    "bf16": ["trainer.precision=bf16-mixed"],
    "channels_last + bf16": ["callbacks=channels_last", "trainer.precision=bf16-mixed"],
    "compile": ["callbacks=compile"],
}
STEPS = Path(__file__).with_name("bare_steps.py")
SYSTEM = "the system's allocator"
ALLOCATORS = {
    SYSTEM: {VARIABLE: "system"},
    "memory kept": {VARIABLE: ""},  # as a run does it
    "THP_MEM_ALLOC_ENABLE=1": {VARIABLE: "system", "THP_MEM_ALLOC_ENABLE": "1"},  # torch's switch for huge pages
}


class Clock(pl.Callback):
    """Seconds of a step, from the end of the first batch to the end of the last: everything that a step waits for."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_train_batch_end(self, *_args: Any) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())

    def step(self) -> float:
        """Seconds of one step."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


def through_lightning(work: Workload, batch_size: int, steps: int, directory: Path) -> Variant:
    """Return what trains for some steps as a run does, and returns the seconds of one."""
    cfg, prior, module = work.cfg, work.task(), work.module(batch_size)

    def train() -> float:
        clock = Clock()
        trainer = instantiate(
            cfg.trainer,
            max_epochs=1,
            limit_train_batches=steps + 1,
            limit_val_batches=0,
            logger=pl.loggers.CSVLogger(directory),
            callbacks=[clock, *(instantiate(callback) for callback in cfg.callbacks.values())],
            enable_checkpointing=False,
            default_root_dir=directory,
        )
        trainer.fit(prior, datamodule=module)
        return clock.step()

    return train


def bare(work: Workload, batch_size: int, steps: int) -> Variant:
    """Return what takes the same steps on one batch of images that are normalised already."""
    prior, module = work.task(), work.module(batch_size)
    moved = prior.network
    examples = next(served(module, module.train_dataloader()))
    inputs = moved.prepare(examples.inputs)
    optimizer = prior.configure_optimizers()[0][0]

    def train() -> float:
        start = time.perf_counter()
        for step in range(steps + 1):
            if step == 1:
                start = time.perf_counter()
            optimizer.zero_grad()
            score_loss(moved(inputs), examples.scores).backward()
            optimizer.step()
        return (time.perf_counter() - start) / steps

    return train


def overhead(results: Results, quick: bool, directory: Path) -> None:
    """Measure 1."""
    work = Workload(over_images(directory / "database", directory / "cache", quick), directory)
    batch, steps = (4, 2) if quick else (work.cfg.task.batch_size, 2)
    variants = {
        "Lightning": through_lightning(work, batch, steps, directory),
        "bare": bare(work, batch, steps),
    }
    seconds = interleaved(variants, 1 if quick else 3, warm_up=0)  # the first step of a turn never counts
    name = "a run's training step over the bare network's"
    results.ratios[name] = ratio(seconds, "Lightning", "bare")
    results.targets[name] = Target(1.05)
    results.medians |= {f"{name}, {batch} images, s": median(took) for name, took in seconds.items()}


def options(results: Results, quick: bool, directory: Path) -> None:
    """Measure 2, on fewer images."""
    batch, steps = (4, 1) if quick else (16, 2)
    variants = {}
    for name, overrides in {"plain": [], **OPTIONS}.items():
        own = ["callbacks.compile.backend=eager"] if quick and "compile" in name else []
        cfg = over_images(directory / "database", directory / "cache", quick, *overrides, *own)
        variants[name] = through_lightning(Workload(cfg, directory), batch, steps, directory)
    seconds = interleaved(variants, 1 if quick else 3, warm_up=0)  # the first step of a turn never counts
    for name in OPTIONS:
        results.ratios[f"plain over {name}"] = ratio(seconds, "plain", name)
    results.medians |= {f"{name}, {batch} images, s": median(took) for name, took in seconds.items()}


def allocators(results: Results, quick: bool) -> None:
    """Measure 3; processes take turns, because an allocator is set before a process starts."""
    flag = ["--quick"] if quick else []
    for layout in ("channels_last",) if quick else ("contiguous", "channels_last"):
        found: dict[str, list[dict[str, float]]] = {name: [] for name in ALLOCATORS}

        def turn(name: str, found: dict[str, list[dict[str, float]]] = found, layout: str = layout) -> float:
            found[name].append(child([str(STEPS), layout, *flag], ALLOCATORS[name]))
            return found[name][-1]["seconds"]

        variants: dict[str, Variant] = {name: lambda name=name: turn(name) for name in ALLOCATORS}
        seconds = interleaved(variants, 1 if quick else 3, warm_up=0)
        plain = found[SYSTEM][0]["digest"]
        for name in ALLOCATORS:
            results.medians[f"{layout}, {name}, s"] = median(seconds[name])
            results.medians[f"{layout}, {name}, MiB"] = median(one["peak"] for one in found[name])
            if name != SYSTEM:
                results.ratios[f"{layout}: system over {name}"] = ratio(seconds, SYSTEM, name)
                same = all(one["digest"] == plain for one in found[name])
                results.ratios[f"{layout}: {name} gives the same bits (1: yes)"] = float(same)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="try it out; the numbers mean nothing")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="where bench_train.json goes")
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="pytorch_lightning")  # advice on workers and intervals
    keep_freed_memory()
    results = Results()
    with tempfile.TemporaryDirectory() as directory:
        write_database(Path(directory) / "database", 160 if arguments.quick else 384, 60 if arguments.quick else 256)
        overhead(results, arguments.quick, Path(directory))
        options(results, arguments.quick, Path(directory))
    allocators(results, arguments.quick)
    results.print()
    results.write(arguments.out / "bench_train.json")


if __name__ == "__main__":
    main()
