"""The context that every kind of evaluation of a run needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import nn

from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.evaluation.journal import Journal
from piaa_lightning.evaluation.protocol import Protocol
from piaa_lightning.evaluation.strata import Strata
from piaa_lightning.pipeline.parts.open_data import Data, Databases
from piaa_lightning.pipeline.specs.specs import MethodSpec, RunSpec
from piaa_lightning.pipeline.training.train_models import ModelTrainer
from piaa_lightning.runtime.distributed import process_index


@dataclass(frozen=True)
class EvaluationContext:
    """The same data, models and protocol for all methods of a run.

    Args:
        spec: of the run.
        databases: opened.
        models: trains what methods start from.
        device: where networks run.
        protocol: by which users are evaluated.
        validation: by which validation users choose settings.
        kept: directory of what was evaluated so far, see `evaluation.journal`.
    """

    spec: RunSpec
    databases: Databases
    models: ModelTrainer
    device: torch.device
    protocol: Protocol
    validation: Protocol
    kept: Path

    @cached_property
    def strata(self) -> Strata:
        """Hard users and hard images of the main database, the same for all methods."""
        data = self.databases.main
        return Strata.of(data.table, data.split.rows(data.table, self.spec.evaluate_on))

    def data_of(self, method: MethodSpec) -> Data:
        """Return the database that a method is evaluated on."""
        return self.databases.get(method.database)

    def model_of(self, method: MethodSpec) -> nn.Module | None:
        """Return the network that a method starts from."""
        return None if method.model is None else self.models.get(method.model)

    def auxiliary_of(self, method: MethodSpec) -> dict[str, nn.Module]:
        """Return the further networks that a method stands on, by what they are for."""
        return {name: self.models.get(task) for name, task in method.auxiliary.items()}

    def image_context_of(self, method: MethodSpec) -> ImageContext:
        """Return what a method's estimator stands on."""
        data = self.data_of(method)
        seen = (data.table, data.split, data.inputs, self.device, data.threshold)
        return ImageContext(*seen, self.spec.seed, self.spec.cache, self.model_of(method), self.auxiliary_of(method))

    def backbone_of(self, method: MethodSpec) -> str:
        """Name the backbone of a method; empty where it has no network."""
        return "" if method.model is None else str(self.spec.backbone.name)

    def journals_of(self, method: MethodSpec) -> dict[str, Journal]:
        """Return where it is kept what this process has evaluated of a method, by part."""
        content = self.models.keys.of_method(method)
        process = process_index()
        return {part: Journal(self.kept / f"{method.key}_{part}_{process}.txt", content) for part in ("test", "val")}
