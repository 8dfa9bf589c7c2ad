"""How long a run's report takes: 37 users, two methods, two numbers of shots, with and without 24 gradient maps.

``python experiments/performance/bench_report.py [--quick] [--out DIR]``. Fits are no part of it: what is measured
starts with records, predictions and networks, and ends with the page. Seconds of the processor stand beside those of
the clock, which others on the machine lengthen.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import ROOT, Results, Target
from workload import Workload, over_images, write_database

from piaa_lightning.data.images.raw import RawImages
from piaa_lightning.evaluation.protocol import Protocol
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.shown_users import ExplainedImage, ShownUsers, images_to_explain, shown_users
from piaa_lightning.evaluation.statistics import compare, corrected, summarise
from piaa_lightning.pipeline.evaluating.evaluate_methods import Results as RunResults
from piaa_lightning.pipeline.evaluating.show_users import gradients_of
from piaa_lightning.pipeline.writing.draw_figures import draw_figures
from piaa_lightning.report.run_page import write_page

USERS, SHOTS, REPEATS, MAPS = 37, (10, 100), 10, 24
METHODS = ("BLG-PIAA", "BA-PIAA")


def main(arguments: list[str]) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "bench")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        write_database(home / "data", 40 if asked.quick else 400, 120 if asked.quick else 500)
        cfg = over_images(home / "data", home / "cache", asked.quick, "experiment=ba_piaa")
        workload = Workload(cfg, home / "checkpoints")
        results = Results()
        for maps in (0, 6 if asked.quick else MAPS):
            wall, processor = time.perf_counter(), time.process_time()
            report(workload, maps, home / f"report_{maps}")
            name = "report with gradient maps" if maps else "report"
            results.medians[f"{name}, s"] = time.perf_counter() - wall
            results.medians[f"{name}, processor s"] = time.process_time() - processor
    results.targets |= {"report, s": Target(20), "report with gradient maps, s": Target(60)}
    results.print()
    results.write(asked.out / "bench_report.json")


def report(workload: Workload, maps: int, directory: Path) -> None:
    """Draw all figures of a run and write its page."""
    records = measured()
    pairs = corrected([compare(records, *METHODS, k) for k in SHOTS])
    summary: dict[str, Any] = {
        "experiment": "bench",
        "data": workload.data.name,
        "rows": [row.flat() for row in summarise(records)],
        "comparisons": [asdict(pair) for pair in pairs],
    }
    results = RunResults(records=records, shown=looked_into(workload, maps))
    figures = draw_figures(workload.cfg, summary, workload.databases, results, directory / "figures")
    write_page(summary, records, directory / "report.html", figures)


def measured() -> list[Record]:
    """Return records as a run makes them."""
    rng = np.random.default_rng(0)
    return [
        Record(method, "net", shots, repeat, f"{user:012x}", shots, 50, "srocc", float(rng.uniform(-0.2, 0.8)))
        for method in METHODS for shots in SHOTS for user in range(USERS) for repeat in range(REPEATS)
    ]  # fmt: skip


def looked_into(workload: Workload, maps: int) -> ShownUsers | None:
    """Return four users with predictions, and gradient maps of a network in the place of prior and models."""
    data = workload.data
    rows = data.split.rows(data.table, "test")
    shown = shown_users(data.table, rows, [2], Protocol(repeats=1, min_query=2), 4)
    if shown is None:
        raise RuntimeError("the bench's own users have too few ratings")
    rng = np.random.default_rng(0)
    for method in METHODS:
        shown.predicted[method] = [rng.random(len(user.images), dtype=np.float32) for user in shown.users]
    images = images_to_explain(shown.users, maps)
    if images:
        network = workload.task().network
        who = ("prior", *(user.name for user in shown.users[:2]))
        extractor, table = workload.extractor, data.table
        stored = RawImages(table.root, table.image_files.tolist(), extractor.size, workload.cfg.data.resize)
        looks = [gradients_of(network, extractor, stored, images, torch.device("cpu")) for _ in who]
        shown.explains = METHODS[0]
        shown.explained = [
            ExplainedImage(
                image, str(data.table.image_ids[image]), who, (None,) * len(who), tuple(own[k][0] for own in looks),
                np.stack([own[k][1].numpy() for own in looks]), tuple(own[k][2] for own in looks),
            )
            for k, image in enumerate(images)
        ]  # fmt: skip
    return shown


if __name__ == "__main__":
    main(sys.argv[1:])
