"""What stars are worth on real people: the model out of the box and learnt ones on OASIS's test users.

    python experiments/own_photographs/measure.py OASIS [PRIOR ...]

Every one of the 104 people who rated the fourth set, which no model has seen, gives 0, 5, 10, 20, 50 or 100 ratings, drawn at
random five times or asked for by the page's rule; the order of the person's other images is compared with the person's own
(SROCC). Writes a line for every person to ``users.csv.gz``, means with 95 % intervals over people to ``results.csv``, what is
compared with what to ``compared.csv``, and the README's table to ``table.csv``, beside this file.
"""

from __future__ import annotations

import gzip
import io
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from oasis import REPEATS, PeopleOfASet, people_of, second_opinions, seen_by, write_rows

from piaa_lightning.data.ratings import hashed
from piaa_lightning.evaluation.support_choice import by_information
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.photos.built_in import open_model
from piaa_lightning.photos.folder_statistics import FolderStatistics
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.photo_features import PhotoFeatures
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.store import Store
from piaa_lightning.runtime.user_directories import cache_home

HERE = Path(__file__).parent
SET, SHOTS = 4, (0, 5, 10, 20, 50, 100)
RANDOM, ASKED = "at random", "asked for"
BUILT_IN = "out of the box"
RESAMPLES = 10_000


def measure(
    prior: PublishedModel, seen: PhotoFeatures, people: PeopleOfASet
) -> list[tuple[str, str, int, float, float]]:
    """Return of each person, way and number of ratings SROCC and how far its score was off in units of its uncertainty."""
    process = prior.users.process(FolderStatistics.of(seen))
    nobody = PersonalModel(process, seen[[]], torch.empty(0))
    asked = by_information(nobody.uncertainty(seen).double().numpy(), process.noise, max(SHOTS))
    lines = []
    for user, ratings, drawn in zip(people.users, people.ratings, people.drawn, strict=True):
        for way, orders in ((RANDOM, drawn), (ASKED, asked[None])):
            for shots in SHOTS:
                found = [_judged(process, seen, ratings, order[:shots]) for order in orders[: REPEATS if shots else 1]]
                lines.append((hashed(user), way, shots, *np.mean(found, axis=0).tolist()))
    return lines


def _judged(process, seen, ratings, support) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    taste = PersonalModel(process, seen[support.tolist()], torch.from_numpy(ratings[support]))
    found = taste.predict(seen)
    query = np.setdiff1d(np.arange(len(ratings)), support)
    scores, unsure = found.scores.double().numpy()[query], found.uncertainty.double().numpy()[query]
    expected = unsure**2 + process.noise * taste.unit.spread**2
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
        for way in (RANDOM, ASKED):
            for shots in SHOTS:
                values = wide[model, way, shots].to_numpy()
                low, high = np.quantile(values[draws].mean(axis=1), (0.025, 0.975))
                told = (values.mean(), low, high, off[model, way, shots])
                means.append([model, way, shots, *(f"{value:.4f}" for value in told)])
    pairs = [(model, RANDOM, other, RANDOM) for other, model in zip(models, models[1:], strict=False)]
    pairs += [(model, ASKED, model, RANDOM) for model in models]
    for model, way, other, other_way in pairs:
        for shots in SHOTS:
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
    means, compared = summarise(table)
    opinions = second_opinions(root)
    means.append(["the person again (59 others)", RANDOM, "", f"{np.mean(opinions):.4f}", "", "", ""])
    write_rows(HERE / "results.csv", ["model", "way", "ratings", "srocc", "low", "high", "calibration"], means)
    columns = ["model", "way", "compared with", "its way", "ratings", "gain", "low", "high", "better for"]
    write_rows(HERE / "compared.csv", columns, compared)
    wide: dict[tuple[object, object], dict[object, object]] = {}
    for model, way, shots, mean, *_ in means:
        wide.setdefault((model, way), {})[shots] = str(mean)[:5].removeprefix("0")
    rows = [[*key, *(values.get(shots, values.get("", "")) for shots in SHOTS)] for key, values in wide.items()]
    write_rows(HERE / "table.csv", ["model", "ratings are", *map(str, SHOTS)], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
