"""Find the directory of the configuration, without importing Hydra."""

from __future__ import annotations

from pathlib import Path

from piaa_lightning.errors import UserError


def config_dir() -> Path:
    """Return the directory that holds ``config.yaml``: inside an installed package, or beside it in a checkout.

    Raises:
        UserError: the installation is damaged.
    """
    package = Path(__file__).parents[2]
    for directory in (package / "conf", package.parent / "conf"):
        if (directory / "config.yaml").is_file():
            return directory
    raise UserError(f"{package}: the configuration (conf/config.yaml) is missing; install piaa_lightning again.")
