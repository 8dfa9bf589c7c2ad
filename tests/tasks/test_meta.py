from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.errors import UserError
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.tasks.meta import MetaTask

LEARNER = partial(BilevelLearner, inner=InnerLoop(lr_by_part={"backbone": 1e-2, "head": 1e-2}), steps=2)
SGD = partial(torch.optim.SGD, lr=0.5)


def network() -> ScoreNetwork:
    torch.manual_seed(0)
    return ScoreNetwork(None, ScoreHead(4, hidden=[5], norm=True, dropout=0.5))


def examples(seed: int, count: int = 8) -> Examples:
    generator = torch.Generator().manual_seed(seed)
    return Examples(torch.randn(count, 4, generator=generator), torch.rand(count, generator=generator))


def episode(seed: int) -> Episode:
    return Episode(examples(seed), examples(seed + 100, 6))


class TestMetaTask:
    def step(self, task, batch, optimizer):
        object.__setattr__(task, "optimizers", lambda: optimizer)
        task.training_step(batch, 0)

    def test_a_step_is_the_talks_update(self, logged):
        task = MetaTask(network(), LEARNER, SGD)
        batch = [episode(seed) for seed in range(3)]
        theta = [p.detach().clone() for p in task.network.parameters()]
        own = []
        for user in batch:
            clone = task.learner.clone()
            clone.adapt(user.support)
            clone.adapt(user.query)
            own.append([p.detach() for p in clone.parameters()])
        self.step(task, batch, task.configure_optimizers())
        for index, parameter in enumerate(task.network.parameters()):
            # theta - beta sum_i (theta - theta_i), beta = .5
            expected = theta[index] - 0.5 * sum(theta[index] - user[index] for user in own)
            torch.testing.assert_close(parameter.detach(), expected, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("engine", [None, "in_place", "learn2learn"])
    def test_the_engine_is_the_learners_and_a_step_is_the_same(self, logged, engine):
        batch, reference = [episode(seed) for seed in range(3)], MetaTask(network(), LEARNER, SGD)
        self.step(reference, batch, reference.configure_optimizers())
        task = MetaTask(network(), partial(LEARNER, engine="learn2learn"), SGD, engine=engine)
        assert task.learner.engine == (engine or "learn2learn")
        self.step(task, batch, task.configure_optimizers())
        for own, other in zip(task.parameters(), reference.parameters(), strict=True):
            assert torch.equal(own, other)

    def test_settings_that_make_no_sense_are_refused(self):
        with pytest.raises(UserError, match=r"^engine=inplace: .*did you mean in_place\?"):
            MetaTask(network(), LEARNER, SGD, engine="inplace")
        with pytest.raises(UserError, match=r"^saves=all: there is no such choice"):
            MetaTask(network(), LEARNER, SGD, saves="all")

    def test_the_length_of_the_gradient_is_logged(self, logged):
        task = MetaTask(network(), LEARNER, SGD)
        gradient = torch.cat([value.flatten() for value in task.learner.outer_gradient([episode(0)])])
        self.step(task, [episode(0)], task.configure_optimizers())
        assert logged["train/outer_gradient_norm"].item() == pytest.approx(gradient.norm().item(), rel=1e-5)

    def test_the_users_that_were_visited_are_logged_with_what_validation_says(self, logged):
        task = MetaTask(network(), LEARNER, SGD)
        task._trainer = SimpleNamespace(train_dataloader=SimpleNamespace(dataset=range(7)), current_epoch=2)
        scores = torch.tensor([0.1, 0.2, 0.3])
        task.users.update(torch.zeros(3), scores, scores)
        task.on_validation_epoch_end()
        assert logged["users"] == 21
        assert logged["val/srocc"] == 1

    def test_theta_is_in_the_checkpoint_once(self):
        task = MetaTask(network(), LEARNER, SGD)
        assert set(task.state_dict()) == {f"network.{name}" for name in task.network.state_dict()}
        assert sum(p.numel() for p in task.parameters()) == sum(p.numel() for p in task.network.parameters())

    def test_validation_adapts_to_the_support_ratings_and_leaves_theta_alone(self):
        task = MetaTask(network(), LEARNER, SGD)
        before = {name: value.clone() for name, value in task.network.state_dict().items()}
        with torch.inference_mode():  # as Lightning validates
            scores = task.personal_scores(episode(0))
            other = task.personal_scores(Episode(examples(50), episode(0).query))
        adapted = task.learner.adapt(episode(0).support)
        with torch.no_grad():
            torch.testing.assert_close(scores, adapted(episode(0).query.inputs))
        assert not torch.equal(scores, other)
        assert all(torch.equal(value, before[name]) for name, value in task.network.state_dict().items())
