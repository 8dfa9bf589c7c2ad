"""EVA: the LightningDataModule."""

from __future__ import annotations

from piaa_lightning.data import splits
from piaa_lightning.data.readers import eva
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule


class EVA(RatingsDataModule):
    """EVA: 4,070 photographs from AVA, 1,094 users, 136,943 ratings from 0 to 10.

    Source: Kang, Valenzise, Dufaux, "EVA: An Explainable Visual Aesthetics Dataset", ATQAM/MAST 2020;
    github.com/kang-gnak/eva-dataset, CC0.

    Layout: ``votes_filtered.csv`` and ``users.csv`` (or ``data/`` with them) and ``EVA_together/``.

    Held out: no split was published. Half of the images and a tenth of the users for test, a fifth and a twentieth for
    validation.

    The arguments are those of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import EVA
        >>> data = EVA(size="tiny")
        >>> data.name
        'eva, embedded tiny'
    """

    SOURCE = DatabaseSource(
        "eva",
        read=eva.read,
        hold_out=splits.users_and_images,
        split={"test_users": 0.1, "val_users": 0.05, "test_images": 0.5},
        embedded="eva",
    )
