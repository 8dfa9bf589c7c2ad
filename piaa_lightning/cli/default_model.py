"""The model that photographs are seen through where none is named, for the command line without Hydra's keys."""

from __future__ import annotations

from pathlib import Path

from piaa_lightning.photos.published_model import PublishedModel, load_prior, prior_directory


def open_model(place: str | None, cache: Path) -> tuple[PublishedModel, str]:
    """Open a published model.

    Args:
        place: its directory or id on the hub; None opens the one that ``mode=predict`` starts from by default.
        cache: the directory of what can be made again.

    Returns:
        The model, and a sentence about it that whoever sees a result should know; empty where there is none.

    Raises:
        UserError: it cannot be read.
    """
    if place is not None:
        return load_prior(prior_directory(place)), ""
    # the default is described by the configuration, which Hydra composes
    from hydra import compose, initialize_config_dir

    from piaa_lightning.cli.config_dir import config_dir
    from piaa_lightning.cli.overrides import quote
    from piaa_lightning.cli.schema import register
    from piaa_lightning.pipeline.open_published import open_prior

    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        cfg = compose("config", ["logger=none", f"paths.cache={quote(str(cache))}"])
    return open_prior(cfg)
