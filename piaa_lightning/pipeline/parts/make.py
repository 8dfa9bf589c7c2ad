"""Make what the configuration names, and refuse arguments that the named things do not take.

Hydra calls whatever ``_target_`` names. What it may name is decided in `cli.configuration.allowed_targets`, before
anything is made.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate

from piaa_lightning.errors import UserError, at_key
from piaa_lightning.pipeline.specs.spec_reader import nearest

HYDRA = ("_target_", "_partial_", "_args_", "_convert_", "_recursive_")  # keys that are Hydra's own
NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def make(config: Any, key: str) -> Any:
    """Make what a part of the configuration names; a mistake that its maker tells stays that sentence.

    Args:
        config: with ``_target_``.
        key: where it stands in the configuration; errors about arguments begin with it.

    Raises:
        UserError: whatever the thing itself says of its arguments.
    """
    try:
        with at_key(key):
            return instantiate(config)
    except InstantiationException as error:
        cause: BaseException = error
        while cause.__cause__ is not None and not isinstance(cause, UserError):
            cause = cause.__cause__
        if isinstance(cause, UserError):
            inside = re.findall(r"full_key: (\S+)", str(error))  # Hydra tells which of the things within it was
            with at_key(inside[-1] if inside else key):
                raise cause from error
        raise


def refuse_unknown_arguments(config: Any, key: str = "") -> None:
    """Stop before anything is read where a thing is given an argument that it does not take.

    Args:
        config: dictionaries, lists and values, with nothing left to resolve.
        key: where it stands in the configuration.

    Raises:
        UserError: there is such an argument; the sentence has its full key and the nearest name.
    """
    if isinstance(config, Mapping):
        if "_target_" in config:
            _refuse_unknown(config, key)
        for name, value in config.items():
            refuse_unknown_arguments(value, f"{key}.{name}" if key else str(name))
    elif isinstance(config, Sequence) and not isinstance(config, str):
        for number, value in enumerate(config):
            refuse_unknown_arguments(value, f"{key}.{number}")


def refuse_impossible_steps(config: Any, key: str = "") -> None:
    """Stop where an optimizer or a schedule does not take its settings, a negative learning rate for instance.

    Each is made once, for a network of one number, and thrown away.

    Args:
        config: dictionaries, lists and values, with nothing left to resolve.
        key: where it stands in the configuration.

    Raises:
        UserError: the sentence has the key, and what the library says.
    """
    if not isinstance(config, Mapping):
        return
    for name, value in config.items():
        full = f"{key}.{name}"
        if name == "optimizer" and isinstance(value, Mapping) and str(value.get("_target_")).startswith("torch.optim."):
            try:
                made = get_object(value["_target_"])
                made([torch.nn.Parameter(torch.zeros(1))], **{k: v for k, v in value.items() if k not in HYDRA})
            except (ValueError, TypeError, RuntimeError, OverflowError) as error:
                raise UserError(f"{full}: {' '.join(str(error).split())}; correct its settings.") from error
        refuse_impossible_steps(value, full)


def _refuse_unknown(config: Mapping[Any, Any], key: str) -> None:
    takes = _arguments_of(str(config["_target_"]))
    if takes is None:
        return
    for name in map(str, config):
        if name not in takes and name not in HYDRA:
            target = str(config["_target_"]).rsplit(".", 1)[-1]
            raise UserError(f"{key}.{name}: {target} takes no such argument{nearest(name, takes)}.")


def _arguments_of(target: str) -> list[str] | None:
    """Return the names of a thing's arguments; None where it takes any, or tells nothing of them."""
    try:
        parameters = inspect.signature(get_object(target)).parameters.values()
    except (TypeError, ValueError):  # made in C
        return None
    if any(parameter.kind == inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters if parameter.kind in NAMED]
