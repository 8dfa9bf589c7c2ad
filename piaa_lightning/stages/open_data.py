"""First stage: a database on disk becomes a table, a split, and inputs for the networks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from piaa_lightning.backbones.backbone import Backbone
from piaa_lightning.backbones.factory import build_backbone
from piaa_lightning.backbones.frozen import frozen_features, standardised
from piaa_lightning.data.inputs import Features, Inputs, Source
from piaa_lightning.data.pictures import open_pictures
from piaa_lightning.data.ratings import RatingTable, check
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import UserError
from piaa_lightning.synthetic import embedded


@dataclass(frozen=True)
class Data:
    """What every later stage stands on.

    Args:
        name: what was read, for instance ``flickr_aes, embedded demo``; on every table and figure.
        table: of ratings.
        split: who and what is held out.
        inputs: pictures or frozen features.
        backbone: a freshly built backbone; None where its features are frozen and already computed.
        features: length of a feature vector.
    """

    name: str
    table: RatingTable
    split: Split
    inputs: Inputs
    backbone: Backbone | None
    features: int

    def fingerprint(self) -> str:
        """Identify ratings, split, pictures and starting weights: what was trained on one does not fit another."""
        content = hashlib.sha256(self.split.hash(self.table).encode())
        for array in (self.table.user, self.table.image, self.table.score):
            content.update(np.ascontiguousarray(array).tobytes())
        content.update("\n".join(self.table.image_files).encode())
        for source in (self.inputs.evaluation, self.inputs.training):
            content.update(source.values.numpy().tobytes() if isinstance(source, Features) else _key(source))
        for name, value in [] if self.backbone is None else sorted(self.backbone.state_dict().items()):
            content.update(name.encode() + value.numpy().tobytes())
        return content.hexdigest()


def _key(source: Source | None) -> bytes:
    """Name pictures by their files' sizes and times; pictures that are kept in memory only have no such name."""
    return str(getattr(source, "key", None)).encode()


def open_data(cfg: DictConfig, device: torch.device) -> Data:
    """Read the database that the configuration names, split it, and decode its pictures once.

    Args:
        cfg: the composed configuration.
        device: where a frozen backbone runs.

    Raises:
        UserError: anything about the database, the split or the pictures that a person can mend.
    """
    cache = Path(cfg.paths.cache).expanduser()
    table, name = read_table(cfg.data, cache)
    backbone = build_backbone(cfg.backbone.name, cfg.backbone.weights, cfg.backbone.size, **cfg.backbone.options)
    size = backbone.size
    stored = size if cfg.backbone.frozen else round(size * cfg.data.stored)
    pictures = open_pictures(
        table.root,
        list(table.image_files),
        sorted({size, stored}),
        cache if cfg.data.cache == "disk" else None,
        resize=cfg.data.resize,
        max_broken=cfg.data.max_broken,
    )
    table = table.without_ratings_of(sorted(pictures[size].broken), "ratings of broken pictures")
    split: Split = instantiate(cfg.data.split)(table)
    if cfg.backbone.frozen:
        values = frozen_features(backbone, pictures[size], cache, device)
        features = standardised(values, split.train_images, cfg.backbone.components)
        return Data(name, table, split, Inputs(Features(features)), None, features.shape[1])
    return Data(name, table, split, Inputs(pictures[size], pictures[stored], size), backbone, backbone.features)


def read_table(data: DictConfig, cache: Path) -> tuple[RatingTable, str]:
    """Read the database at ``data.root``, or its embedded copy.

    Returns:
        The table, and the name that says which of the two it is.
    """
    if data.root is None:
        if data.embedded is None:
            raise UserError(f"data={data.name}: give the directory that holds the ratings, data.root=DIR.")
        root = embedded.ensure(data.embedded, data.size, cache, data.seed)
        name = f"{data.name}, embedded {data.size}"
    else:
        root = Path(data.root).expanduser()
        name = f"{data.name}, {root.name}"
    table: RatingTable = check(instantiate(data.reader)(root))
    return table.with_database(name), name
