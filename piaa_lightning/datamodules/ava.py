"""AVA: the LightningDataModule."""

from __future__ import annotations

from piaa_lightning.data import splits
from piaa_lightning.data.readers import ava
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule


class AVA(RatingsDataModule):
    """AVA: 255,530 photographs, each with a histogram of votes from 1 to 10.

    Source: Murray, Marchesotti, Perronnin, "AVA: A Large-Scale Database for Aesthetic Visual Analysis", CVPR 2012;
    a torrent, see github.com/imfing/ava_downloader. For research.

    Layout: ``AVA.txt``, ``images/<id>.jpg``, and ``aesthetics_image_lists/`` and ``style_image_lists/`` where they were
    copied (all but the images may lie in ``AVA_dataset/``).

    Held out: the official list ``generic_test`` of 20,000 images, and 5 % of the others for validation. There are no
    ratings of single users, so nobody is personalised for; it serves ``scores``, ``distributions``, ``tags``,
    ``styles`` and ``pairs``.

    The arguments are those of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import AVA
        >>> data = AVA(size="tiny")
        >>> data.name
        'ava, embedded tiny'
    """

    SOURCE = DatabaseSource(
        "ava",
        read=ava.read,
        hold_out=splits.ava,
        embedded="ava",
        threshold=5,
    )
