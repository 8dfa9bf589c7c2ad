"""``python -m piaa_lightning``: one composed configuration, or one job of a sweep, and what `mode` asks for."""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from piaa_lightning.cli.configuration.allowed_targets import refuse_file_options, refuse_strange_targets
from piaa_lightning.cli.configuration.config_dir import config_dir
from piaa_lightning.cli.configuration.guard_hydra import guard_hydra
from piaa_lightning.cli.configuration.missing_places import ON_PHOTOS, refuse_missing_places
from piaa_lightning.cli.configuration.overrides import as_typed
from piaa_lightning.cli.configuration.schema import explain, refuse_dangling, register
from piaa_lightning.cli.failed_jobs import note_failure
from piaa_lightning.cli.modes import MODES, refuse_unknown_mode
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.specs.backbone_config import settle_backbone
from piaa_lightning.pipeline.specs.choose_metrics import choose_metrics, metric_names
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.runtime.allocator import keep_freed_memory
from piaa_lightning.runtime.quiet import quiet_libraries
from piaa_lightning.runtime.terminal import command_line

log = logging.getLogger(__name__)

register()


@hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")
def hydra_main(cfg: DictConfig) -> float | None:
    """Run what the command line asks for, in the directory that Hydra made for it."""
    guard_hydra()  # in the processes of a sweep, too
    overrides = map(as_typed, HydraConfig.get().overrides.task)
    cfg.command = command_line(["python", "-m", "piaa_lightning", *overrides])
    directory = Path(HydraConfig.get().runtime.output_dir)
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        return job(cfg, directory)
    try:
        settle_backbone(cfg, HydraConfig.get().overrides.task)
        return dispatch(cfg, directory)
    except UserError as error:
        sys.exit(f"piaa_lightning: {error}")  # here, because Hydra prints lines of its own about other exceptions


class JobError(UserError):
    """A job of a sweep failed; Hydra raises it once all jobs were done, and carries it between processes."""


def job(cfg: DictConfig, directory: Path) -> float | None:
    """Do one job of a sweep; a mistake in it costs this job alone.

    Args:
        cfg: the composed configuration.
        directory: of the job.

    Raises:
        JobError: whatever went wrong; it is in the log of the job, too, and told in the end.
    """
    try:
        settle_backbone(cfg, HydraConfig.get().overrides.task)
        return sweep_job(cfg, directory) if cfg.mode == "run" else dispatch(cfg, directory)
    except (UserError, HydraException, OmegaConfBaseException) as error:
        sentence = str(error) if isinstance(error, UserError) else explain(error, [])
        log.error("job %s failed: %s", HydraConfig.get().job.num, sentence)
    except Exception as error:  # a defect, or a machine that fails: the next job may be better off
        sentence = f"{type(error).__name__}: {' '.join(str(error).split()) or 'no more is known'}."
        log.exception("job %s failed", HydraConfig.get().job.num)
    note_failure(directory, sentence)
    raise JobError(sentence)


def sweep_job(cfg: DictConfig, directory: Path) -> float | None:
    """Do one run of a sweep, unless an earlier sweep has finished it.

    Args:
        cfg: the composed configuration.
        directory: of the job.

    Raises:
        UserError: a search on test users, or whatever a user can mend.
    """
    from piaa_lightning.pipeline.writing.sweep_jobs import finished_before, objective, take_over

    sweeper = str(HydraConfig.get().sweeper._target_)
    if not sweeper.endswith("BasicSweeper") and cfg.evaluate_on != "val":
        raise UserError(
            "A search never looks at test users: add evaluate_on=val, and evaluate what it found in a run of its own."
        )
    earlier = finished_before(cfg) if cfg.skip_finished else None
    if earlier is None:
        value = dispatch(cfg, directory)
        # with resume=auto it may have gone on in the directory of the sweep that was cut off
        elsewhere = None if (directory / "summary.json").exists() else finished_before(cfg)
        if elsewhere is not None:
            take_over(elsewhere, directory)
        return value
    summary = take_over(earlier, directory)
    print(f"{directory}: taken over from {earlier}, which was run in just the same way; skip_finished=false runs again")
    return objective(cfg, summary)


def dispatch(cfg: DictConfig, directory: Path) -> float | None:
    """Do what ``mode`` names.

    Args:
        cfg: the composed configuration.
        directory: where it is written.

    Raises:
        UserError: an unknown mode, or whatever a user can mend.
    """
    if cfg.mode == "run":
        return run(cfg, directory)
    refuse_unknown_mode(cfg.mode)
    refuse_missing_places(cfg)
    trains = cfg.mode not in ("check", "collect", "workspace")  # a model, if it comes to that
    if trains:
        refuse_dangling(cfg)
        OmegaConf.resolve(cfg)  # in place: what is looked at is what is made
    OmegaConf.resolve(cfg.data)  # the other modes need not have all that a run has, and make nothing else
    refuse_file_options(OmegaConf.to_container(cfg))
    if cfg.mode not in ON_PHOTOS:  # which make little or nothing: that is looked at where it is made, see `guard_hydra`
        refuse_strange_targets(OmegaConf.to_container(cfg))
    quiet_libraries()
    keep_freed_memory()
    stage = import_module(f"piaa_lightning.{MODES[cfg.mode][0]}")  # late, for the same reason as in ``run``
    getattr(stage, MODES[cfg.mode][1])(cfg, directory)
    return None


def run(cfg: DictConfig, directory: Path) -> float | None:
    """Check what can be checked before torch is imported, then do one run; see `pipeline.run`.

    Args:
        cfg: the composed configuration.
        directory: where the run is written.

    Raises:
        UserError: whatever a user can mend.
    """
    if not cfg.methods:
        raise UserError("Nothing to do: name an experiment, for instance experiment=blg_piaa.")
    refuse_missing_places(cfg)
    refuse_strange_targets({"metrics": [{"_target_": name} for name in metric_names(cfg) if "." in name]})
    choose_metrics(cfg)
    refuse_dangling(cfg)
    spec = RunSpec.of(cfg)  # before references become copies: a task that several methods name is one task
    OmegaConf.resolve(cfg)  # in place: what is looked at is what is made
    refuse_file_options(OmegaConf.to_container(cfg))
    refuse_strange_targets(OmegaConf.to_container(cfg))
    # torch and all that stands on it take seconds to import, which --help and a mistyped key need not wait for
    from piaa_lightning.pipeline.run import run as do_run

    return do_run(spec, directory)
