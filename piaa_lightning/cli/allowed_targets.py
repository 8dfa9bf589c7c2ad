"""What a configuration may have made: things of this package and of a few modules of the libraries that it names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from piaa_lightning.errors import UserError

ALLOWED = (
    "piaa_lightning",
    "pytorch_lightning.Trainer",
    "pytorch_lightning.callbacks",
    "pytorch_lightning.loggers",
    "pytorch_lightning.plugins",
    "pytorch_lightning.profilers",
    "pytorch_lightning.strategies",
    "pytorch_lightning.trainer.trainer",
    "lightning_fabric.plugins",  # where Lightning's own names lead
    "torch.nn",
    "torch.optim",
    "torchmetrics",
)
VARIABLE = "PIAA_TARGETS"  # of the environment, where no configuration reaches: further modules, separated by commas


def refuse_strange_targets(config: Any) -> None:
    """Stop before anything is made where a configuration names something else, for instance a system command.

    A configuration may come from somebody else, and ``_target_`` calls whatever it names. Both the name and the module
    that the thing is really from have to be allowed: a module of ours imports others, which are reached through it.

    Args:
        config: dictionaries, lists and values, with nothing left to resolve.

    Raises:
        UserError: there is such a name, or nothing of that name.
    """
    own = [name for name in os.environ.get(VARIABLE, "").split(",") if name]
    for key, target in _targets(config, ""):
        allowed = _within(target, [*ALLOWED, *own])
        if allowed:
            try:
                made = _located(target)
            except ImportError as error:
                raise UserError(f"{key}={target}: there is no such thing; correct the name.") from error
            allowed = _within(str(getattr(made, "__module__", "")), [*ALLOWED, *own])
        if not allowed:
            raise UserError(
                f"{key}={target}: a configuration makes things of this package, of Lightning and of torch alone; for"
                f" your own package set the environment variable {VARIABLE} to its name."
            )


def _located(target: str) -> Any:
    """Find what Hydra will find: a name in a module goes before a module below it."""
    first, *parts = target.split(".")
    found, path = import_module(first), first
    for part in parts:
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else import_module(path)
    return found


def _within(name: str, modules: list[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _targets(node: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every ``_target_`` with its key."""
    named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in named:
        if name == "_target_":
            yield f"{key}{name}", str(value)
        else:
            yield from _targets(value, f"{key}{name}.")
