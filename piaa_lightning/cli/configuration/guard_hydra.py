"""What Hydra makes by itself, callbacks and loggers of its own section, is looked at like everything else.

Hydra makes these while it composes, before our code has seen the configuration. So the two functions through which it
does are exchanged, once: `hydra.utils.instantiate`, and what configures logging, which has no public name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hydra.utils
from hydra._internal import logging_config
from omegaconf import OmegaConf

from piaa_lightning.cli.configuration.allowed_targets import VARIABLE, refuse_strange_targets
from piaa_lightning.errors import UserError

CLASSES = (
    "logging.Formatter",
    "logging.StreamHandler",
    "logging.FileHandler",
    "logging.NullHandler",
    "logging.handlers.RotatingFileHandler",
    "logging.handlers.TimedRotatingFileHandler",
    "colorlog.ColoredFormatter",
)
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")

_instantiate = hydra.utils.instantiate
_configure_logging = logging_config.configure_logging


def guard_hydra() -> None:
    """Have everything that Hydra makes looked at first; may be called more than once."""
    hydra.utils.instantiate = instantiate
    logging_config.configure_logging = configure_logging


def instantiate(config: Any, *args: Any, **kwargs: Any) -> Any:
    """Make what a configuration names, of the very values that were looked at.

    Raises:
        UserError: it names something that may not be made.
    """
    if OmegaConf.is_config(config):
        plain = OmegaConf.to_container(config, resolve=True)
        refuse_strange_targets(plain)
        config = OmegaConf.create(plain, flags={"allow_objects": True})
    else:
        refuse_strange_targets(config)
    return _instantiate(config, *args, **kwargs)


def configure_logging(config: dict[str, Any]) -> None:
    """Set up logging, unless the configuration asks for more than messages in the terminal and in ``.log`` files.

    Raises:
        UserError: it names another class, stream or file.
    """
    own = [name for name in os.environ.get(VARIABLE, "").split(",") if name]
    for key, value in _values(config, "hydra logging: "):
        name = key.rpartition(".")[2]
        wrong = name in ("()", "class", "factory") and not (
            value in CLASSES or any(str(value).startswith(f"{module}.") for module in own)
        )
        wrong |= name == "filename" and not str(value).endswith(".log")
        wrong |= str(value).startswith(("ext://", "cfg://")) and value not in STREAMS
        if wrong:
            raise UserError(f"{key}={value}: a configuration writes messages to the terminal and to .log files alone.")
    _configure_logging(config)


def _values(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield every value that is no container, with its key."""
    named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list | tuple) else None
    if named is None:
        yield key, node
        return
    for name, value in named:
        yield from _values(value, f"{key}{'' if key.endswith(' ') else '.'}{name}")
