"""Open the databases of a run: what lies on disk becomes tables, splits, and inputs for networks."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.data.images.inputs import Features, Inputs, Source
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.validation.leaks import refuse_shared_photos, without_shared_photos
from piaa_lightning.datamodules.ratings_module import RatingsDataModule
from piaa_lightning.errors import UserError, at_key
from piaa_lightning.models.feature_extractor import FeatureExtractor
from piaa_lightning.pipeline.specs.specs import RunSpec

log = logging.getLogger(__name__)

MAIN = "main"
RUN_KEYS = ("workers", "redistribute")  # of `data`, which the run reads


@dataclass(frozen=True)
class Data:
    """One database, ready to be learnt from and evaluated on.

    Args:
        name: what was read, for instance ``flickr_aes, embedded demo``; on every table and figure.
        table: of ratings.
        split: who and what is held out.
        inputs: images or frozen features.
        threshold: between good and bad images, in [0, 1].
    """

    name: str
    table: RatingTable
    split: Split
    inputs: Inputs
    threshold: float = 0.5

    def fingerprint(self) -> str:
        """Identify labels, split and images: what was trained on one does not fit another."""
        table = self.table
        content = hashlib.sha256(self.split.hash(table).encode())
        labels = (table.image_score, table.distribution, table.attributes, table.traits)
        for array in (table.user, table.image, table.score, *labels):
            content.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        content.update("\n".join(table.image_files).encode())
        for source in (self.inputs.evaluation, self.inputs.training):
            content.update(source.values.numpy().tobytes() if isinstance(source, Features) else _key(source))
        return content.hexdigest()


def _key(source: Source | None) -> bytes:
    """Name images by their files' sizes and times; images that are kept in memory only have no such name."""
    return str(getattr(source, "key", None)).encode()


class Databases:
    """The database that users are evaluated on, and others that tasks learn from.

    All are seen through the same feature extractor; the main database is opened first. No image that one database is
    evaluated on is learnt from in another: the run stops, or such images are left out and counted in the split's
    description.

    Args:
        spec: of the run; ``data`` is the main database, ``databases`` holds others by name.
        extractor: decides at which sizes images are stored, and makes frozen features of them.
        device: where networks run.

    Raises:
        UserError: anything about a database, its split or its images that a user can mend.
    """

    def __init__(self, spec: RunSpec, extractor: FeatureExtractor, device: torch.device) -> None:
        self.spec = spec
        self.extractor = extractor
        self.device = device
        self.opened: dict[str, Data] = {}
        self._open_all({MAIN: spec.data, **spec.databases})

    @property
    def main(self) -> Data:
        """The database that users are evaluated on."""
        return self.opened[MAIN]

    def get(self, name: str | None) -> Data:
        """Return a database by its name below ``databases``; None is the main one.

        Raises:
            UserError: there is none of that name.
        """
        if name is not None and name not in self.opened:
            has = ", ".join(key for key in self.opened if key != MAIN) or "none"
            raise UserError(f"databases: there is no {name} (there is {has}); add it with +data@databases.{name}=NAME.")
        return self.opened[name or MAIN]

    def _open_all(self, configs: Mapping[str, DictConfig]) -> None:
        same: dict[str, Data] = {}  # one database under two names is opened once
        for name, config in configs.items():
            key = OmegaConf.to_yaml(config, resolve=True)
            if key not in same:
                same[key] = self._open(config)
            self.opened[name] = same[key]
        evaluated = {method.database or MAIN for method in self.spec.methods.values()}
        for name, data in self.opened.items():
            for other in evaluated & set(self.opened):
                if self.opened[other] is not data:
                    self.opened[name] = self._guarded(self.opened[name], self.opened[other])

    def _open(self, config: DictConfig) -> Data:
        module = data_module(config, self.spec.cache)
        with at_key("data"):
            if self.extractor.frozen:
                images = module.images_at(self.extractor.sizes)
                inputs = Inputs(Features(self.extractor.features_of(images, module.split.train_images)))
            else:
                inputs = module.inputs_at(self.extractor.size, cut_on_device=self.device.type != "cpu")
        return Data(module.name, module.table, module.split, inputs, module.unit_threshold)

    def _guarded(self, learnt: Data, evaluated: Data) -> Data:
        """Keep what is evaluated on in one database out of what is learnt from in the other."""
        if self.spec.on_shared_photos == "drop":
            split = without_shared_photos(learnt.table, learnt.split, evaluated.table, evaluated.split)
            if split is not learnt.split:
                log.warning("%s: %s", learnt.name, split.description)
            return replace(learnt, split=split)
        refuse_shared_photos(learnt.table, learnt.split, evaluated.table, evaluated.split)
        return learnt


def read_table(data: DictConfig, cache: Path) -> tuple[RatingTable, str]:
    """Read the database at ``data.root``, or its embedded copy.

    Returns:
        The table, and the name that says which of the two it is.
    """
    module = data_module(data, cache)
    with at_key("data"):
        return module.table, module.name


def data_module(data: DictConfig, cache: Path) -> RatingsDataModule:
    """Make the LightningDataModule that ``data._target_`` names.

    Args:
        data: the composed database; what it holds beside ``_target_`` are the arguments of that class, with ``seed``
            for the seed of the embedded copy. ``workers`` and ``redistribute`` are the run's.
        cache: directory for everything that can be made again.

    Raises:
        UserError: a value that a key cannot have.
    """
    arguments = module_arguments(data)
    target = arguments.pop("_target_")
    for part in ("reader", "split"):
        if "_target_" in (arguments.get(part) or {}):
            arguments[part] = instantiate(data[part])
    with at_key("data"):
        module: RatingsDataModule = get_class(target)(cache_dir=cache, **arguments)
    return module


def module_arguments(data: DictConfig) -> dict[str, Any]:
    """Return ``_target_`` and arguments of a database's LightningDataModule, less what is the run's."""
    given = OmegaConf.to_container(data, resolve=True)
    assert isinstance(given, dict)
    arguments = {str(key): value for key, value in given.items() if key not in RUN_KEYS}
    if "seed" in arguments:  # of the embedded copy; the module's own is that of the order in training
        arguments["embedded_seed"] = arguments.pop("seed")
    return arguments
