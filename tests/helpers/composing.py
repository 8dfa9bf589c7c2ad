"""Configurations, composed as the command line composes them."""

from __future__ import annotations

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from piaa_lightning.cli.configuration.schema import config_dir, register

# BLG-PIAA from the generic network alone, on a small network that starts from nothing: half the work of three starts.
FROM_GENERIC = ("experiment=blg_piaa", "backbone=small_cnn", "init_from=generic", "~methods.blg_generic")


def config_of(*overrides: str, with_hydra: bool = False) -> DictConfig:
    """What ``python -m piaa_lightning OVERRIDES`` would run; with Hydra's own keys, if wanted."""
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        return compose("config", list(overrides), return_hydra_config=with_hydra)
