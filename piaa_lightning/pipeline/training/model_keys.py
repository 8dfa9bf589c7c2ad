"""Name a model by everything that it depends on, so that one that was trained before is found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn

from piaa_lightning.models.feature_extractor import FeatureExtractor
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import MethodSpec, RunSpec, TaskSpec
from piaa_lightning.pipeline.training.source_digest import source_digest
from piaa_lightning.runtime.distributed import world_size
from piaa_lightning.runtime.files.contents import by_contents


class ModelKeys:
    """Names of the models and methods of one run.

    Args:
        spec: of the run.
        databases: what is learnt from.
        extractor: what images are seen through.
    """

    def __init__(self, spec: RunSpec, databases: Databases, extractor: FeatureExtractor) -> None:
        self.spec = spec
        self.databases = databases
        self.extractor = extractor
        self._fingerprints: dict[str | None, str] = {}

    def of_task(self, task: TaskSpec) -> str:
        """Name the model that a task trains: by configuration, data, starting weights, seed and source."""
        spec = self.spec
        parts: dict[str, DictConfig | dict[str, Any]] = {
            "task": _of_use(task),
            "backbone": spec.backbone,
            "head": spec.head,
            "trainer": spec.trainer,
            "callbacks": spec.callbacks,
        }
        return _digest(_text(parts), *self._origins_of(task), str(spec.seed), source_digest(), torch.__version__)

    def of_method(self, method: MethodSpec) -> str:
        """Name what a method's scores depend on: its models, the users that it is evaluated on, and how."""
        parts: dict[str, Any] = {"method": method.config, "protocol": self.spec.protocol, "trainer": self.spec.trainer}
        told = [_text(parts), str(list(self.spec.shots)), str(self.spec.seed), torch.__version__]
        models = map(self.of_task, method.models())
        return _digest(*told, *models, self._fingerprint(None), source_digest(), str(world_size()))

    def _origins_of(self, task: TaskSpec) -> Iterator[str]:
        """Identify the databases that a task and those before it learn from, and the weights that they start from."""
        for step in task.chain():
            if step.weights is not None:  # whatever was before is in there
                yield _digest_of_file(step.weights)
                return
            yield from (self._fingerprint(source.database) for source in step.sources)
        yield _digest_of_weights(self.extractor.trained)

    def _fingerprint(self, name: str | None) -> str:
        """Identify a database; how its images were stored is no part of themselves where no cache keeps them."""
        if name not in self._fingerprints:
            config = self.spec.data if name is None else self.spec.databases[name]
            content = self.databases.get(name).fingerprint()
            self._fingerprints[name] = f"{content} {config.resize} {config.store_scale} {config.patch_scale}"
        return self._fingerprints[name]


def _of_use(task: TaskSpec) -> dict[str, Any]:
    """Return a task's keys; the task before it, which others may name, is none of them where it starts elsewhere."""
    told = _plain(task.config)
    return told if task.init_from is not None else {name: value for name, value in told.items() if name != "init_from"}


def _plain(part: DictConfig) -> dict[str, Any]:
    found = OmegaConf.to_container(part, resolve=True)
    assert isinstance(found, dict)
    return {str(name): value for name, value in found.items()}


def _text(parts: Mapping[str, DictConfig | dict[str, Any]]) -> str:
    plain = {name: _plain(part) if isinstance(part, DictConfig) else part for name, part in parts.items()}
    return json.dumps(by_contents(plain), sort_keys=True)


def _digest(*told: str) -> str:
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:20]


def _digest_of_weights(network: nn.Module | None) -> str:
    content = hashlib.sha256()
    for name, value in [] if network is None else sorted(network.state_dict().items()):
        content.update(name.encode() + value.cpu().numpy().tobytes())
    return content.hexdigest()


def _digest_of_file(file: Path) -> str:
    """Digest of given weights, or nothing where there are none, which loading them says in a sentence."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
