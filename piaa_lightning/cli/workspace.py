"""``mode=workspace``: a study's workspace in Weights & Biases, made from its runs' configuration."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.runtime.loggers import has_key

INSTALL = "pip install 'piaa-lightning[wandb]'"
FIGURES = ("test_individuals", "methods", "comparisons", "learning_curves")
USERS = ("best_and_worst", "predicted_scores", "gradient_maps")
TABLES = ("users", "every_user", "comparisons", "images", "traits")


def make_workspace(cfg: DictConfig, directory: Path) -> None:
    """Save the workspace, and say where it is.

    Args:
        cfg: the composed configuration.
        directory: what this command leaves; nothing, since the workspace is elsewhere.

    Raises:
        UserError: no study or entity is named, no key is configured, or the extra is not installed.
    """
    if cfg.study is None or cfg.workspace.entity is None:
        raise UserError("mode=workspace: name the study and who owns the project, study=NAME workspace.entity=NAME.")
    made = workspace(cfg)
    if not has_key():
        raise UserError("mode=workspace: no key for Weights & Biases is configured; log in with `wandb login`.")
    made.save()
    print(f"{made.url}: workspace of the study {cfg.study}")


def workspace(cfg: DictConfig) -> Any:
    """Return the workspace without saving it: results, curves, figures and users of the runs of ``study``.

    Args:
        cfg: composed as the study's runs are, so that its methods, tasks and shots are known.

    Raises:
        UserError: the extra is not installed.
    """
    if find_spec("wandb_workspaces") is None:
        raise UserError(f"mode=workspace needs wandb-workspaces: {INSTALL}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what the library itself is built on
        panels = import_module("wandb_workspaces.reports.v2")
        ws = import_module("wandb_workspaces.workspaces")
    spec = RunSpec.of(cfg)
    labels = [method.label for method in spec.methods.values() if method.evaluation is None]
    sroccs = [
        panels.BarPlot(title=f"SROCC at {k} shots", metrics=[f"test/{label}/{k} shots" for label in labels])
        for k in spec.shots
    ]
    curves = [
        panels.LinePlot(title=f"{name}: validation SROCC over {axis}", x=x, y=[f"{name}/val/srocc"])
        for name, axis, x in _curves(spec)
    ]
    tables = [panels.WeavePanelSummaryTable(table_name=f"test/{name}") for name in TABLES]
    return ws.Workspace(
        entity=str(cfg.workspace.entity),
        project=str(cfg.logger.project if cfg.logger and cfg.logger.get("project") else "piaa_lightning"),
        name=f"{cfg.study}: {cfg.name}",
        sections=[
            ws.Section(name="Test users", panels=[*sroccs, *tables[:3]], is_open=True),
            ws.Section(name="Validation while priors learn", panels=curves, is_open=True),
            ws.Section(name="Networks as they are", panels=tables[3:]),
            ws.Section(name="Figures", panels=[_media(panels, FIGURES)], is_open=True),
            ws.Section(name="Single users: images and gradient maps", panels=[_media(panels, USERS)]),
            ws.Section(name="What differs between runs", panels=[panels.RunComparer(diff_only="split")]),
        ],
        runset_settings=ws.RunsetSettings(
            filters=f"Config('study') = '{cfg.study}'",
            groupby=[ws.Config("backbone.name"), ws.Config("seed")],
        ),
    )


def _media(panels: Any, names: tuple[str, ...]) -> Any:
    return panels.MediaBrowser(media_keys=[f"figures/{name}" for name in names])


def _curves(spec: RunSpec) -> list[tuple[str, str, str]]:
    """Name each task that is trained, and what its curve is drawn over: users visited, or epochs."""
    found = {}
    for task in spec.tasks():
        users = "MetaTask" in str(task.module.get("_target_"))
        found[task.name] = ("users visited", f"{task.name}/users") if users else ("epochs", "epoch")
    return [(name, *axis) for name, axis in found.items()]
