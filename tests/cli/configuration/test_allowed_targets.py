from __future__ import annotations

import pytest

from piaa_lightning.cli.configuration.allowed_targets import refuse_file_options, refuse_strange_targets
from piaa_lightning.errors import UserError

GOOD = (
    "pytorch_lightning.Trainer",
    "pytorch_lightning.callbacks.RichProgressBar",
    "pytorch_lightning.plugins.environments.SLURMEnvironment",
    "torch.optim.AdamW",
    "torch.optim.lr_scheduler.StepLR",
    "piaa_lightning.data.datasets.held_out",  # a function with the name of its module
    "piaa_lightning.tasks.meta.MetaTask",
)
BAD = (
    "os.system",
    "subprocess.run",
    "builtins.eval",
    "torch.load",
    "torch.hub.load",
    "torch.serialization.load",
    "torch.nn.modules.module.torch.load",  # through a module that may be named
    "pytorch_lightning.callbacks.progress.rich_progress.math.sqrt",
    "piaa_lightning.runtime.files.atomic.os.system",
    "piaa_lightning.simulation.jpegs.subprocess.run",
    "piaa_lightning_evil.run",
    "shutil.rmtree",
    "numpy.load",
    "pandas.read_pickle",
    "hydra.utils.call",
    # of libraries that are allowed, but no kind of thing that a configuration makes
    "pytorch_lightning.plugins.io.TorchCheckpointIO.load_checkpoint",
    "pytorch_lightning.plugins.io.TorchCheckpointIO.remove_checkpoint",
    "pytorch_lightning.Trainer.save_checkpoint",
    "pytorch_lightning.callbacks.ModelCheckpoint.load_state_dict",
    "pytorch_lightning.LightningModule.load_from_checkpoint",
    "pytorch_lightning.utilities.migration.migrate_checkpoint",
    "torch.nn.Module.load_state_dict",
    "torch.nn.parallel.data_parallel",
    # of this package, but what writes, deletes or starts processes
    "piaa_lightning.runtime.files.atomic.replace_file",
    "piaa_lightning.runtime.files.cache_directories.prune",
    "piaa_lightning.simulation.embedded.ensure",
    "piaa_lightning.cli.app.hydra_main",
    "piaa_lightning.__main__.main",
    "piaa_lightning.models.network.ScoreNetwork.load_state_dict",
    "piaa_lightning.models.backbones.catalogue.timm.create_model",
)


@pytest.mark.parametrize("target", GOOD)
def test_things_of_this_package_and_of_the_named_libraries_are_made(target):
    refuse_strange_targets({"a": {"b": [{"_target_": target}]}})


@pytest.mark.parametrize("target", BAD)
def test_anything_else_is_a_sentence_that_names_the_key(target):
    with pytest.raises(UserError, match=rf"^a\.b\.1\._target_={target}: a configuration makes things of this package"):
        refuse_strange_targets({"a": {"b": [{"_target_": GOOD[0]}, {"x": 1, "_target_": target}]}})


@pytest.mark.parametrize("target", ["piaa_lightning.nothing", "torch.optim.Nothing", "torch.nn..Linear"])
def test_a_name_of_nothing_is_a_sentence(target):
    with pytest.raises(UserError, match=r"^_target_=.*: there is no such thing; correct the name\.$"):
        refuse_strange_targets({"_target_": target})


def test_a_persons_own_package_is_allowed_from_the_environment_alone(monkeypatch):
    with pytest.raises(UserError, match="PIAA_TARGETS"):
        refuse_strange_targets({"_target_": "json.JSONDecoder"})
    monkeypatch.setenv("PIAA_TARGETS", "another,json")
    refuse_strange_targets({"_target_": "json.JSONDecoder"})
    with pytest.raises(UserError):
        refuse_strange_targets({"_target_": "jsonpickle.decode"})


@pytest.mark.parametrize("name", ["checkpoint_path", "pretrained_cfg", "pretrained_cfg_overlay"])
def test_a_network_reads_no_file_by_an_option(name):
    with pytest.raises(UserError, match=rf"^backbone\.options\.{name}=evil\.pth: a network reads no file by an option"):
        refuse_file_options({"backbone": {"name": "resnet18", "options": {name: "evil.pth"}}})
    refuse_file_options({"backbone": {"name": "resnet18", "options": {name: None, "drop_rate": 0.1}}})
