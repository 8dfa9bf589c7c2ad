"""Times the closed-form rows on a set of FLICKR-AES's size, and writes what came out.

``OMP_NUM_THREADS=1 python experiments/performance/bench_personal.py [RESULTS.json]`` draws 40,988 images of 512
frozen features and 193,208 ratings by 210 users (173 training users, 17 of whom validate, and 37 test users with 105
to 171 ratings on images of their own), and evaluates every closed-form method at 5, 10, 20, 50 and 100 shots, ten
repeats. Features and ratings are noise: what is timed does not depend on them.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from harness import ROOT, Results, Target, peak_memory

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import Split
from piaa_lightning.evaluation.protocol import Protocol, choose, evaluate
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.gaussian_process import GaussianProcess
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess
from piaa_lightning.personalizers.personalizer import FitContext, Personalizer, Support
from piaa_lightning.personalizers.ridge import Ridge

IMAGES, TRAIN_IMAGES, VAL_IMAGES, FEATURES, RATINGS = 40_988, 33_763, 1_500, 512, 193_208
TRAIN, VALIDATION, TEST = 156, 17, 37
SHOTS = (5, 10, 20, 50, 100)
PRIOR_VARIANCES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


def methods() -> dict[str, Personalizer]:
    """Return the closed-form rows."""
    return {
        "process": HierarchicalProcess(prior_variances=PRIOR_VARIANCES),
        "hierarchical": Hierarchical(prior_variances=PRIOR_VARIANCES),
        "gp": GaussianProcess(prior_variances=PRIOR_VARIANCES),
        "ridge": Ridge(),
        "ridge_loo": Ridge(choice="leave_one_out"),
    }


def flickr_sized() -> FitContext:
    """Draw images and ratings of FLICKR-AES's numbers."""
    random = np.random.default_rng(0)
    users = TRAIN + VALIDATION + TEST
    of_test = random.integers(105, 172, TEST)
    others = np.full(TRAIN + VALIDATION, (RATINGS - int(of_test.sum())) // (TRAIN + VALIDATION))
    counts = np.concatenate([others, of_test])
    edges = (0, TRAIN_IMAGES, TRAIN_IMAGES + VAL_IMAGES, IMAGES)
    parts = np.repeat([0, 1, 2], [TRAIN, VALIDATION, TEST])
    image = np.concatenate(
        [
            edges[part] + random.permutation(edges[part + 1] - edges[part])[:count]
            for part, count in zip(parts, counts, strict=True)
        ]
    )
    user = np.repeat(np.arange(users), counts)
    names = np.array([f"p{number:05}" for number in range(IMAGES)])
    ids = np.array([f"u{number:03}" for number in range(users)])
    scores = random.integers(0, 5, len(user)).astype(np.float32) / 4
    table = RatingTable("flickr-sized", Path(), names, names, ids, user, image, scores, Scale(1, 5))
    split = Split(
        "by number",
        *np.split(np.arange(users), [TRAIN, TRAIN + VALIDATION]),
        *np.split(np.arange(IMAGES), edges[1:3]),
    )
    values = torch.from_numpy(random.standard_normal((IMAGES, FEATURES), dtype=np.float32))
    return FitContext(
        table, split, Inputs(Features(values)), torch.device("cpu"), ScoreNetwork(None, ScoreHead(FEATURES))
    )


def main(arguments: list[str]) -> None:
    """Time the table and one user."""
    torch.set_num_threads(1)  # as in a run on frozen features: threads would wait for each other
    context, results = flickr_sized(), Results()
    rows = {part: context.split.rows(context.table, part) for part in ("val", "test")}
    total = 0.0
    for name, method in methods().items():
        start = time.perf_counter()
        method.prepare(context)
        chosen = choose(context.table, rows["val"], SHOTS, Protocol(repeats=1, seed=1), name, method)
        records = evaluate(context.table, rows["test"], SHOTS, Protocol(), name, "", method, chosen)
        took = time.perf_counter() - start
        assert len(records) == TEST * 10 * len(SHOTS)
        total += took
        results.medians[f"table_{name}_s"] = took
        results.medians[f"user_{name}_s"] = one_user(context, method)
        results.targets[f"user_{name}_s"] = Target(0.05)
    results.medians |= {"table_s": total, "peak_mib": peak_memory()}
    results.targets |= {"table_s": Target(60), "peak_mib": Target(2048)}
    results.print()
    results.write(Path(arguments[0]) if arguments else ROOT / "experiments/performance/bench_personal.json")


def one_user(context: FitContext, method: Personalizer) -> float:
    """Return the median seconds to fit a user to 100 ratings and to score another hundred images."""
    random = np.random.default_rng(1)
    seconds = []
    for _ in range(21):
        images = random.choice(context.split.test_images, 200, replace=False)
        told = Support(context.table.users - 1, images[:100], random.random(100, dtype=np.float32))
        start = time.perf_counter()
        method.fit(told, method.candidates()[0])(images[100:])
        seconds.append(time.perf_counter() - start)
    return median(seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
