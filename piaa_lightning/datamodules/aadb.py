"""AADB: the LightningDataModule."""

from __future__ import annotations

from piaa_lightning.data import splits
from piaa_lightning.data.readers import aadb
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule


class AADB(RatingsDataModule):
    """AADB: 9,958 photographs with an average score and eleven attributes.

    Source: Kong, Shen, Lin, Mech, Fowlkes, "Photo Aesthetics Ranking Network with Attributes and Content Adaptation",
    ECCV 2016; github.com/aimerykong/deepImageAestheticsAnalysis links to the files. For research; the photographs are
    under Creative Commons licences.

    Layout: ``imgListFiles_label/`` and ``datasetImages_originalSize/`` (or ``_warp256/``), or the images and one csv.

    Held out: the official test and validation lists. There are no ratings of single users; it serves ``scores``,
    ``attributes`` and ``pairs``.

    The arguments are those of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import AADB
        >>> data = AADB(size="tiny")
        >>> data.name
        'aadb, embedded tiny'
    """

    SOURCE = DatabaseSource(
        "aadb",
        read=aadb.read,
        hold_out=splits.random_images,
        split={"test_images": "test", "val_images": "validation"},
        embedded="aadb",
    )
