"""REAL-CUR: the LightningDataModule."""

from __future__ import annotations

from piaa_lightning.data import splits
from piaa_lightning.data.readers import real_cur
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule


class RealCUR(RatingsDataModule):
    """REAL-CUR: 14 personal albums of about 200 photographs, rated from 1 to 5 by their owners.

    Source: Ren, Shen, Lin, Mech, Foran, "Personalized Image Aesthetics", ICCV 2017; comes with FLICKR-AES.

    Layout: ``<album>/<score>/<image>``, or the same with a csv of ``worker,image_name,score``.

    Held out: users with all of their images, since every album is one user's own.

    The arguments are those of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import RealCUR
        >>> data = RealCUR(size="tiny")
        >>> data.name
        'real_cur, embedded tiny'
    """

    SOURCE = DatabaseSource(
        "real_cur",
        read=real_cur.read,
        hold_out=splits.users_only,
        split={"test_users": 0.3, "val_users": 0.15},
        embedded="real_cur",
    )
