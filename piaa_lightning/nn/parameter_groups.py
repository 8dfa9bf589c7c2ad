"""Which parameters learn at which rate: groups by the names of submodules, proven to partition what moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from piaa_lightning.errors import UserError


def groups_by_name(module: nn.Module, rates: Mapping[str, float]) -> dict[str, list[nn.Parameter]]:
    """Sort a module's parameters into groups; the longest name that a parameter lies below takes it.

    NOTE: the authors' code of PA_IAA misses the personality branch by accident and trains it at the backbone's rate;
    here every parameter that requires a gradient is in exactly one group, or the run stops.

    Args:
        module: a network.
        rates: names of submodules, dotted or not; ``""`` takes the rest. Names that the module lacks (a backbone where
            features are frozen) take nothing.

    Returns:
        The groups that hold a parameter, in the order of ``rates``.

    Raises:
        UserError: a parameter lies below none of the names.
    """
    groups: dict[str, list[nn.Parameter]] = {name: [] for name in rates}
    for path, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        owners = [name for name in rates if not name or path == name or path.startswith(f"{name}.")]
        if not owners:
            raise UserError(
                f"rates: the parameter {path} lies below none of {', '.join(rates)}; name its part of the network, or"
                ' "" for the rest.'
            )
        groups[max(owners, key=len)].append(parameter)
    return {name: parameters for name, parameters in groups.items() if parameters}


def optimizer_groups(module: nn.Module, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return groups as torch's optimisers take them, each with its learning rate."""
    return [{"params": parameters, "lr": rates[name]} for name, parameters in groups_by_name(module, rates).items()]
