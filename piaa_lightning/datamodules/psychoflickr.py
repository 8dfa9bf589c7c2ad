"""PsychoFlickr: the LightningDataModule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piaa_lightning.data import splits
from piaa_lightning.data.readers import psychoflickr
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule, Reader


class PsychoFlickr(RatingsDataModule):
    """PsychoFlickr: 300 users, 200 favourites of each, and their Big Five.

    Source: Cristani, Vinciarelli, Segalin, Perina, "Unveiling the multimedia unconscious: implicit cognitive processes
    and multimedia content analysis", ACM MM 2013; from the authors on request. For research.

    Layout: ``traits.csv`` (``user,O,C,E,A,N``) beside a directory of images per user; or one ``*.txt`` whose lines are
    ``<user>/<image> O C E A N``.

    Held out: a fifth of the users for test and a tenth for validation, with all of their favourites. Nobody says what
    they dislike, so nobody is evaluated on a rank correlation; it serves ``liked``.

    Args:
        root: as `RatingsDataModule`, whose other arguments are taken as well.
        trait_range: least and greatest value that a trait can have in the files; they become -1 and 1.
        traits: as ``attributed`` by others or as the users see themselves (``self``).
        options: the arguments of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import PsychoFlickr
        >>> PsychoFlickr(size="tiny").table.trait_names
        ('O', 'C', 'E', 'A', 'N')
    """

    SOURCE = DatabaseSource("psychoflickr", read=psychoflickr.read, hold_out=splits.users_only, embedded="psychoflickr")

    def __init__(
        self,
        root: Any = None,
        size: str = "demo",
        *,
        trait_range: Sequence[float] = (1, 5),
        traits: str = "attributed",
        reader: Mapping[str, Any] | Reader | None = None,
        **options: Any,
    ) -> None:
        if reader is None or isinstance(reader, Mapping):
            reader = {"trait_range": trait_range, "traits": traits, **(reader or {})}
        super().__init__(root, size, reader=reader, **options)
