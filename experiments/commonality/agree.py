"""Agreement of users in a database: ``python experiments/commonality/agree.py VARIANT [key=value ...]``.

Keys are those of a run, for instance ``data=oasis data.root=DIR``. Lines of the variant are replaced in
``agreement.csv`` and ``levels.csv``, and ``VARIANT.png`` is drawn. Only ratings are read; no image is opened.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir

from piaa_lightning.cli.configuration.schema import config_dir, register
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.agreement import agreement_by_level, variance_shares, with_others
from piaa_lightning.pipeline.parts.open_data import read_table
from piaa_lightning.report.agreement import agreement_figure

HERE = Path(__file__).resolve().parent
SAMPLES = 2000  # of the bootstrap over users


def main(arguments: list[str]) -> None:
    """Measure one database and add it to the study."""
    if not arguments or "=" in arguments[0]:
        sys.exit(str(__doc__).splitlines()[0])
    variant, keys = arguments[0], arguments[1:]
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        cfg = compose("config", keys)
    try:
        table, name = read_table(cfg.data, Path(cfg.paths.cache).expanduser())
        shares, levels = variance_shares(table), agreement_by_level(table)
        users = np.array(list(with_others(table).values()))
    except UserError as error:
        sys.exit(str(error))
    agreement_figure(shares, users, levels, table.scale, HERE / f"{variant}.png", name)
    drawn = np.random.default_rng(0).choice(users, (SAMPLES, len(users))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    shared = {"variant": variant, "data": name, "users": table.users, "ratings": table.ratings}
    facts: list[dict[str, object]] = [
        {"what": "share of the variance: images (commonality)", "value": shares.image},
        {"what": "share of the variance: users' generosity", "value": shares.user},
        {"what": "share of the variance: own taste and noise (individuality)", "value": shares.rest},
        {
            "what": "SROCC of a user with the mean of all others",
            "value": float(users.mean()),
            "low": low,
            "high": high,
        },
        {"what": "pairs on the same side of the middle", "value": levels.overall},
        {"what": "the same by chance", "value": levels.chance},
        {"what": "the same on the best tenth of images", "value": float(levels.agreement[-1])},
        {"what": "the same on the worst tenth", "value": float(levels.agreement[0])},
        {"what": "the same on the tenth where it is least", "value": float(levels.agreement.min())},
    ]
    write(HERE / "agreement.csv", ("variant", "data", "users", "ratings", "what", "value", "low", "high"), variant,
          [{**shared, **fact} for fact in facts])  # fmt: skip
    scaled = table.scale.from_unit(levels.means)
    write(
        HERE / "levels.csv", ("variant", "mean_score", "agreement", "images"), variant,
        [{"variant": variant, "mean_score": float(score), "agreement": float(share), "images": int(count)}
         for score, share, count in zip(scaled, levels.agreement, levels.images, strict=True)],
    )  # fmt: skip


def write(path: Path, columns: tuple[str, ...], variant: str, rows: list[dict[str, object]]) -> None:
    """Replace a variant's lines of a csv, with four digits."""
    kept: list[dict[str, object]] = []
    if path.exists():
        with path.open(newline="") as file:
            kept = [dict(row) for row in csv.DictReader(file) if row["variant"] != variant]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in [*kept, *rows]:
            writer.writerow({k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
