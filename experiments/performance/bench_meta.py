"""What does meta-learning cost? ``make bench-meta`` prints it and writes ``runs/bench/bench_meta.json``.

1. A meta-iteration (one user, S + S steps of ResNet18 with the authors' head) against the forward, backward and Adam
   steps that it contains, on tensors that lie ready, and against learn2learn's clone-and-adapt loop.
2. Peak memory of both loops with two and with four users, in processes of their own.
3. The same iteration with channels_last, bf16 and other settings of the memory allocator.
4. Evaluating new users against the authors' procedure, which decodes and predicts all remaining images 20 times.
5. Where only the head moves, with what is below it computed once; heads on frozen features, several users at once.
6. Every learner's outer step by the engine ``in_place`` against ``learn2learn``; peak memory of BLG's and MAML's.

Sizes are flags; ``--quick`` tries everything out in small, and its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from harness import ROOT, Results, Target, Variant, child, interleaved, ratio
from meta_evaluation import Scores, evaluated, on_features, the_authors_way, tuner, users
from meta_iterations import episodes, iteration, network, options
from scipy.stats import spearmanr

from piaa_lightning.meta.engines import ENGINES
from piaa_lightning.meta.learners import LEARNERS

CHILD = str(Path(__file__).with_name("meta_iterations.py"))
KEEP = str(2**32)  # bytes below which glibc neither maps anew nor gives back
GLIBC = {"GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={KEEP}:glibc.malloc.trim_threshold={KEEP}"}
LIVE = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=65536"}  # what is freed is given back: no holes are counted
VARIANTS: dict[str, tuple[list[str], dict[str, str]]] = {
    "as it is": ([], {}),
    "channels_last": (["--channels-last"], {}),
    "THP_MEM_ALLOC_ENABLE=1": ([], {"THP_MEM_ALLOC_ENABLE": "1"}),
    "glibc keeps memory": ([], GLIBC),
    "channels_last, glibc keeps memory": (["--channels-last"], GLIBC),
    "channels_last, glibc keeps memory, bf16": (["--channels-last", "--bf16"], GLIBC),
}


def iterations(given: argparse.Namespace, results: Results) -> None:
    """Time the three ways side by side."""
    ways = {}
    for way in ("bare", "learn2learn", "engine"):
        users = episodes(given.size, given.support, given.query, given.users)
        ways[way] = iteration(way, network(given.backbone, given.size), users, given.steps)
    seconds = interleaved(ways, given.rounds, clock=time.process_time if given.cpu_seconds else time.perf_counter)
    results.medians |= {f"{way}: meta-iteration, s": median(took) for way, took in seconds.items()}
    results.ratios["engine / bare steps"] = ratio(seconds, "engine", "bare")
    results.ratios["learn2learn / bare steps"] = ratio(seconds, "learn2learn", "bare")
    results.ratios["engine / learn2learn"] = ratio(seconds, "engine", "learn2learn")
    results.targets |= {"engine / bare steps": Target(1.05), "engine / learn2learn": Target(1.0)}


def memory(given: argparse.Namespace, results: Results) -> None:
    """Measure the peaks of both loops, with two users and with four."""
    size = ["--backbone", given.backbone, "--size", str(given.size), "--support", str(given.support), "--steps", "2"]
    peaks = {}
    for way, count in (("learn2learn", 2), ("engine", 2), ("engine", 4)):
        peaks[way, count] = child([CHILD, way, *size, "--users", str(count)], LIVE)["peak"]
        results.medians[f"{way}: peak memory with {count} users, MiB"] = peaks[way, count]
    results.ratios["engine / learn2learn, memory"] = peaks["engine", 2] / peaks["learn2learn", 2]
    results.targets["engine / learn2learn, memory"] = Target(1.0)
    # what a user's images take lies ready in this bench and is no part of the engine
    images = 2 * (given.support + given.query) * 3 * given.size**2 * 4 / 2**20
    results.ratios["memory, 4 users / 2 users"] = (peaks["engine", 4] - images) / peaks["engine", 2]
    results.targets["memory, 4 users / 2 users"] = Target(1.02)


def variants(given: argparse.Namespace, results: Results) -> None:
    """Time the options of layout, allocator and precision in processes of their own, which take turns."""
    flags = [CHILD, "engine", "--backbone", given.backbone, "--size", str(given.size), "--steps", str(given.steps)]
    flags += ["--support", str(given.support), "--query", str(given.query)]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    for _ in range(given.rounds):
        for name, (more, environment) in VARIANTS.items():
            found[name].append(child([*flags, *more], environment))
    plain = found.pop("as it is")
    for name, runs in found.items():
        gains = [one["seconds"] / other["seconds"] for one, other in zip(plain, runs, strict=True)]
        results.ratios[f"gain of {name}"] = median(gains)
        results.ratios[f"{name}: same bits"] = float(runs[0]["digest"] == plain[0]["digest"])


def engines(given: argparse.Namespace, results: Results) -> None:
    """Time every learner's outer step by both engines, which take turns, and measure two learners' peaks."""
    size = ["--backbone", given.backbone, "--size", str(given.size), "--support", str(given.support)]
    size += ["--query", str(given.query), "--steps", str(given.engine_steps)]
    clock = time.process_time if given.cpu_seconds else time.perf_counter
    for name in LEARNERS:
        ways = {}
        for engine in ENGINES:
            users, model = episodes(given.size, given.support, given.query, 1), network(given.backbone, given.size)
            ways[engine] = iteration("engine", model, users, given.engine_steps, False, name, engine)
        seconds = interleaved(ways, given.rounds, clock=clock)
        results.ratios[f"{name}: in_place / learn2learn"] = ratio(seconds, "in_place", "learn2learn")
        results.medians |= {f"{name}, {engine}: outer step, s": median(took) for engine, took in seconds.items()}
    for name in ("blg", "maml"):  # of first and of second order
        peaks = {
            engine: child([CHILD, "engine", *size, "--learner", name, "--engine", engine], LIVE)["peak"]
            for engine in ENGINES
        }
        results.medians |= {f"{name}, {engine}: peak memory, MiB": peak for engine, peak in peaks.items()}
        results.ratios[f"{name}: in_place / learn2learn, memory"] = peaks["in_place"] / peaks["learn2learn"]


def keeping(
    found: dict[str, list[Scores]], name: str, function: Callable[..., list[Scores]], *arguments: object
) -> Variant:
    """Return a turn that calls a function and keeps what it returned under a name."""

    def turn() -> None:
        found[name] = function(*arguments)

    return turn


def evaluation(given: argparse.Namespace, results: Results) -> None:
    """Evaluate the same users in both ways; then heads alone, and heads on frozen features."""
    with tempfile.TemporaryDirectory() as directory:
        for shots, images, bound in ((10, given.images, 10.0), (100, given.images, 2.0)):
            (Path(directory) / str(shots)).mkdir()
            them = users(Path(directory) / str(shots), images, given.size, given.backbone, 1, 1, [shots])
            whole, rounded = tuner(them.context), tuner(them.context, precision="bf16-mixed")
            found: dict[str, list[Scores]] = {}
            ways = {
                "authors": keeping(found, "authors", the_authors_way, them, shots, given.size),
                "ours": keeping(found, "ours", evaluated, whole, them, shots),
                "bf16": keeping(found, "bf16", evaluated, rounded, them, shots),
            }
            seconds = interleaved(ways, given.rounds, warm_up=0)
            for way, name in (("ours", "ours"), ("bf16", "ours in bf16")):
                gain = f"authors' procedure / {name}, {shots} shots"
                results.ratios[gain] = ratio(seconds, "authors", way)
                results.targets[gain] = Target(bound, at_least=True)
            same = zip(found["authors"], found["ours"], strict=True)
            results.ratios[f"{shots} shots: same bits"] = float(all(np.array_equal(one, two) for one, two in same))
            ranks = [spearmanr(one, two).statistic for one, two in zip(found["ours"], found["bf16"], strict=True)]
            results.ratios[f"{shots} shots: SROCC of bf16's scores with the exact ones"] = float(np.mean(ranks))
        heads(given, results, Path(directory))


def heads(given: argparse.Namespace, results: Results, directory: Path) -> None:
    """Fit heads alone: what is below them once per image, and several users at once."""
    (directory / "heads").mkdir()
    them = users(directory / "heads", given.images, given.size, given.backbone, 2, 5, [10])

    def once() -> None:  # all of it: features are computed anew in every turn
        evaluated(tuner(them.context, "head", cache_features=True), them, 10)

    every = tuner(them.context, "head")
    found: dict[str, list[Scores]] = {}
    ways = {"each": keeping(found, "each", evaluated, every, them, 10), "once": once}
    seconds = interleaved(ways, given.rounds, warm_up=0)
    results.ratios["head alone: below it for each user / once"] = ratio(seconds, "each", "once")
    results.targets["head alone: below it for each user / once"] = Target(10, at_least=True)
    flat = on_features(users(directory / "heads", 40, 32, "small_cnn", 16, 10, [10]))
    alone, together = tuner(flat.context), tuner(flat.context, user_batch_size=64)
    seconds = interleaved(
        {
            "one": keeping(found, "one", evaluated, alone, flat, 10),
            "together": keeping(found, "together", evaluated, together, flat, 10),
        },
        given.rounds,
    )
    results.ratios["heads on features: one by one / 64 at once"] = ratio(seconds, "one", "together")
    results.medians["heads on features: users per second"] = 160 / median(seconds["together"])


def main() -> None:
    """Run all parts, or those asked for."""
    parser = options(argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--images", type=int, default=137, help="that a user rated; 137 is FLICKR-AES's average")
    parser.add_argument("--parts", nargs="+", default=["iterations", "memory", "variants", "evaluation", "engines"])
    parser.add_argument("--cpu-seconds", action="store_true", help="for meta-iterations, where others are at work")
    parser.add_argument("--engine-steps", type=int, default=2, help="S where engines are compared")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "bench", help="where bench_meta.json goes")
    given = parser.parse_args()
    if given.quick:
        given.backbone, given.size, given.support, given.query, given.steps = "small_cnn", 64, 8, 4, 2
        given.rounds, given.images = 1, 105
    results = Results()
    for part in (iterations, memory, variants, evaluation, engines):
        if part.__name__ in given.parts:
            part(given, results)
    results.print()
    results.write(given.out / "bench_meta.json")


if __name__ == "__main__":
    main()
