"""Third stage: every method fits every test user and is judged, on one set of splits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from piaa_lightning.evaluation.protocol import Protocol, choose, evaluate
from piaa_lightning.evaluation.records import Record
from piaa_lightning.personalizers.personalizer import Ground, LeftOutError, Personalizer
from piaa_lightning.stages.open_data import Data
from piaa_lightning.stages.train_priors import Priors

log = logging.getLogger(__name__)


@dataclass
class Judgement:
    """What judging brought.

    Args:
        records: one per method, shots, repeat and user.
        chosen: the settings that validation users chose, by method and shots.
        left_out: methods that could not take part, and why.
    """

    records: list[Record] = field(default_factory=list)
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def judge_methods(cfg: DictConfig, data: Data, priors: Priors, shots: Sequence[int], device: torch.device) -> Judgement:
    """Judge every method of the configuration.

    Args:
        cfg: the composed configuration; ``methods`` maps keys to label, prior and personalizer.
        data: what the methods stand on.
        priors: trains what the methods start from.
        shots: support sizes.
        device: where networks run.
    """
    judgement = Judgement()
    table, split = data.table, data.split
    protocol: Protocol = instantiate(cfg.protocol.test)
    validation: Protocol = instantiate(cfg.protocol.validation)
    if cfg.trainer.fast_dev_run:
        protocol, validation = protocol.cut_short(), validation.cut_short()
    for method in cfg.methods.values():
        personalizer: Personalizer = instantiate(method.personalizer)
        prior = None if method.prior is None else priors.get(method.prior)
        backbone = "" if method.prior is None else str(cfg.backbone.name)
        try:
            personalizer.prepare(Ground(table, split, data.inputs, device, prior))
        except LeftOutError as reason:
            log.info("%s is left out: %s", method.label, reason)
            judgement.left_out[method.label] = str(reason)
            continue
        chosen = choose(table, split.rows(table, "val"), shots, validation, method.label, personalizer)
        if len(personalizer.candidates()) > 1:
            judgement.chosen[method.label] = {str(k): dict(settings) for k, settings in chosen.items()}
        rows = split.rows(table, "test")
        judgement.records += evaluate(table, rows, shots, protocol, method.label, backbone, personalizer, chosen)
    return judgement
