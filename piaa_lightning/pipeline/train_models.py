"""Second stage: train the priors that the methods start from, each once."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import signal
import sys
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities.exceptions import SIGTERMException
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import nn

import piaa_lightning
from piaa_lightning.callbacks.keep_last import PRIOR, kept
from piaa_lightning.datamodules.task_data import RatingsModule, SourcesModule
from piaa_lightning.errors import UserError
from piaa_lightning.models.network import score_network
from piaa_lightning.pipeline.make_trainer import make_trainer, sharded
from piaa_lightning.pipeline.open_data import Databases
from piaa_lightning.runtime.atomic import replace_file
from piaa_lightning.runtime.cache_directories import locked
from piaa_lightning.runtime.checkpoints import last_good, read
from piaa_lightning.runtime.distributed import agree, process_index, world_size
from piaa_lightning.tasks.pretraining import PretrainingTask

log = logging.getLogger(__name__)


class ModelTrainer:
    """Trains priors on demand; one that an earlier run trained in just the same way is taken from the cache.

    Args:
        cfg: the composed configuration.
        databases: what is trained on.
        logger: receives the curves; False for none.
        checkpoints: directory of this run's checkpoints.
    """

    def __init__(self, cfg: DictConfig, databases: Databases, logger: Logger | bool, checkpoints: Path) -> None:
        self.cfg = cfg
        self.databases = databases
        self.logger = logger
        self.checkpoints = checkpoints
        self.store = Path(cfg.paths.cache).expanduser() / "priors"
        self.networks: dict[str, nn.Module] = {}
        self.reused: list[str] = []
        self._fingerprints: dict[str, str] = {}

    def get(self, task: DictConfig) -> nn.Module:
        """Return a prior; while one job of a sweep trains it, others that want the same wait for it.

        Args:
            task: as in `made`.
        """
        key = self.key(task)
        if key in self.networks or not self.cfg.reuse_models or world_size() > 1:
            return self.made(task)
        with ExitStack() as waiting:
            with suppress(OSError):  # in a cache that cannot be written nobody trains what others wait for
                waiting.enter_context(locked(self.store, key))
            return self.made(task)

    def made(self, task: DictConfig) -> nn.Module:
        """Return the prior that a task trains, after the one that it starts from.

        Args:
            task: a composed task; its ``init_from`` is another task or null, its ``weights`` a file to take the
                trained network from, or null.

        Returns:
            The network with the parameters of the best validation epoch.

        Raises:
            UserError: the file in ``weights`` cannot be read, or is of another network.
        """
        key = self.key(task)
        if key not in self.networks:
            network = self._given(task) if task.weights is not None else self._finished(task, key)
            if network is None:
                network = self._train(task)
                self._keep(network, key)
            _save(network, self.checkpoints / f"{task.name}.safetensors", key)
            self._forget_steps(task)
            self.networks[key] = network
        return self.networks[key]

    def _keep(self, network: nn.Module, key: str) -> None:
        """Keep a prior for later runs; a cache that cannot be written is no reason to lose this one."""
        try:
            _save(network, self.store / f"{key}.safetensors", key)
        except OSError as error:
            log.warning("%s: the prior is not kept for later runs (%s)", self.store, error.strerror or error)

    def _given(self, task: DictConfig) -> nn.Module:
        network = self.untrained(task)
        _load(network, Path(task.weights).expanduser(), task.name)
        return network

    def _finished(self, task: DictConfig, key: str) -> nn.Module | None:
        """Return a prior that an earlier run trained, or this one before it was cut off; None where none is whole."""
        own, stored = self.checkpoints / f"{task.name}.safetensors", self.store / f"{key}.safetensors"
        mine = agree(self.cfg.resume is not None and _prior_of(own) == key)
        if not mine and not agree(self.cfg.reuse_models and stored.is_file()):
            return None
        network, file = self.untrained(task), own if mine else stored
        try:
            _load(network, file, task.name)
        except UserError as error:  # damaged: nobody's mistake, and it can be made again
            log.warning("%s It is trained anew.", error)
            return None
        if not mine:
            self.reused.append(task.name)
        log.info("prior %s: trained before, taken from %s", task.name, file)
        return network

    def _forget_steps(self, task: DictConfig) -> None:
        """Remove the states that training could have gone on from."""
        if not process_index():
            for file in kept(self.checkpoints / str(task.name)):
                file.unlink(missing_ok=True)

    def key(self, task: DictConfig) -> str:
        """Name a prior by everything that it depends on, the program's own source included."""
        cfg = self.cfg
        parts = {"task": task, **{name: cfg[name] for name in ("backbone", "head", "trainer", "callbacks")}}
        config = {name: OmegaConf.to_container(part, resolve=True) for name, part in parts.items()}
        depends = [json.dumps(config, sort_keys=True), *self._origins_of(task), str(cfg.seed), source_digest()]
        return hashlib.sha256("\n".join([*depends, torch.__version__]).encode()).hexdigest()[:20]

    def digest(self, method: DictConfig) -> str:
        """Name what a method's scores depend on: its models, the users that it is evaluated on, and how."""
        tasks = [task for task in (method.model, *(method.get("auxiliary") or {}).values()) if task is not None]
        parts = {"method": method, "protocol": self.cfg.protocol, "trainer": self.cfg.trainer}
        config = {name: OmegaConf.to_container(part, resolve=True) for name, part in parts.items()}
        told = [json.dumps(config, sort_keys=True), str(self.cfg.shots), str(self.cfg.seed), torch.__version__]
        depends = [*told, *map(self.key, tasks), self._fingerprint(None), source_digest(), str(world_size())]
        return hashlib.sha256("\n".join(depends).encode()).hexdigest()[:20]

    def _origins_of(self, task: DictConfig) -> list[str]:
        """Identify the databases that a task and those before it learn from, and the weights that they start from."""
        if task.weights is not None:
            return [_digest_of_file(Path(task.weights).expanduser())]
        names = [task.database] if task.sources is None else [stream.database for stream in task.sources.values()]
        before = [_digest(self.databases.backbone)] if task.init_from is None else self._origins_of(task.init_from)
        return [*(self._fingerprint(name) for name in names), *before]

    def _fingerprint(self, name: str | None) -> str:
        """Identify a database; how its images were stored is no part of themselves where no cache keeps them."""
        if str(name) not in self._fingerprints:
            config = self.cfg.data if name is None else self.cfg.databases[name]
            data = self.databases.get(name)
            self._fingerprints[str(name)] = (
                f"{data.fingerprint()} {config.resize} {config.store_scale} {config.patch_scale}"
            )
        return self._fingerprints[str(name)]

    def untrained(self, task: DictConfig) -> nn.Module:
        """Return a network of the task's shape, to take parameters from a file; nothing is trained for it."""
        before = task.init_from
        network = self._fresh(task) if before is None else self._extended(task, self.untrained(before))
        instantiate(task.module)(network=network)  # which may add parts of its own: Meta-SGD's learnt rates
        return network

    def start(self, task: DictConfig) -> nn.Module:
        """Return a network with the parameters that a task's training starts from.

        They are those of the task that it starts from, or the backbone's weights and a random head.
        """
        if task.init_from is None:
            return self._fresh(task)
        return self._extended(task, copy.deepcopy(self.get(task.init_from)))

    def _fresh(self, task: DictConfig) -> nn.Module:
        pl.seed_everything(self.cfg.seed, workers=True, verbose=False)
        make = score_network if task.network is None else instantiate(task.network)
        # a copy, because two priors must never share a backbone
        backbone = copy.deepcopy(self.databases.backbone)
        network: nn.Module = make(backbone, instantiate(task.head or self.cfg.head), self.databases.features)
        return network

    def _extended(self, task: DictConfig, network: nn.Module) -> nn.Module:
        """Add to a trained network what the task's own network has beside it."""
        if task.extend is None:
            return network
        pl.seed_everything(self.cfg.seed, workers=True, verbose=False)
        extended: nn.Module = instantiate(task.extend)(network)
        return extended

    def _train(self, task: DictConfig) -> nn.Module:
        network, key = self.start(task), self.key(task)
        if not task.epochs:  # extended, and left to be trained with every user
            return network
        directory = self.checkpoints / str(task.name)
        state = agree(last_good(directory, key) if self.cfg.resume is not None and not process_index() else None)
        pl.seed_everything(self.cfg.seed, workers=True, verbose=False)
        module: PretrainingTask = instantiate(task.module)(network=network)
        module.prefix = f"{task.name}/"
        trainer, best = make_trainer(self.cfg, task, module, self.logger, directory, key)
        data = self._serve(task, getattr(network, "patches", 0))
        log.info("prior %s: training on %s%s", task.name, self._names_of(task), f", from {state}" if state else "")
        try:
            trainer.fit(module, datamodule=data, ckpt_path=state, weights_only=True if state else None)
        except SIGTERMException:
            log.warning("stopped by SIGTERM; the same command with resume=auto goes on where training was.")
            sys.exit(128 + signal.SIGTERM)
        except RuntimeError as error:
            if "DataLoader worker" not in str(error):
                raise
            raise UserError(
                f"A process that fetches batches for the prior {task.name} was ended by the system, likely for want"
                " of memory; lower data.workers, and run the same command again with resume=auto."
            ) from error
        if best.best_model_path:
            found = read(Path(best.best_model_path))
            if found is None:
                raise UserError(
                    f"{best.best_model_path}: the best epoch of the prior {task.name} was damaged or removed during"
                    " training; run the same command again with resume=auto."
                )
            if sharded(self.cfg):  # no process has the whole of what was trained
                network = self.untrained(task)
                module = instantiate(task.module)(network=network)
            module.load_state_dict(found["state_dict"])
            log.info("prior %s: best validation epoch, SROCC %.3f", task.name, best.best_model_score)
        return network.cpu()

    def _serve(self, task: DictConfig, patches: int) -> pl.LightningDataModule:
        """Return what a task learns from, with as many patches of an image as its network looks at."""
        if task.sources is None:
            return self._module(task, task.batch_size, patches)
        return SourcesModule(
            {name: self._module(stream, task.batch_size, patches) for name, stream in task.sources.items()}
        )

    def _module(self, stream: DictConfig, batch_size: int, patches: int) -> RatingsModule:
        data = self.databases.get(stream.database)
        config = self.cfg.data if stream.database is None else self.cfg.databases[stream.database]
        return RatingsModule(
            data.table,
            data.split,
            data.inputs.with_patches(patches),
            instantiate(stream.dataset),
            2 * world_size() if self.cfg.trainer.fast_dev_run else batch_size,  # enough to see whether it runs
            self.cfg.seed,
            self.cfg.data.workers,
            instantiate(stream.validation),
            cut_batches=config.root is None and config.size == "tiny",  # which holds fewer images than a usual batch
        )

    def _names_of(self, task: DictConfig) -> str:
        sources = [task] if task.sources is None else task.sources.values()
        return " and ".join(self.databases.get(stream.database).name for stream in sources)


