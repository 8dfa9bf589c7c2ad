"""What stars are worth on real people: the model out of the box and learnt ones on OASIS's test users.

    python experiments/own_photographs/measure.py OASIS [PRIOR ...]

Every one of the 104 people who rated the fourth set, which no model has seen, gives 0, 5, 10, 20, 50 or 100 ratings,
drawn at random five times; the order of the person's other images is compared with the person's own (SROCC). Which
images are asked for is tried on its own, because what is asked for is missing in what is ordered: 100 random images of
each person are put in order, and ratings are taken from the other 125, at random or by the page's rule. Writes a line
for every person to ``users.csv.gz``, means with 95 % intervals over people to ``results.csv``, what is compared with
what to ``compared.csv``, and the README's table to ``table.csv``. ``before.csv.gz`` holds the same of the version
before (MobileNetV2 and a hierarchical process, the same people and draws), whose directories cannot be read any more.
"""

from __future__ import annotations

import gzip
import io
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from oasis import Floats, Numbers, PeopleOfASet, people_of, second_opinions, seen_by, write_rows

from piaa_lightning.data.ratings import hashed
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learning.built_in import open_model
from piaa_lightning.photos.learning.next_to_rate import asking_order
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.process import Process
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.runtime.files.user_directories import cache_home

HERE = Path(__file__).parent
SET, SHOTS, COMPARED = 4, (0, 5, 10, 20, 50, 100), (10, 100)
RANDOM, POOL, ASKED = "at random", "at random from the pool", "asked for from the pool"
QUERY = 100  # images that are ordered where ratings come from the pool of the others
BUILT_IN, BEFORE = "out of the box", "learnt before"
RESAMPLES = 10_000


def measure(prior: PublishedModel, seen: PhotoFeatures, people: PeopleOfASet) -> list[tuple[object, ...]]:
    """Return of each person, way and number of ratings SROCC, and by how much of their variance scores were off."""
    process = prior.population.process(FolderStatistics.of(seen))
    every = np.arange(len(seen))
    lines: list[tuple[object, ...]] = []
    for user, ratings, drawn in zip(people.users, people.ratings, people.drawn, strict=True):
        found: dict[tuple[str, int], list[tuple[float, float]]] = {}
        for order in drawn:
            query, pool = order[-QUERY:], order[:-QUERY]
            asked = pool[asking_order(process, seen[pool.tolist()], PhotoFeatures.nothing(seen.values.shape[1]), 100)]
            for shots in SHOTS:
                ways = {
                    RANDOM: (order[:shots], np.setdiff1d(every, order[:shots])),
                    POOL: (pool[:shots], query),
                    ASKED: (asked[:shots], query),
                }
                for way, (support, ordered) in ways.items():
                    found.setdefault((way, shots), []).append(_judged(process, seen, ratings, support, ordered))
        lines += [(hashed(user), *key, *np.mean(values, axis=0).tolist()) for key, values in found.items()]
    return lines


def _judged(
    process: Process, seen: PhotoFeatures, ratings: Floats, support: Numbers, query: Numbers
) -> tuple[float, float]:
    personal = PersonalModel(process, seen[support.tolist()], torch.from_numpy(ratings[support]))
    found = personal.predict(seen[query.tolist()])
    scores, unsure = found.scores.double().numpy(), found.uncertainty.double().numpy()
    expected = unsure**2 + process.noise * personal.unit.spread**2
    return float(srocc(scores, ratings[query])), float(np.mean((ratings[query] - scores) ** 2 / expected))


def summarise(lines: pd.DataFrame) -> tuple[list[list[object]], list[list[object]]]:
    """Return means with 95 % intervals over people, and differences of each model from the one before it."""
    random = np.random.default_rng(0)
    wide = lines.pivot_table(index="user", columns=["model", "way", "ratings"], values="srocc")
    draws = random.integers(0, len(wide), (RESAMPLES, len(wide)))
    means, compared = [], []
    models = list(dict.fromkeys(lines.model))
    off = lines.groupby(["model", "way", "ratings"]).calibration.mean()
    for model in models:
        for way in (RANDOM,) if model == BEFORE else (RANDOM, POOL, ASKED):
            for shots in SHOTS:
                values = wide[model, way, shots].to_numpy()
                low, high = np.quantile(values[draws].mean(axis=1), (0.025, 0.975))
                told = (values.mean(), low, high, off[model, way, shots])
                means.append([model, way, shots, *(f"{value:.4f}" for value in told)])
    pairs = [(model, RANDOM, BEFORE, RANDOM) for model in models if model not in (BUILT_IN, BEFORE)]
    pairs += [(model, RANDOM, other, RANDOM) for other, model in pairwise(model for model in models if model != BEFORE)]
    pairs += [(model, ASKED, model, POOL) for model in models if model != BEFORE]
    for model, way, other, other_way in pairs:
        for shots in COMPARED:
            apart = (wide[model, way, shots] - wide[other, other_way, shots]).to_numpy()
            low, high = np.quantile(apart[draws].mean(axis=1), (0.025, 0.975))
            told = (apart.mean(), low, high, (apart > 0).mean())
            compared.append(
                [model, way, other, other_way, shots, *(f"{value:+.4f}" for value in told[:3]), f"{told[3]:.0%}"]
            )
    return means, compared


def main(root: Path, places: list[str]) -> None:
    """Measure every model."""
    torch.set_num_threads(1)
    people = people_of(root, SET)
    store = Store(cache_home() / "photos" / "seen.sqlite")
    lines: list[list[object]] = []
    for place in (None, *places):
        start = time.perf_counter()
        prior, _ = open_model(place)
        name = BUILT_IN if place is None else f"learnt, {' + '.join(prior.networks.names)}"
        seen = seen_by(prior.networks, store, root, people.files)
        lines += [[name, *line] for line in measure(prior, seen, people)]
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    store.close()
    columns = ["model", "user", "way", "ratings", "srocc", "calibration"]
    table = pd.DataFrame(lines, columns=columns)
    text = io.StringIO()
    table.to_csv(text, index=False, float_format="%.5f", lineterminator="\n")
    (HERE / "users.csv.gz").write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    write_tables(root)


def write_tables(root: Path) -> None:
    """Write means, comparisons and the README's table from every person's line."""
    before, table = (pd.read_csv(HERE / f"{name}.csv.gz") for name in ("before", "users"))
    means, compared = summarise(pd.concat([before, table]))
    opinions = second_opinions(root)
    means.append(["the person again (59 others)", RANDOM, "", f"{np.mean(opinions):.4f}", "", "", ""])
    write_rows(HERE / "results.csv", ["model", "way", "ratings", "srocc", "low", "high", "calibration"], means)
    columns = ["model", "way", "compared with", "its way", "ratings", "gain", "low", "high", "better for"]
    write_rows(HERE / "compared.csv", columns, compared)
    wide: dict[tuple[object, object], dict[object, object]] = {}
    for model, way, shots, mean, *_ in means:
        wide.setdefault((model, way), {})[shots] = f"{float(str(mean)):.3f}".removeprefix("0")
    rows = [[*key, *(values.get(shots, values.get("", "")) for shots in SHOTS)] for key, values in wide.items()]
    write_rows(HERE / "table.csv", ["model", "ratings are", *map(str, SHOTS)], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
