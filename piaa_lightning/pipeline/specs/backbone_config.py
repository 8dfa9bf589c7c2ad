"""The key ``backbone``: one network, or several that stand in a list, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from piaa_lightning.errors import UserError

OWN = ("name", "weights", "size", "options")  # of one network alone
SHARED = ("output", "layer")  # of all networks, unless one has its own


def settle_backbone(cfg: DictConfig, overrides: Sequence[str] = ()) -> None:
    """Turn what ``backbone=[a,b]`` composes into one node with a list of networks; once done it stays.

    Hydra merges the options of a list, so every file of ``conf/backbone`` also keeps its settings below ``networks``
    under its own name. Where one file was chosen, that copy goes; where several were, it is what is left, and ``name``
    becomes theirs, joined by a plus sign.

    Args:
        cfg: the composed configuration; ``backbone`` is changed in place.
        overrides: what was typed, where that is known: a key that is set to what it is anyway shows there alone.

    Raises:
        UserError: a key was set that belongs to one of several networks, or one of several where there is one.
    """
    net = cfg.backbone
    networks = net.get("networks")
    if not OmegaConf.is_dict(networks):
        return
    typed = [word.lstrip("+~").partition("=")[0] for word in overrides]
    with open_dict(cfg):
        if len(networks) == 1:
            for key in typed:
                if key.startswith("backbone.networks."):
                    raise UserError(f"{key}: one network was chosen; set backbone.{key.split('.', 3)[-1]}.")
            del net["networks"]
            return
        merged = OmegaConf.merge(*networks.values())
        assert isinstance(merged, DictConfig)
        own = any(word.startswith("backbone.networks.") for word in typed)  # then the copies may differ
        for key in OWN:
            for_all = any(f"{word}.".startswith(f"backbone.{key}.") for word in typed)
            if for_all or (not own and net.get(key) != merged.get(key)):
                raise UserError(
                    f"backbone.{key}={net.get(key)}: several networks were chosen ({', '.join(networks)}); say of which"
                    f" with backbone.networks.{next(iter(networks))}.{key}."
                )
        shared = {key: net[key] for key in SHARED}
        net.networks = [OmegaConf.merge(shared, own) for own in networks.values()]
        net.name = "+".join(str(own.name) for own in networks.values())
        for key in (*OWN[1:], *SHARED):
            del net[key]


def recipe_of_backbone(net: DictConfig) -> str:
    """Return the recipe that suits a backbone: ``pretrained`` where it has weights and moves, else ``small``.

    Args:
        net: the key ``backbone``, settled or not.
    """
    networks = net.get("networks")
    every = list(networks.values() if OmegaConf.is_dict(networks) else networks or [net])
    known = [net.get("weights")] if len(every) == 1 and "weights" in net else [own.weights for own in every]
    return "pretrained" if any(weights is not None for weights in known) and not net.frozen else "small"


def network_settings(net: DictConfig) -> list[dict[str, Any]]:
    """Return the settings of each network, as `build_backbone` takes them in a list.

    Args:
        net: the key ``backbone``, settled.
    """
    plain = OmegaConf.to_container(net, resolve=True)
    assert isinstance(plain, dict)
    every = plain.get("networks", [plain])
    return [{str(key): one[key] for key in (*OWN, *SHARED)} for one in every]
