"""What ten stars are worth on real users: published priors on OASIS's test users, who are in none of them.

    python experiments/own_photographs/measure.py OASIS_DIRECTORY PRIOR [PRIOR ...]

Every test user (who rated the images of ``subset4``, which the prior of ``data=oasis`` has not seen) gives ten
ratings, drawn at random five times or asked for by the page's rule; the order of the user's other images is
compared with the user's own (SROCC). Prints a line per prior and writes ``results.csv`` beside this file.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.photos.next_to_rate import next_to_rate
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.published_model import PublishedModel, load_prior
from piaa_lightning.photos.reading import read_photos, shelf_of
from piaa_lightning.photos.store import Store

SUBSET, RATINGS, REPEATS = "subset4", 10, 5
COLUMNS = ("prior", "learnt from", "people", "generic", "10 at random", "10 asked for")


def measure(prior: PublishedModel, root: Path, told: pd.DataFrame) -> dict[str, float]:
    """Return mean SROCC over users of the generic order and of both ways of taking ten ratings."""
    files = sorted(told.file.unique())
    with tempfile.TemporaryDirectory() as directory:
        store = Store(Path(directory) / "seen.sqlite")
        shelf = shelf_of(store, list(read_photos(prior, store, root / "images", files)))
        store.close()
    places = {file: place for place, file in enumerate(shelf.files)}
    found: dict[str, list[float]] = {name: [] for name in COLUMNS[3:]}
    for user, own in told.groupby("rater"):
        rows = shelf.rows[[places[file] for file in own.file]]
        scores = torch.from_numpy(((own.beauty.to_numpy() - 1) / 6).astype(np.float64))
        nobody = PersonalModel(prior.users, rows[:0], scores[:0])
        asked = next_to_rate(nobody, rows, [], RATINGS)
        random = np.random.default_rng(int(user))
        drawn = [random.permutation(len(rows))[:RATINGS].tolist() for _ in range(REPEATS)]
        by_name = {"generic": drawn, "10 at random": drawn, "10 asked for": [asked]}
        for name, supports in by_name.items():
            values = []
            for support in supports:
                query = np.setdiff1d(np.arange(len(rows)), support)
                taste = nobody if name == "generic" else PersonalModel(prior.users, rows[support], scores[support])
                values.append(float(srocc(taste.score(rows[query]).numpy(), scores[query].numpy())))
            found[name].append(float(np.mean(values)))
    return {name: float(np.mean(values)) for name, values in found.items()}


def main(root: Path, priors: list[Path]) -> None:
    """Measure every prior."""
    torch.set_num_threads(1)
    images = pd.read_csv(root / "images.csv")
    told = pd.read_csv(root / "ratings.csv", usecols=["rater", "file", "beauty"])
    told = told[told.file.isin(images.file[images.subset == SUBSET])]
    told = told.groupby("rater").filter(lambda own: len(own) >= 3 * RATINGS and own.beauty.nunique() > 1)
    with (Path(__file__).parent / "results.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for place in priors:
            prior = load_prior(place)
            values = measure(prior, root, told)
            line = [prior.config["backbone"]["name"], prior.config["data"], told.rater.nunique()]
            writer.writerow([*line, *(f"{values[name]:.3f}" for name in COLUMNS[3:])])
            print(*line, values, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(place) for place in sys.argv[2:]])
