"""FLICKR-AES: 40,988 Flickr images rated 1 to 5 by 210 workers, 193,208 ratings (Ren et al., ICCV 2017)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble

RATINGS = ("FLICKR-AES_image_labeled_by_each_worker.csv", "FLICKR-AES-001/FLICKR-AES_image_labeled_by_each_worker.csv")
SCORES = ("FLICKR-AES_image_score.txt", "FLICKR-AES-001/FLICKR-AES_image_score.txt")
IMAGES = ("40K", "FLICKR-AES-001/40K")
SCALE = Scale(1, 5)


def read(root: Path | str, max_missing: float = 0.01) -> RatingTable:
    """Read an unpacked copy of FLICKR-AES.

    Source: Ren, Shen, Lin, Mech, Foran, "Personalized Image Aesthetics", ICCV 2017.
    Copies differ in a leading space in the name of the csv, spaces in its header, and where ``40K/`` lies.
    An image is kept when it lies on disk and has a rating or a published score.

    Args:
        root: the directory that holds ``40K/`` (or ``FLICKR-AES-001/40K/``), the csv of ratings and the scores.
        max_missing: greatest share of labelled images that may be absent from disk, 0..1.

    Returns:
        The ratings, and in ``image_score`` the published averages, ``(images,)`` in [0, 1].

    Raises:
        UserError: a file or a column is absent, a value is outside its range, or too many images are missing.
    """
    root = Path(root)
    source = files.find(root, RATINGS)
    frame = files.read_csv(source, ["worker", "imagePair", "score"])
    ratings = pd.DataFrame(
        {
            "user": files.ids(frame["worker"], source),
            "image": files.names(frame["imagePair"], source),
            "score": files.numbers(frame["score"], source, SCALE.low, SCALE.high),
        }
    )
    published = _published_scores(files.find(root, SCORES))
    folder = files.find(root, IMAGES, directory=True)
    before = files.below(root, folder)
    on_disk = files.on_disk(folder, before)
    table = assemble("flickr_aes", root, ratings, on_disk, SCALE, source, max_missing, also=published.index)
    return replace(table, image_score=published.reindex(table.image_ids).to_numpy(dtype=np.float32))


def _published_scores(path: Path) -> pd.Series[float]:
    frame = files.read_fields(path, 2)
    scores = files.numbers(frame[1].rename("score"), path, 0, 1)
    return pd.Series(scores, index=files.names(frame[0].rename("image"), path)).groupby(level=0).first()
