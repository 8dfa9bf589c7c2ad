"""Groups of parameters that move in an inner loop, each with its rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.added import Added
from piaa_lightning.models.backbones.several import Backbones
from piaa_lightning.models.parameter_groups import names_by_group
from piaa_lightning.runtime.choices import check_choice

LAYERS = ("all", "last_stage", "head", "norm", "bias", "added")
LEARNED = "inner_rates"  # the submodule of a network that holds rates which Meta-SGD learnt; it never moves itself
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, nn.LayerNorm, nn.GroupNorm)


@dataclass(frozen=True)
class Group:
    """Parameters that share a rate.

    Args:
        names: of the parameters, in the network's order.
        rate: the inner learning rate alpha.
    """

    names: list[str]
    rate: float


def moving_groups(network: nn.Module, lr_by_part: Mapping[str, float], layers: str = "all") -> list[Group]:
    """Partition the parameters that move by the submodules that they belong to.

    Args:
        network: whose parameters move.
        lr_by_part: alpha by submodule, for instance ``{backbone: 1e-4, head: 1e-3}``; names may be dotted, and names
            that this network lacks are passed over.
        layers: ``all``, ``last_stage`` (see :func:`last_stage`) with the head, ``head``, ``norm`` (scales and
            shifts of normalisation layers), ``bias`` (all biases, as BitFit), or ``added`` (what LoRA and
            adapters add).

    Returns:
        The groups that hold at least one parameter, in the order of ``lr_by_part``.

    Raises:
        UserError: no such choice of layers, nothing moves, or a parameter without a rate.
    """
    names = _moving(network, layers)
    if not names:
        raise UserError(f"layers={layers}: nothing of this network would move; choose other layers.")
    groups = names_by_group(names, lr_by_part, "inner.lr_by_part")
    return [Group(members, float(lr_by_part[group])) for group, members in groups.items()]


def last_stage(backbone: nn.Module) -> list[nn.Module]:
    """Return the modules of a backbone's last stage: its last part with weights of its own, and what follows it.

    Parts are direct children; where a single child holds everything the search goes on inside it. For ResNet18 it is
    ``layer4``, for Inception-v3 ``Mixed_7c``, for AlexNet the fully connected layers, for the small CNN its projection;
    for several networks the last stage of each.

    Args:
        backbone: whose children follow one upon another.
    """
    if isinstance(backbone, Backbones):
        return [module for member in backbone.members for module in last_stage(member)]
    children = [child for child in backbone.children() if any(True for _ in child.parameters())]
    while len(children) == 1 and any(True for _ in children[0].children()):
        children = [child for child in children[0].children() if any(True for _ in child.parameters())]
    weighty = [n for n, child in enumerate(children) if any(p.dim() > 1 for p in child.parameters())]
    return children[weighty[-1] :] if weighty else []


def _moving(network: nn.Module, layers: str) -> list[str]:
    named = {name: p for name, p in network.named_parameters() if p.requires_grad and not _is_a_rate(name)}
    check_choice("layers", layers, LAYERS)
    if layers == "all":
        return list(named)
    if layers == "head":
        chosen = _parameters(network.get_submodule("head"))
    elif layers == "last_stage":
        backbone = getattr(network, "backbone", None)
        if backbone is None:
            raise UserError("layers=last_stage: this network has no backbone to move; choose all or head.")
        chosen = _parameters(network.get_submodule("head"), *last_stage(backbone))
    elif layers == "norm":
        norms = [module for module in network.modules() if isinstance(module, NORMS)]
        chosen = {id(parameter) for module in norms for parameter in module.parameters(recurse=False)}
    elif layers == "bias":
        chosen = {id(parameter) for name, parameter in named.items() if name.rpartition(".")[2] == "bias"}
    else:
        chosen = _parameters(*[module for module in network.modules() if isinstance(module, Added)])
    return [name for name, parameter in named.items() if id(parameter) in chosen]


def _parameters(*modules: nn.Module) -> set[int]:
    return {id(parameter) for module in modules for parameter in module.parameters()}


def _is_a_rate(name: str) -> bool:
    return name.split(".")[0] == LEARNED
