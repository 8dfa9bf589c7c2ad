"""The two presets of BLG-PIAA, as their YAML has them, against the talk and the authors' procedure written out."""

from __future__ import annotations

import copy

import pytest
import torch
from hydra.utils import instantiate
from torch import nn

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.tasks.meta import MetaTask

from composing import config_of

pytestmark = pytest.mark.slow


ALPHA = {"backbone": 1e-4, "head": 1e-3}


class Network(nn.Module):
    """Batch norm, with statistics of its own, and dropout, as the authors' network has them."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.backbone = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.PReLU(), nn.Dropout(0.5), nn.Linear(5, 1))
        for norm in (self.backbone[1], self.head[1]):
            nn.init.uniform_(norm.running_mean, -1, 1)
        self.double()

    def forward(self, inputs):
        return self.head(self.backbone(inputs)).squeeze(1).sigmoid()


def users(*seeds):
    def examples(seed, count):
        generator = torch.Generator().manual_seed(seed)
        options = {"generator": generator, "dtype": torch.float64}
        return Examples(torch.randn(count, 4, **options), torch.rand(count, **options))

    return [Episode(examples(seed, 8), examples(seed + 100, 5)) for seed in seeds]


def mean_square(network, examples):
    return ((network(examples.inputs) - examples.scores) ** 2).mean()


BATCHES = {
    0: [users(1, 2, 3), users(4, 5, 6)],
    1: [users(3, 1, 5), users(2, 6, 4)],
    2: [users(1, 2, 3), users(4, 5, 6)],
}


@pytest.fixture
def trained(monkeypatch):
    """Train a preset for three epochs of two batches, without a trainer."""

    def train(preset):
        cfg = config_of(f"task={preset}").task
        task: MetaTask = instantiate(cfg.module)(network=Network())
        optimizer = task.configure_optimizers()
        monkeypatch.setattr("pytorch_lightning.LightningModule.log", lambda *args, **options: None)
        object.__setattr__(task, "optimizers", lambda: optimizer)
        for epoch, batches in BATCHES.items():
            monkeypatch.setattr(MetaTask, "current_epoch", epoch)
            for number, batch in enumerate(batches):
                task.training_step(batch, number)
        checkpoint = {"state_dict": task.state_dict()}
        task.on_save_checkpoint(checkpoint)
        return task, {name.removeprefix("network."): value for name, value in checkpoint["state_dict"].items()}

    return train


def test_the_default_is_the_talks_algorithm_and_saves_theta(trained):
    theta = Network().eval()
    mu, eps, steps, beta = 0.9, 1e-8, 5, 0.25
    for epoch, batches in BATCHES.items():
        for batch in batches:
            total = {name: torch.zeros_like(value) for name, value in theta.named_parameters()}
            for user in batch:
                own = copy.deepcopy(theta)
                for level in (user.support, user.query):
                    m = {name: torch.zeros_like(value) for name, value in own.named_parameters()}
                    v = copy.deepcopy(m)
                    for _ in range(steps):
                        own.zero_grad()
                        mean_square(own, level).backward()
                        with torch.no_grad():
                            for name, value in own.named_parameters():
                                m[name] = mu * m[name] + (1 - mu) * value.grad
                                v[name] = mu * v[name] + (1 - mu) * value.grad**2
                                value -= ALPHA[name.split(".")[0]] * m[name] / (v[name].sqrt() + eps)
                for (name, start), end in zip(theta.named_parameters(), own.parameters(), strict=True):
                    total[name] += start.detach() - end.detach()
            with torch.no_grad():
                for name, value in theta.named_parameters():
                    value -= beta * 0.9**epoch * total[name]
    task, saved = trained("blg")
    for name, value in theta.state_dict().items():
        torch.testing.assert_close(saved[name], value, rtol=0, atol=1e-8)
        assert torch.equal(saved[name], task.network.state_dict()[name])
        if not name.endswith(("mean", "var", "tracked")):
            assert (value - Network().state_dict()[name]).abs().max() > 1e-6, f"{name} did not move"


def test_the_other_preset_is_the_authors_procedure_with_its_slips(trained):
    model = Network().train()  # dropout and batch norm in training mode, statistics never put back
    theta = {name: value.detach().clone() for name, value in model.named_parameters()}
    groups = [{"params": getattr(model, part).parameters(), "lr": alpha} for part, alpha in ALPHA.items()]
    optimizer = torch.optim.Adam(groups)  # one for all users and epochs
    for epoch, batches in BATCHES.items():
        for group in optimizer.param_groups:
            group["lr"] *= 0.9**epoch  # compounds
        for number, batch in enumerate(batches):
            torch.manual_seed(hash((0, epoch, number)) % 2**63)
            for user in batch:
                with torch.no_grad():
                    for name, value in model.named_parameters():
                        value.copy_(theta[name])
                for level in (user.support, user.query):
                    for _ in range(5):
                        optimizer.zero_grad()
                        mean_square(model, level).backward()
                        optimizer.step()
                for name, value in model.named_parameters():  # within the batch
                    theta[name] += (value.detach() - theta[name]) / len(batch)
    task, saved = trained("blg_authors")
    for name, value in model.state_dict().items():  # what is saved is the last user's
        torch.testing.assert_close(saved[name], value, rtol=0, atol=1e-8)
    for name, value in task.network.named_parameters():  # and what goes on being trained is theta
        torch.testing.assert_close(value.detach(), theta[name], rtol=0, atol=1e-8)
    assert not torch.allclose(saved["head.0.weight"], theta["head.0.weight"], rtol=1e-6, atol=0)


def test_the_presets_differ_in_what_the_talk_and_the_code_differ_in():
    talk, authors = (config_of(f"task={name}").task for name in ("blg", "blg_authors"))
    experiment = config_of("experiment=blg_piaa_authors")
    assert talk.module.learner.inner.lr_by_part == authors.module.learner.inner.lr_by_part == ALPHA
    assert (talk.dataset.support, talk.dataset.query, talk.batch_size) == (80, 20, 4)
    assert experiment.head.hidden == [1024, 512]
    personalizer = experiment.methods.blg.personalizer
    assert (personalizer.lr_multipliers, personalizer.steps) == ([1.0], [19])
    assert set(personalizer.inner.lr_by_part.values()) == {1e-5}
