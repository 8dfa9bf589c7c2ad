"""What the configuration alone shows to be wrong is told before anything is read."""

from __future__ import annotations

import pytest
import torch

from piaa_lightning.cli.app import run
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline import run as module
from piaa_lightning.pipeline.specs.specs import RunSpec
from tests.pipeline.specs.test_specs import changed, composed

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def nothing_is_read(monkeypatch):
    monkeypatch.setattr(module, "Databases", lambda *given: pytest.fail("data were read"))
    monkeypatch.setattr(module, "build_extractor", lambda *given: pytest.fail("a network was made"))


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("methods.blg.suport", {"a": 1}, r"^methods\.blg\.suport: methods have no such key \(did you mean support\?\)"),
        ("methods.blg.personalizer.step", [1], r"^methods\.blg\.personalizer\.step: FineTune takes no such argument"),
        ("methods.blg.personalizer.steps", [-1], r"^methods\.blg\.personalizer\.steps=.*-1.*: there are no negative"),
        ("task.module.learner.inner.rul", "sgd", r"^task\.module\.learner\.inner\.rul: .*rule\?"),
        ("protocol.test.max_query", 1, r"^protocol\.test\.max_query=1: "),
        ("data.split.val_user", 3, r"^data\.split\.val_user: .* \(did you mean val_users\?\)\.$"),
        ("trainer.max_epoch", 3, r"^trainer\.max_epoch: .* \(did you mean max_epochs\?\)\.$"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_before_anything_is_read(tmp_path, key, value, sentence):
    with pytest.raises(UserError, match=sentence) as told:
        run(changed(key, value), tmp_path)
    assert "\n" not in str(told.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("experiment", ["blg_piaa", "pa_iaa", "flickr_aes_table", "ava_table", "active_choice"])
def test_what_is_right_passes(experiment):
    module.refuse_mistakes(RunSpec.of(composed(f"experiment={experiment}")))


def test_small_networks_have_one_thread():
    small, large = torch.nn.Linear(10, 10), torch.nn.Linear(1000, 1001)
    assert [module.threads_for(network, 4) for network in (None, small, large)] == [1, 1, 4]
