"""Groups of parameters by learning rate, named by submodules; they are checked to be a partition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

from piaa_lightning.errors import UserError

REST = "rest"


def names_by_group(
    names: Iterable[str], lr_by_part: Mapping[str, float], key: str = "lr_by_part"
) -> dict[str, list[str]]:
    """Sort the names of parameters into groups; the longest submodule that a parameter lies below takes it.

    NOTE: the authors' groups leave a whole branch of PA_IAA at another branch's rate by accident, because nothing asks
    whether they cover the model. Here every parameter is in exactly one group, or the run stops.

    Args:
        names: of parameters, dotted.
        lr_by_part: learning rates by submodule, for instance ``{backbone: 1e-4, head: 1e-3}``; names may be dotted,
            names that the network lacks (a backbone where features are frozen) take nothing, and ``rest`` takes
            whatever lies below no other.
        key: where the lr_by_part stand in the configuration, for errors.

    Returns:
        The groups that hold a parameter, in the order of ``lr_by_part``.

    Raises:
        UserError: a parameter lies below none of the names.
    """
    groups: dict[str, list[str]] = {group: [] for group in lr_by_part}
    for name in names:
        covering = [group for group in lr_by_part if name == group or name.startswith(f"{group}.")]
        covering = covering or [group for group in lr_by_part if group == REST]
        if not covering:
            raise UserError(
                f"{key}: no rate covers {name}, which moves; add one for {name.split('.')[0]} to"
                f" {', '.join(lr_by_part) or 'the empty list'}."
            )
        groups[max(covering, key=len)].append(name)
    return {group: members for group, members in groups.items() if members}


def optimizer_groups(module: nn.Module, lr_by_part: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the moving parameters as torch's optimisers take them, each group with its learning rate."""
    moving = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    groups = names_by_group(moving, lr_by_part, "task.module.lr_by_part")
    return [{"params": [moving[name] for name in names], "lr": lr_by_part[group]} for group, names in groups.items()]
