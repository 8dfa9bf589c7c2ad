"""The model that a user's taste starts from: a published one, or that of the package."""

from __future__ import annotations

from omegaconf import DictConfig

from piaa_lightning.errors import UserError
from piaa_lightning.photos.learning.built_in import open_model
from piaa_lightning.photos.learning.published_model import PublishedModel


def open_prior(cfg: DictConfig) -> tuple[PublishedModel, str]:
    """Return the model that ``prior`` names, or the one out of the box.

    Returns:
        The model, and a sentence on what its first order stands on; empty where the user has named it.

    Raises:
        UserError: it cannot be read, or a database is named that no model was published of yet.
    """
    if cfg.prior is None and cfg.data.root is not None:
        raise UserError(
            f"data.root={cfg.data.root} was given without a prior; publish one of it first with mode=export, then name"
            " its directory with prior=DIR."
        )
    return open_model(None if cfg.prior is None else str(cfg.prior))
