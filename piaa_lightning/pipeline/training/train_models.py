"""Train the models that methods start from, each once; what was trained before in just the same way is taken over."""

from __future__ import annotations

import copy
import logging
from pathlib import Path

from pytorch_lightning.loggers import Logger
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.feature_extractor import FeatureExtractor
from piaa_lightning.pipeline.parts.build_model import extended, fresh, untrained
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import RunSpec, TaskSpec
from piaa_lightning.pipeline.training.model_cache import ModelCache, key_of, load_weights, save_weights
from piaa_lightning.pipeline.training.model_keys import ModelKeys
from piaa_lightning.pipeline.training.task_data import names_of, task_data
from piaa_lightning.pipeline.training.train_model import forget_steps, train_model
from piaa_lightning.runtime.distributed import agree, world_size

log = logging.getLogger(__name__)


class ModelTrainer:
    """Trains models on demand.

    Args:
        spec: of the run.
        databases: what is trained on.
        extractor: what images are seen through.
        logger: receives the curves; False for none.
        checkpoints: directory of this run's checkpoints.
    """

    def __init__(
        self,
        spec: RunSpec,
        databases: Databases,
        extractor: FeatureExtractor,
        logger: Logger | bool,
        checkpoints: Path,
    ) -> None:
        self.spec = spec
        self.databases = databases
        self.extractor = extractor
        self.logger = logger
        self.checkpoints = checkpoints
        self.keys = ModelKeys(spec, databases, extractor)
        self.cache = ModelCache(spec.cache / "priors")
        self.networks: dict[str, nn.Module] = {}
        self.reused: list[str] = []

    def get(self, task: TaskSpec) -> nn.Module:
        """Return the model that a task trains, after the one that it starts from.

        While one job of a sweep trains it, others that want the same wait for it.

        Returns:
            The network with the parameters of the epoch that the task keeps.

        Raises:
            UserError: the file in ``task.weights`` cannot be read, or is of another network.
        """
        key = self.keys.of_task(task)
        if key in self.networks:
            return self.networks[key]
        if not self.spec.reuse_models or world_size() > 1:
            return self._made(task, key)
        with self.cache.training(key):
            return self._made(task, key)

    def start(self, task: TaskSpec) -> nn.Module:
        """Return a network with the parameters that a task's training starts from.

        They are those of the task that it is initialised from, or the backbone's weights and a random head.
        """
        if task.init_from is None:
            return fresh(self.spec, task, self.extractor)
        return extended(self.spec, task, copy.deepcopy(self.get(task.init_from)))

    def _made(self, task: TaskSpec, key: str) -> nn.Module:
        network = self._given(task) if task.weights is not None else self._finished(task, key)
        if network is None:
            network = self._train(task, key)
            self.cache.keep(network, key)
        save_weights(network, self._own(task), key)
        forget_steps(self.checkpoints / task.name)
        self.networks[key] = network
        return network

    def _own(self, task: TaskSpec) -> Path:
        """Return where this run leaves a task's model."""
        return self.checkpoints / f"{task.name}.safetensors"

    def _given(self, task: TaskSpec) -> nn.Module:
        """Return the model that the configuration gives a file of."""
        assert task.weights is not None
        network = untrained(self.spec, task, self.extractor)
        load_weights(network, task.weights, task.name)
        return network

    def _finished(self, task: TaskSpec, key: str) -> nn.Module | None:
        """Return a model that an earlier run trained, or this one before it was cut off; None where none is whole."""
        own, stored = self._own(task), self.cache.file(key)
        mine = agree(self.spec.resume and key_of(own) == key)
        if not mine and not agree(self.spec.reuse_models and stored.is_file()):
            return None
        network, file = untrained(self.spec, task, self.extractor), own if mine else stored
        try:
            load_weights(network, file, task.name)
        except UserError as error:  # damaged: nobody's mistake, and it can be made again
            log.warning("%s It is trained anew.", error)
            return None
        if not mine:
            self.reused.append(task.name)
        log.info("prior %s: trained before, taken from %s", task.name, file)
        return network

    def _train(self, task: TaskSpec, key: str) -> nn.Module:
        network = self.start(task)
        if not task.epochs:  # extended, and left to be trained with every user
            return network
        log.info("prior %s: training on %s", task.name, names_of(task, self.databases))
        return train_model(
            self.spec,
            task,
            network,
            lambda made: task_data(self.spec, task, self.databases, getattr(made, "patches", 0)),
            self.logger,
            self.checkpoints / task.name,
            key,
            lambda: untrained(self.spec, task, self.extractor),
        )
