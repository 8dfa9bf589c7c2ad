"""LAPIS: the LightningDataModule."""

from __future__ import annotations

from piaa_lightning.data import splits
from piaa_lightning.data.readers import lapis
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule


class LAPIS(RatingsDataModule):
    """LAPIS: 11,723 artworks, 568 users, 283,860 ratings from 0 to 100.

    Source: Maerten, Chen, De Winter, Bossens, Wagemans, "LAPIS: a novel dataset for personalized image aesthetic
    assessment", CVPR Workshops 2025; github.com/Anne-SofieMaerten/LAPIS. For research. The embedded copy has the same
    drawn images as all others, no artworks.

    Layout: ``images/`` and ``annotation/``, as published or as in the older layout.

    Held out: the official test and validation lists of images, a fifth of the users for test and a tenth for
    validation.

    The arguments are those of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import LAPIS
        >>> data = LAPIS(size="tiny")
        >>> data.name
        'lapis, embedded tiny'
    """

    SOURCE = DatabaseSource(
        "lapis",
        read=lapis.read,
        hold_out=splits.users_and_images,
        split={"val_users": 0.1, "test_images": "test", "val_images": "val"},
        embedded="lapis",
    )
