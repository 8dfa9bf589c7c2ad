from __future__ import annotations

import pytest
import torch
from torch import nn

from piaa_lightning.callbacks.clip_own_steps import ClipOwnSteps
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.make_trainer import make_trainer, refuse_sharding
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.runtime.files.checkpoints import WholeCheckpoints
from piaa_lightning.tasks.pretraining import PretrainingTask

from composing import config_of

pytestmark = pytest.mark.slow


def composed(*overrides):
    return config_of("experiment=blg_piaa", *overrides)


class Task(PretrainingTask):
    """Steps by itself, or not."""

    def __init__(self, steps_itself=False, leaves_parameters_out=False):
        super().__init__(nn.Linear(1, 1))
        self.steps_itself = steps_itself
        self.leaves_parameters_out = leaves_parameters_out


def made(cfg, task, tmp_path):
    spec = RunSpec.of(cfg)
    return make_trainer(spec, spec.task, task, False, tmp_path / "prior", "key")[0]


@pytest.mark.parametrize(
    ("experiment", "culprit"), [("blg_piaa", "blg"), ("pa_iaa", "joint"), ("ba_piaa", None), ("giaa", None)]
)
def test_parameters_in_parts_are_for_tasks_that_descend_on_a_loss(experiment, culprit):
    cfg = composed(f"experiment={experiment}", "trainer=fsdp")
    if culprit is None:
        refuse_sharding(RunSpec.of(cfg))
        return
    sentence = rf"^trainer\.strategy=fsdp: {culprit} moves the parameters itself .* take trainer=ddp\.$"
    with pytest.raises(UserError, match=sentence):
        refuse_sharding(RunSpec.of(cfg))
    refuse_sharding(RunSpec.of(composed(f"experiment={experiment}", "trainer=ddp")))


def test_clipping_and_accumulation_are_lightnings_where_it_steps_and_ours_where_a_task_does(tmp_path):
    cfg = composed("trainer.gradient_clip_val=0.5", "trainer.accumulate_grad_batches=2")
    descends, steps = made(cfg, Task(), tmp_path), made(cfg, Task(steps_itself=True), tmp_path)
    assert (descends.gradient_clip_val, descends.accumulate_grad_batches) == (0.5, 2)
    assert not [callback for callback in descends.callbacks if isinstance(callback, ClipOwnSteps)]
    assert (steps.gradient_clip_val, steps.accumulate_grad_batches) == (None, 1)
    (clip,) = [callback for callback in steps.callbacks if isinstance(callback, ClipOwnSteps)]
    assert (clip.value, clip.algorithm) == (0.5, "norm")


@pytest.mark.parametrize("leaves", [False, True])
def test_processes_look_for_parameters_without_a_part_where_there_are_any(tmp_path, leaves):
    cfg = composed("trainer=ddp_cpu")
    strategy = made(cfg, Task(leaves_parameters_out=leaves), tmp_path).strategy
    assert strategy._ddp_kwargs.get("find_unused_parameters", False) is leaves


def test_plugins_of_the_configuration_stand_beside_our_own(tmp_path, monkeypatch):
    for name in ("NODEID", "PROCID", "LOCALID", "JOB_ID"):
        monkeypatch.setenv(f"SLURM_{name}", "0")
    monkeypatch.setenv("SLURM_NTASKS", "1")
    cfg = composed("trainer=slurm", "trainer.accelerator=cpu", "trainer.devices=1", "trainer.sync_batchnorm=false")
    trainer = made(cfg, Task(), tmp_path)
    assert isinstance(trainer.strategy.checkpoint_io, WholeCheckpoints)
    assert trainer._accelerator_connector.cluster_environment.auto_requeue is False


def test_a_checkpoint_takes_its_name_when_it_is_whole(tmp_path, monkeypatch):
    io, file = WholeCheckpoints(), tmp_path / "deep" / "step_1.ckpt"
    io.save_checkpoint({"state_dict": {"a": torch.ones(3)}}, file)
    before = file.read_bytes()

    def interrupted(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("piaa_lightning.runtime.files.atomic.os.fsync", interrupted)
    with pytest.raises(OSError, match="No space left"):
        io.save_checkpoint({"state_dict": {"a": torch.zeros(3)}}, file)
    assert file.read_bytes() == before
    assert [found.name for found in file.parent.iterdir()] == ["step_1.ckpt"]