def _load(network: nn.Module, file: Path, name: str) -> None:
    """Take a network's parameters from a file that an earlier run wrote.

    Raises:
        UserError: it cannot be read, or is of another network.
    """
    try:
        network.load_state_dict(load_file(file))
    except FileNotFoundError as error:
        raise UserError(f"{file}: there are no such weights of the prior {name}; correct task.weights.") from error
    except RuntimeError as error:  # names or shapes that do not fit
        reason = str(error).split("\n")[1:2] or [str(error)]
        raise UserError(
            f"{file}: these weights are of another network than the prior {name} ({reason[0].strip()}); compose the"
            " backbone, head and task that they were trained with."
        ) from error
    except Exception as error:  # whatever a damaged file makes the loader raise
        raise UserError(f"{file}: cannot be read as weights of the prior {name} ({error}); copy it again.") from error


def _save(network: nn.Module, file: Path, key: str) -> None:
    """Write theta as safetensors, whole or not at all, with the prior's name; the first process does."""
    if not process_index():
        state = {name: value.contiguous() for name, value in network.state_dict().items()}
        replace_file(file, save(state, {PRIOR: key}))


def _prior_of(file: Path) -> str | None:
    """Return the name of the prior in a file, None where there is none or it is damaged."""
    try:
        with safe_open(file, "pt") as opened:
            return (opened.metadata() or {}).get(PRIOR)
    except (OSError, SafetensorError):
        return None


def _digest(network: nn.Module | None) -> str:
    """Digest of starting weights."""
    content = hashlib.sha256()
    for name, value in [] if network is None else sorted(network.state_dict().items()):
        content.update(name.encode() + value.numpy().tobytes())
    return content.hexdigest()


def _digest_of_file(file: Path) -> str:
    """Digest of given weights, or nothing where there are none, which loading them says in a sentence."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


@cache
def source_digest() -> str:
    """Digest of the program's source: a prior trained by other code is another prior."""
    package = Path(piaa_lightning.__file__).parent
    content = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        content.update(file.read_bytes())
    return content.hexdigest()
