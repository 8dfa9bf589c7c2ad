"""FLICKR-AES: the LightningDataModule."""

from __future__ import annotations

from piaa_lightning.data import splits
from piaa_lightning.data.readers import flickr_aes
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule


class FlickrAES(RatingsDataModule):
    """FLICKR-AES: 40,988 photographs, 210 users, 193,208 ratings from 1 to 5.

    Source: Ren, Shen, Lin, Mech, Foran, "Personalized Image Aesthetics", ICCV 2017;
    github.com/alanspike/personalizedImageAesthetics links to the files. For research; the photographs are under
    Creative Commons licences.

    Layout: ``40K/`` with the photographs, ``FLICKR-AES_image_labeled_by_each_worker.csv`` and
    ``FLICKR-AES_image_score.txt``; or all of it below ``FLICKR-AES-001/``.

    Held out: the 37 test users of the published split, 17 validation users among the others, and the images of both.

    The arguments are those of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import FlickrAES
        >>> data = FlickrAES(size="tiny")
        >>> data.name
        'flickr_aes, embedded tiny'
    """

    SOURCE = DatabaseSource(
        "flickr_aes",
        read=flickr_aes.read,
        hold_out=splits.flickr_aes,
        embedded="flickr_aes",
    )
