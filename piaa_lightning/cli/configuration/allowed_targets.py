"""Allow a configuration to make named kinds of classes and functions, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from piaa_lightning.errors import UserError

PACKAGE = "piaa_lightning"
# Parts of this package whose classes and functions are there to be named; others write, delete or start processes.
OURS = (
    "acquisition",
    "callbacks",
    "cli.failed_jobs",
    "data.datasets",
    "data.readers",
    "data.splits",
    "datamodules",
    "estimators",
    "evaluation.protocol",
    "evaluation.support_choice",
    "losses",
    "meta",
    "metrics",
    "models",
    "personalizers",
    "runtime.loggers",
    "tasks",
)
# Where a library's names may be looked for, and the kinds that may be made of what is found there. Functions and
# methods are no kind: `TorchCheckpointIO.load_checkpoint` reads pickles.
LIBRARIES = ("pytorch_lightning", "lightning_fabric.plugins", "torch.nn", "torch.optim", "torchmetrics")
KINDS = {
    "pytorch_lightning.trainer.trainer.Trainer",
    "pytorch_lightning.callbacks.callback.Callback",
    "pytorch_lightning.loggers.logger.Logger",
    "pytorch_lightning.profilers.profiler.Profiler",
    "pytorch_lightning.strategies.strategy.Strategy",
    "lightning_fabric.plugins.environments.cluster_environment.ClusterEnvironment",
    "lightning_fabric.plugins.precision.precision.Precision",
    "lightning_fabric.plugins.io.checkpoint_io.CheckpointIO",
    "torch.nn.modules.module.Module",
    "torch.optim.optimizer.Optimizer",
    "torch.optim.lr_scheduler.LRScheduler",
    "torchmetrics.metric.Metric",
}
VARIABLE = "PIAA_TARGETS"  # of the environment, where no configuration reaches: further modules, separated by commas
# Options that have a network read a file in its own way, perhaps as a pickle; files are named by `weights`.
FILE_OPTIONS = ("checkpoint_path", "pretrained_cfg", "pretrained_cfg_overlay")


def refuse_strange_targets(config: Any) -> None:
    """Stop before anything is made where a configuration names something else, for instance a system command.

    A configuration may come from somebody else, and ``_target_`` calls whatever it names.

    Args:
        config: dictionaries, lists and values, with nothing left to resolve: what is made must be made of the same.

    Raises:
        UserError: there is such a name, or nothing of that name.
    """
    for key, name, value in _entries(config, ""):
        if name == "_target_":
            _refuse_target(f"{key}{name}", str(value))


def refuse_file_options(config: Any) -> None:
    """Stop where an option would have a network read a file in its own way.

    Args:
        config: dictionaries, lists and values, with nothing left to resolve.

    Raises:
        UserError: there is such an option.
    """
    for key, name, value in _entries(config, ""):
        if name in FILE_OPTIONS and value not in (None, ""):
            raise UserError(
                f"{key}{name}={value}: a network reads no file by an option, since some run what is in it; name the"
                " file with backbone.weights=FILE."
            )


def _refuse_target(key: str, target: str) -> None:
    own = [name for name in os.environ.get(VARIABLE, "").split(",") if name]
    parts = target.split(".")
    allowed = _within(target, (PACKAGE, *LIBRARIES, *own)) and not any(part.startswith("_") for part in parts)
    if allowed:
        try:
            made = _located(target)
        except ImportError as error:
            raise UserError(f"{key}={target}: there is no such thing; correct the name.") from error
        # what cannot be called does nothing: a metric of one's own is such a thing
        allowed = _is_allowed(made, own) or (_within(target, own) and not callable(made))
    if not allowed:
        raise UserError(
            f"{key}={target}: a configuration makes things of this package, of Lightning and of torch alone (classes of"
            " networks, optimizers, callbacks, loggers and the like); for your own package set the environment"
            f" variable {VARIABLE} to its name."
        )


def _is_allowed(made: Any, own: list[str]) -> bool:
    """Say whether what a name leads to is of a kind that may be made: a module of ours imports others' things, too."""
    module = str(getattr(made, "__module__", ""))
    if _within(module, own):
        return True
    if "." in str(getattr(made, "__qualname__", ".")):  # a method, or something within another
        return False
    if _within(module, [f"{PACKAGE}.{part}" for part in OURS]):
        return True
    return isinstance(made, type) and any(f"{kind.__module__}.{kind.__qualname__}" in KINDS for kind in made.__mro__)


def _located(target: str) -> Any:
    """Find what Hydra will find: a name in a module goes before a module below it."""
    first, *parts = target.split(".")
    found, path = import_module(first), first
    for part in parts:
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else import_module(path)
    return found


def _within(name: str, modules: Any) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _entries(node: Any, key: str) -> Iterator[tuple[str, str, Any]]:
    """Yield everything in a configuration: where it stands, its name, and its value."""
    named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in named:
        yield key, str(name), value
        yield from _entries(value, f"{key}{name}.")
