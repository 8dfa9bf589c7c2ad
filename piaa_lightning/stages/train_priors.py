"""Second stage: train the priors that the methods start from, each once."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
from functools import cache
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import Logger
from safetensors.torch import load_file, save
from torch import nn

import piaa_lightning
from piaa_lightning.data.modules import RatingsModule
from piaa_lightning.evaluation.records import replace_file
from piaa_lightning.nn.network import ScoreNetwork
from piaa_lightning.stages.open_data import Data
from piaa_lightning.tasks.prior import MONITOR, PriorTask

log = logging.getLogger(__name__)


class Priors:
    """Trains priors on demand; one that an earlier run trained in just the same way is taken from the cache.

    Args:
        cfg: the composed configuration.
        data: what is trained on.
        logger: receives the curves; False for none.
        checkpoints: directory of this run's checkpoints.
    """

    def __init__(self, cfg: DictConfig, data: Data, logger: Logger | bool, checkpoints: Path) -> None:
        self.cfg = cfg
        self.data = data
        self.fingerprint = data.fingerprint()
        self.logger = logger
        self.checkpoints = checkpoints
        self.store = Path(cfg.paths.cache).expanduser() / "priors"
        self.networks: dict[str, ScoreNetwork] = {}
        self.reused: list[str] = []

    def get(self, task: DictConfig) -> ScoreNetwork:
        """Return the prior that a task trains, after the one that it starts from.

        Args:
            task: a composed task; its ``starts_from`` is another task or null.

        Returns:
            The network with the parameters of the best validation epoch.
        """
        key = self.key(task)
        if key not in self.networks:
            kept = self.store / f"{key}.safetensors"
            if self.cfg.reuse_priors and kept.is_file():
                network = self.start(None)
                instantiate(task.module)(network=network)  # which may add parts of its own: Meta-SGD's learnt rates
                network.load_state_dict(load_file(kept))
                self.reused.append(task.name)
                log.info("prior %s: trained by an earlier run, taken from %s", task.name, kept)
            else:
                network = self._train(task)
                _save(network, kept)
            _save(network, self.checkpoints / f"{task.name}.safetensors")
            self.networks[key] = network
        return self.networks[key]

    def key(self, task: DictConfig) -> str:
        """Name a prior by everything that it depends on, the program's own source included."""
        cfg = self.cfg
        parts = {"task": task, **{name: cfg[name] for name in ("backbone", "head", "trainer", "callbacks")}}
        config = {name: OmegaConf.to_container(part, resolve=True) for name, part in parts.items()}
        config["pictures"] = {name: cfg.data[name] for name in ("resize", "stored")}
        depends = [json.dumps(config, sort_keys=True), self.fingerprint, str(cfg.seed), _source()]
        return hashlib.sha256("\n".join([*depends, torch.__version__]).encode()).hexdigest()[:20]

    def start(self, task: DictConfig | None) -> ScoreNetwork:
        """Return a network with the parameters that training starts from.

        Args:
            task: the task that it starts from; None for the backbone's weights and a random head.
        """
        if task is not None:
            return copy.deepcopy(self.get(task))
        pl.seed_everything(self.cfg.seed, workers=True, verbose=False)
        # a copy, because two priors must never share a backbone
        return ScoreNetwork(copy.deepcopy(self.data.backbone), instantiate(self.cfg.head)(self.data.features))

    def _train(self, task: DictConfig) -> ScoreNetwork:
        network = self.start(task.starts_from)
        pl.seed_everything(self.cfg.seed, workers=True, verbose=False)
        module: PriorTask = instantiate(task.module)(network=network)
        module.prefix = f"{task.name}/"
        data = RatingsModule(
            self.data.table,
            self.data.split,
            self.data.inputs,
            instantiate(task.form),
            2 if self.cfg.trainer.fast_dev_run else task.batch_size,  # enough to see whether it runs
            self.cfg.seed,
            self.cfg.data.workers,
        )
        best = ModelCheckpoint(
            self.checkpoints / str(task.name),
            filename="best",
            monitor=module.prefix + MONITOR,
            mode="max",
            save_last=True,
        )
        trainer: pl.Trainer = instantiate(
            self.cfg.trainer,
            max_epochs=self.cfg.trainer.max_epochs or task.epochs,
            logger=self.logger,
            callbacks=[best, *[instantiate(callback) for callback in self.cfg.callbacks.values()]],
            default_root_dir=self.checkpoints,
        )
        log.info("prior %s: training on %s", task.name, self.data.name)
        trainer.fit(module, datamodule=data)
        if best.best_model_path:
            module.load_state_dict(torch.load(best.best_model_path, weights_only=True)["state_dict"])
            log.info("prior %s: best epoch on validation users, SROCC %.3f", task.name, best.best_model_score)
        return network.cpu()


def _save(network: nn.Module, file: Path) -> None:
    """Write theta as safetensors, whole or not at all."""
    replace_file(file, save({name: value.contiguous() for name, value in network.state_dict().items()}))


@cache
def _source() -> str:
    """Digest of the program's source: a prior trained by other code is another prior."""
    package = Path(piaa_lightning.__file__).parent
    content = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        content.update(file.read_bytes())
    return content.hexdigest()
