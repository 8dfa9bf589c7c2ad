"""A published prior: a network, what users have in common, its config and its hash, in a directory of plain files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from piaa_lightning.errors import UserError
from piaa_lightning.photos.population import TENSORS, PopulationPrior
from piaa_lightning.photos.scoring_network import ScoringNetwork, scoring_network_of
from piaa_lightning.runtime.atomic import replace_file

FORMAT = 1
WEIGHTS, CONFIG, CARD = "prior.safetensors", "config.json", "README.md"
HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class PublishedModel:
    """What a user's taste starts from.

    Args:
        network: looks at images.
        users: what tastes have in common.
        config: everything that is not a tensor: the network's description, ``name``, ``data``, ``resize``, ``users``
            (prior_variances and origin), ``command`` and ``versions``.
    """

    network: ScoringNetwork
    users: PopulationPrior
    config: Mapping[str, Any]

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """All numbers by name."""
        named = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        named |= {f"people.{name}": value for name, value in self.users.tensors().items()}
        return {name: value.detach().cpu().contiguous() for name, value in sorted(named.items())}

    @cached_property
    def hash(self) -> str:
        """Names the prior by all that scores depend on; a personal file remembers it."""
        told = {name: self.config[name] for name in sorted(self.config) if name not in ("name", "command", "versions")}
        content = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        for name, value in self.tensors.items():
            content.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
            content.update(value.numpy().tobytes())
        return content.hexdigest()

    def rows(self, images: Tensor) -> Tensor:
        """Describe squashed images, see `Users.rows`; differentiable.

        Args:
            images: ``(batch, 3, size, size)`` uint8, or normalised floats.
        """
        return self.users.rows(*self.network(images.contiguous(memory_format=torch.channels_last)))

    def save(self, directory: Path, card: str) -> None:
        """Write safetensors, config and model card."""
        replace_file(directory / WEIGHTS, save(self.tensors, metadata={"format": "piaa_lightning prior"}))
        replace_file(directory / CARD, card.encode())
        config = {"format": FORMAT, "hash": self.hash, **self.config}
        replace_file(directory / CONFIG, json.dumps(config, indent=2).encode())  # last: now it is a prior


def load_prior(directory: Path) -> PublishedModel:
    """Read a published prior.

    Raises:
        UserError: there is none, or its files are damaged, do not fit together or are of another version.
    """
    config = _config(directory)
    if config.pop("format", None) != FORMAT:
        raise UserError(f"prior={directory}: it was published by another version of the program; export it again.")
    told = config.pop("hash", "")
    try:
        tensors = load((directory / WEIGHTS).read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"prior={directory}: {WEIGHTS} is missing; copy the whole directory again.") from error
    except Exception as error:  # whatever a damaged file makes the loader raise
        raise UserError(f"prior={directory}: {WEIGHTS} cannot be read ({error}); copy it again.") from error
    try:
        network = scoring_network_of(config)
        network.load_state_dict(_below(tensors, "network."))
        prior_variances = {int(shots): float(width) for shots, width in config["people"]["prior_variances"].items()}
        numbers = _below(tensors, "people.")
        users = PopulationPrior(
            **{name: numbers[name] for name in TENSORS},
            prior_variances=prior_variances,
            learnt_from=config["people"]["of"],
        )
    except UserError as error:
        raise UserError(f"prior={directory}: {error}") from error
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).split("\n")[0]
        raise UserError(f"prior={directory}: its files do not fit together ({reason}); copy them again.") from error
    # the layout in which convolutions on a CPU take three quarters of the time
    prior = PublishedModel(network.requires_grad_(False).to(memory_format=torch.channels_last), users, config)
    if prior.hash != told:
        raise UserError(
            f"prior={directory}: its weights are not those that its config was written with; copy it again."
        )
    return prior


def _config(directory: Path) -> dict[str, Any]:
    try:
        config = json.loads((directory / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"prior={directory}: there is no published prior (no {CONFIG}); make one with mode=export."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"prior={directory}: {CONFIG} cannot be read ({error}); copy it again.") from error
    if not isinstance(config, dict):
        raise UserError(f"prior={directory}: {CONFIG} is no config of a prior; copy it again.")
    return config


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def prior_directory(place: str) -> Path:
    """Return the directory of a prior that is named by a path, or by an id on the hub, which is downloaded.

    Raises:
        UserError: it is neither, or the hub cannot be reached.
    """
    path = Path(place).expanduser()
    if path.exists() or not HUB.fullmatch(place):
        return path.parent if path.is_file() else path
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(place, allow_patterns=[WEIGHTS, CONFIG, CARD]))
    except Exception as error:  # the hub's client raises a different family of errors for every way to be offline
        raise UserError(
            f"prior={place}: there is no such directory, and the hub gave nothing of that name"
            f" ({type(error).__name__}); correct the path, or download it where there is a network."
        ) from error
