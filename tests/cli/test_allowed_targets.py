from __future__ import annotations

import pytest

from piaa_lightning.cli.allowed_targets import refuse_strange_targets
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
    "piaa_lightning.runtime.atomic.os.system",
    "piaa_lightning.simulation.jpegs.subprocess.run",
    "piaa_lightning_evil.run",
    "shutil.rmtree",
    "numpy.load",
    "pandas.read_pickle",
    "hydra.utils.call",
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
