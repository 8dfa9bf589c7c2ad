from __future__ import annotations

from functools import partial

import pytest
import torch

from piaa_lightning.callbacks.compile import Compile
from piaa_lightning.data.batches import Episode
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.tasks.meta import MetaTask

pytestmark = pytest.mark.slow


class Watched(Compile):
    """Compiles with a backend that translates nothing, so in no time, and counts what it was handed."""

    def __init__(self):
        super().__init__(backend=self.backend)
        self.graphs = 0
        self.during = None

    def backend(self, graph, inputs):
        self.graphs += 1
        return graph.forward

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.during = list(pl_module.state_dict())


@pytest.fixture(autouse=True)
def _forget():
    yield
    torch._dynamo.reset()


@pytest.fixture
def trained(tmp_path, task, fit):
    plain, other, watched = task(), task(), Watched()
    fit(plain, tmp_path / "plain")
    fit(other, tmp_path / "other", watched)
    return plain, other, watched


def test_the_network_is_compiled_and_trains_alike(trained):
    plain, other, watched = trained
    assert watched.graphs >= 1
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value, rtol=1e-5, atol=1e-6)


def test_parameters_keep_their_names_and_checkpoints_fit_the_ordinary_network(trained, tmp_path, task, data):
    _, other, watched = trained
    fresh = task()
    assert watched.during == list(fresh.state_dict())
    fresh.load_state_dict(torch.load(tmp_path / "other" / "last.ckpt", weights_only=True)["state_dict"])
    with torch.no_grad():
        assert torch.equal(fresh.eval().network(data.inputs), other.eval().network(data.inputs))


def test_afterwards_copies_of_the_network_are_their_own(trained, data):
    _, other, watched = trained
    before, twin = watched.graphs, clone_for_user(other.network.eval())
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
        assert not torch.equal(twin(data.inputs), other.network(data.inputs))
    assert watched.graphs == before


def test_a_task_that_learns_on_copies_is_left_alone(tmp_path, task, fit, data):
    def meta():
        inner = InnerLoop(lr_by_part={"backbone": 1e-2, "head": 1e-2})
        return MetaTask(task().network, partial(BilevelLearner, inner=inner), partial(torch.optim.SGD, lr=0.5))

    episodes = [Episode(data, data)]
    plain, other, watched = meta(), meta(), Watched()
    fit(plain, tmp_path / "plain", batches=[episodes])
    fit(other, tmp_path / "other", watched, batches=[episodes])
    assert watched.graphs == 0
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in plain.state_dict().items())
