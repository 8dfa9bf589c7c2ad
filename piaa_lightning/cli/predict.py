"""``mode=predict``: score a folder of images and put it in a user's order."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.photos.contact_sheet import contact_sheet
from piaa_lightning.photos.ranking import order_of, ranking_csv
from piaa_lightning.pipeline.read_folder import personal_model_of, read_folder
from piaa_lightning.runtime.atomic import replace_file


def predict_photos(cfg: DictConfig, directory: Path) -> None:
    """Write ``ranking.csv`` and ``contact_sheet.html``.

    Args:
        cfg: the composed configuration; ``photos``, and ``user`` or ``ratings``; without either everybody's order.
        directory: where they go.

    Raises:
        UserError: anything about the folder or the personal file that a user can mend.
    """
    read = read_folder(cfg)
    taste, scale, title = personal_model_of(cfg, read)
    ranking = order_of(taste, read.shelf, scale)
    replace_file(directory / "ranking.csv", ranking_csv(ranking, read.shelf.files).encode(errors="surrogateescape"))
    count = len(read.shelf.files)
    page = contact_sheet(
        f"{count} photographs {title}",
        [
            f"Scores from {scale.low:g} to {scale.high:g}; in brackets what anybody is expected to say.",
            "Arrows compare with everybody's order.",
            *read.notes,
        ],
        read.shelf,
        ranking,
        read.store.thumbnail,
    )
    replace_file(directory / "contact_sheet.html", page.encode())
    for number in ranking.order[:10].tolist():
        print(f"{ranking.places[number]:4} {ranking.scores[number]:6.2f}  {read.shelf.files[number]}")
    print(f"{directory / 'ranking.csv'}: all {count} photographs; contact_sheet.html beside it shows them")
