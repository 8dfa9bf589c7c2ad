"""A published model: networks, what users have in common, its config and its hash, in a directory of plain files."""

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
from piaa_lightning.photos.images.networks import PhotoNetworks, networks_of
from piaa_lightning.photos.learning.folder_prior import FolderPrior
from piaa_lightning.photos.learning.learnt_prior import LearntPrior
from piaa_lightning.photos.learning.population import PopulationPrior
from piaa_lightning.runtime.files.atomic import replace_file

FORMAT = 2
WEIGHTS, CONFIG, CARD = "prior.safetensors", "config.json", "README.md"
DIGEST = re.compile(r"[0-9a-f]{64}")
HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
KINDS: dict[str, type[FolderPrior] | type[LearntPrior]] = {"folder": FolderPrior, "learnt": LearntPrior}


@dataclass(frozen=True)
class PublishedModel:
    """What a user's taste starts from.

    Args:
        networks: look at images.
        population: what tastes have in common.
        config: for people: ``name``, ``data`` (what it has learnt from), ``command`` and ``versions``.
    """

    networks: PhotoNetworks
    population: PopulationPrior
    config: Mapping[str, Any]

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """All numbers by name; weights that are half precision anyway are kept so."""
        named = {f"network.{name}": _halved(value) for name, value in self.networks.backbone.state_dict().items()}
        named |= {f"people.{name}": value for name, value in self.population.tensors().items()}
        return {name: value.detach().cpu().contiguous() for name, value in sorted(named.items())}

    @property
    def told(self) -> dict[str, Any]:
        """Everything that scores depend on and that is not a tensor."""
        people = {
            "kind": self.population.kind,
            "learnt_from": self.population.learnt_from,
            "numbers": dict(self.population.numbers()),
        }
        return {"networks": self.networks.description, "people": people}

    @cached_property
    def hash(self) -> str:
        """Names the model by all that scores depend on."""
        content = hashlib.sha256(json.dumps(self.told, sort_keys=True).encode())
        for name, value in self.tensors.items():
            content.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
            content.update(value.numpy().tobytes())
        return content.hexdigest()

    def save(self, directory: Path, card: str) -> None:
        """Write safetensors, config and model card; a model that was there stays one until this one is whole."""
        pending = _pending(directory, self.hash)
        replace_file(pending, save(self.tensors, metadata={"format": "piaa_lightning prior"}))
        replace_file(directory / CARD, card.encode())
        config = {"format": FORMAT, "hash": self.hash, **self.told, **self.config}
        replace_file(directory / CONFIG, json.dumps(config, indent=2).encode())  # now it is this model
        pending.replace(directory / WEIGHTS)


def load_prior(directory: Path) -> PublishedModel:
    """Read a published model.

    Raises:
        UserError: there is none, or its files are damaged, do not fit together or are of another version.
    """
    config = _config(directory)
    if config.pop("format", None) != FORMAT:
        raise UserError(f"prior={directory}: it was published by another version of the program; export it again.")
    told = str(config.pop("hash", ""))
    pending = _pending(directory, told)  # of an export that was killed before its last step
    try:
        tensors = load((pending if pending.is_file() else directory / WEIGHTS).read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"prior={directory}: {WEIGHTS} is missing; copy the whole directory again.") from error
    except Exception as error:  # whatever a damaged file makes the loader raise
        raise UserError(f"prior={directory}: {WEIGHTS} cannot be read ({error}); copy it again.") from error
    try:
        networks = networks_of(config.pop("networks", None))
        _fill(networks, _below(tensors, "network."))
        people = config.pop("people")
        numbers = _below(tensors, "people.")
        population = KINDS[people["kind"]].read(numbers, people["numbers"], str(people["learnt_from"]))
    except UserError as error:
        raise UserError(f"prior={directory}: {error}") from error
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        reason = str(error).split("\n")[0]
        raise UserError(f"prior={directory}: its files do not fit together ({reason}); copy them again.") from error
    prior = PublishedModel(networks, population, config)
    if prior.hash != told:
        raise UserError(
            f"prior={directory}: its weights are not those that its config was written with; copy it again."
        )
    if bad := [name for name, value in prior.tensors.items() if not bool(torch.isfinite(value.float()).all())]:
        raise UserError(f"prior={directory}: {bad[0]} holds numbers that are none; export it again.")
    return prior


def _pending(directory: Path, digest: str) -> Path:
    """Return where weights lie until the config that they belong to is written."""
    return directory / (f".{digest}.safetensors" if DIGEST.fullmatch(digest) else WEIGHTS)


def _fill(networks: PhotoNetworks, tensors: Mapping[str, Tensor]) -> None:
    own = networks.backbone.state_dict()
    networks.backbone.load_state_dict(
        {name: value.to(own[name].dtype) if name in own else value for name, value in tensors.items()}
    )


def _halved(value: Tensor) -> Tensor:
    half = value.half()
    return half if value.dtype == torch.float32 and torch.equal(half.float(), value) else value


def _config(directory: Path) -> dict[str, Any]:
    try:
        config = json.loads((directory / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"prior={directory}: there is no published model (no {CONFIG}); make one with mode=export."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"prior={directory}: {CONFIG} cannot be read ({error}); copy it again.") from error
    if not isinstance(config, dict):
        raise UserError(f"prior={directory}: {CONFIG} is no config of a model; copy it again.")
    return config


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def prior_directory(place: str) -> Path:
    """Return the directory of a model that is named by a path, or by an id on the hub, which is downloaded.

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
