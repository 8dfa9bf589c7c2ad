"""Choose the metrics that a run computes, from its key ``metrics``."""

from __future__ import annotations

from omegaconf import DictConfig, ListConfig

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.registry import USUAL_WORD, Chosen, chosen


def metric_names(cfg: DictConfig) -> list[str]:
    """Return what the key ``metrics`` names; without it the usual ones are taken.

    Raises:
        UserError: it is no list of names.
    """
    names = cfg.get("metrics")
    if names is None:
        return [USUAL_WORD]
    if not isinstance(names, ListConfig) or not all(isinstance(name, str) for name in names):
        raise UserError(f"metrics={names}: give a list of names, for instance metrics=[usual,kendall_tau].")
    return [str(name) for name in names]


def choose_metrics(cfg: DictConfig) -> Chosen:
    """Return the metrics of users, images and traits that a configuration names.

    Args:
        cfg: the composed configuration.

    Raises:
        UserError: no list of names, or a name of no metric.
    """
    return chosen(metric_names(cfg))
