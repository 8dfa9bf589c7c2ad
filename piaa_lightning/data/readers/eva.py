"""EVA: 4,070 images from AVA rated 0 to 10 by 1,094 users, 136,943 votes (Kang et al., ATQAM/MAST 2020)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import Ids, Indices, RatingTable, Scale, Scores
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble, indices_of
from piaa_lightning.data.readers.image_means import image_means
from piaa_lightning.data.readers.typed_csv import read_columns
from piaa_lightning.errors import UserError

SCALE = Scale(0, 10)
DELIMITER = "="
NESTED = ("", "data/", "eva-dataset-master/data/")
IMAGES = ("EVA_together", "images/EVA_together", "eva-dataset-master/images/EVA_together", "images")
ATTRIBUTES = ("difficulty", "visual", "composition", "quality", "semantic")
TRAITS = ("birth_year", "photographic_level", "glasses", "colour_blind")


def read(root: Path | str, max_missing: float = 0.01) -> RatingTable:
    """Read an unpacked copy of EVA.

    Source: Kang, Valenzise, Dufaux, "EVA: An Explainable Visual Aesthetics Dataset", ATQAM/MAST 2020. Of its 5,101
    images about a thousand have too few votes to be in the published file.

    Args:
        root: the directory that holds ``votes_filtered.csv`` and ``users.csv`` (or ``data/`` with them) and
            ``EVA_together/<image id>.jpg`` (or ``images/EVA_together/``).
        max_missing: greatest share of the rated images that may be absent from disk, 0..1.

    Returns:
        The ratings; ``traits`` year of birth, photographic level 0..3, and 1 for glasses and for colour blindness;
        ``attributes``, difficulty and four grades 1..4 averaged per image; ``image_lists`` ``category=1`` to ``=6``
        where ``image_content_category.csv`` was copied.

    Raises:
        UserError: a file or a column is absent, a score is not in 0..10, or too many images are missing.
    """
    root = Path(root)
    source = _find(root, "votes_filtered.csv")
    frame = read_columns(source, ["image_id", "user_id"], ["score", *ATTRIBUTES], DELIMITER)
    image = files.names(frame["image_id"].str.removesuffix(".jpg").rename("image_id"), source)
    ratings = pd.DataFrame(
        {
            "user": files.ids(frame["user_id"], source),
            "image": image,
            "score": files.numbers(frame["score"], source, SCALE.low, SCALE.high),
        }
    )
    folder = files.find(root, IMAGES, directory=True)
    before = files.below(root, folder)
    on_disk = {path.rsplit("/", 1)[-1].rpartition(".")[0]: before + path for path in files.images(folder)}
    table = assemble("eva", root, ratings, on_disk, SCALE, source, max_missing)
    traits = _traits(_find(root, "users.csv"), table.user_ids)
    return replace(
        table,
        attributes=image_means(image, frame[list(ATTRIBUTES)], table.image_ids),
        attribute_names=ATTRIBUTES,
        traits=traits,
        trait_names=TRAITS,
        image_lists=_categories(root, table.image_ids),
        dropped={**table.dropped, "users without traits": int(np.isnan(traits).all(axis=1).sum())},
    )


def _find(root: Path, name: str) -> Path:
    return files.find(root, [nest + name for nest in NESTED])


def _traits(path: Path, user_ids: Ids) -> Scores:
    """Read ``(users, 4)``; the column called age holds the year of birth, eyecheck 1 (glasses), 2 (colour blind)."""
    frame = read_columns(path, ["id", "eyecheck"], ["age", "photographic_level_id"], DELIMITER)
    frame = frame.drop_duplicates("id")
    eyes = frame["eyecheck"].str.split(",")  # blank or 0 where there is nothing to tell
    users = pd.DataFrame(
        {
            "birth_year": frame["age"],
            "photographic_level": frame["photographic_level_id"],
            "glasses": eyes.map(lambda told: float("1" in told)),
            "colour_blind": eyes.map(lambda told: float("2" in told)),
        }
    ).set_axis(pd.Index(files.ids(frame["id"], path)))
    return users.reindex(user_ids).to_numpy(dtype=np.float32)


def _categories(root: Path, image_ids: Ids) -> dict[str, Indices]:
    """Read the images of each category; this file alone is separated by commas."""
    path = files.look(root, [f"{nest}image_content_category.csv" for nest in NESTED])
    if path is None:
        return {}
    frame = files.read_csv(path)
    if len(frame.columns) < 2:
        raise UserError(f"{path} has one column, not an image and its category; copy it again, or delete it.")
    image, category = frame.columns[:2]
    members = frame[image].str.removesuffix(".jpg").groupby(frame[category])
    return {f"category={value}": indices_of(names, image_ids) for value, names in members}
