"""The visual analyses in numbers: ``python experiments/visual_analyses/measure.py VARIANT RUN_DIRECTORY``.

From a run's ``predictions.csv`` and ``gradient_maps.csv``: how far BA-PIAA and BLG-PIAA are from users' own scores,
and how concentrated the gradients of the prior and of users' models are. Lines of the variant are replaced in
``analyses.csv``.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
COLUMNS = ("variant", "data", "what", "value", "low", "high")
SAMPLES = 10_000
Values = dict[str, float]


def main(arguments: list[str]) -> None:
    """Measure one run and add it to the study."""
    if len(arguments) != 2:
        sys.exit(str(__doc__).splitlines()[0])
    variant, run = arguments[0], Path(arguments[1])
    data = json.loads((run / "summary.json").read_text())["data"]
    facts = [*errors(lines(run / "predictions.csv")), *concentrations(lines(run / "gradient_maps.csv"))]
    kept = [row for row in lines(HERE / "analyses.csv") if row["variant"] != variant]
    with (HERE / "analyses.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
        for what, values in facts:
            low, high = interval(values)
            numbers = {"value": values.mean(), "low": low, "high": high}
            writer.writerow(
                {"variant": variant, "data": data, "what": what, **{k: f"{v:.4f}" for k, v in numbers.items()}}
            )


def lines(path: Path) -> list[dict[str, str]]:
    """Read a csv; nothing where it is not there."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def errors(rows: list[dict[str, str]]) -> list[tuple[str, np.ndarray]]:
    """Return, over users, the mean absolute error of each method and their difference, in scores of 0 to 1."""
    of: dict[str, Values] = {}
    labels = list(dict.fromkeys(row["method"] for row in rows))
    for name in ("BLG-PIAA", "BA-PIAA"):  # of several starts the first, which is the talk's
        method = next((label for label in labels if label.split(" from ")[0] == name), name)
        users = dict.fromkeys(row["user"] for row in rows)
        own = {user: [row for row in rows if (row["method"], row["user"]) == (method, user)] for user in users}
        of[name] = {
            user: float(np.mean([abs(float(row["predicted"]) - float(row["score"])) for row in mine]))
            for user, mine in own.items()
        }
    blg, ba = (np.array(list(values.values())) for values in of.values())
    count = f"{len(blg)} users"
    return [
        (f"BLG-PIAA: mean absolute error, {count}", blg),
        (f"BA-PIAA: mean absolute error, {count}", ba),
        ("BLG-PIAA less BA-PIAA, the same users", blg - ba),
    ]


def concentrations(rows: list[dict[str, str]]) -> list[tuple[str, np.ndarray]]:
    """Return, over images, the share of the gradient in the strongest tenth of the pixels: prior and users."""
    images = dict.fromkeys(row["image"] for row in rows)
    if not images:
        return []

    def share(image: str, prior: bool) -> float:
        found = [float(r["concentration"]) for r in rows if r["image"] == image and (r["whose"] == "prior") == prior]
        return float(np.mean(found))

    prior, users = (np.array([share(image, which) for image in images]) for which in (True, False))
    return [
        (f"prior: gradient in the strongest tenth of the pixels, {len(prior)} images", prior),
        ("models of two users: the same", users),
        ("models of users less prior, the same images", users - prior),
    ]


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a mean."""
    drawn = np.random.default_rng(0).choice(values, (SAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main(sys.argv[1:])
