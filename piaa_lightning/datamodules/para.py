"""PARA: the LightningDataModule."""

from __future__ import annotations

from piaa_lightning.data import splits
from piaa_lightning.data.readers import para
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule


class PARA(RatingsDataModule):
    """PARA: 31,220 photographs, 438 users with their Big Five, 807,586 ratings from 1 to 5 in halves.

    Source: Yang, Xu, Li, Qie, Li, Zhang, Guo, "Personalized Image Aesthetics Assessment with Rich Attributes",
    CVPR 2022; a form at cv-datasets.institutecv.com. For research.

    Layout: ``imgs/<session>/<name>`` and ``annotation/``.

    Held out: the official list ``giaa_test`` and a tenth of the other images, a tenth of the users for test and as many
    for validation, among those with 160 ratings.

    The arguments are those of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import PARA
        >>> data = PARA(size="tiny")
        >>> data.name
        'para, embedded tiny'
    """

    SOURCE = DatabaseSource(
        "para",
        read=para.read,
        hold_out=splits.para,
        embedded="para",
    )
