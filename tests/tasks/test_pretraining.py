"""What tasks are validated on: users, images, votes, traits, and the one number that chooses the epoch."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from piaa_lightning.data.batches import Distributions, Episode, Examples, Liked
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.tasks.generic import GenericTask
from piaa_lightning.tasks.pretraining import MONITOR

SGD = partial(torch.optim.SGD, lr=0.5)


class Fixed(nn.Module):
    """Says what it is shown."""

    def forward(self, inputs):
        return inputs[:, 0]


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def two_streams() -> TwoStreams:
    torch.manual_seed(0)
    return TwoStreams(None, partial(DistributionHead, bins=4), 3, partial(TraitHead, traits=2)).eval()


USERS = [
    (torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([0.4, 0.3, 0.2, 0.1])),  # -1
    (torch.tensor([0.1, 0.2]), torch.tensor([0.8, 0.9])),  # 1
    (torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0.1, 0.3, 0.2])),  # 1/2
]


def judge_users(task, who=range(3)) -> None:
    for number in who:
        predicted, truth = USERS[number]
        batch = Examples(predicted[:, None], truth)
        task.validation_step(Episode(batch, batch, number), number)


def test_users_are_a_mean_over_users_not_over_images(logged):
    task = GenericTask(Fixed(), SGD)
    judge_users(task)
    task.on_validation_epoch_end()
    assert logged[MONITOR].item() == pytest.approx((-1 + 1 + 0.5) / 3)
    pooled = srocc(torch.cat([p for p, _ in USERS]).numpy(), torch.cat([t for _, t in USERS]).numpy())
    assert abs(logged[MONITOR].item() - pooled) > 0.1


def test_the_next_epoch_starts_anew(logged):
    task = GenericTask(Fixed(), SGD)
    judge_users(task)
    task.on_validation_epoch_end()
    judge_users(task, [0])
    task.on_validation_epoch_end()
    assert logged[MONITOR].item() == pytest.approx(-1)


def test_images_are_one_correlation_over_all_batches(logged):
    task = GenericTask(Fixed(), SGD)
    predicted, truth = random(20, seed=0), random(20, seed=1)
    for start in (0, 8, 16):
        part = slice(start, start + 8)
        none = torch.zeros(len(truth[part]), 0)
        task.validation_step(Distributions(predicted[part, None], none, truth[part], torch.arange(20)[part]), start)
    task.on_validation_epoch_end()
    assert logged[MONITOR].item() == pytest.approx(stats.spearmanr(predicted, truth).statistic)
    assert logged["val/images_srocc"].item() == logged[MONITOR].item()
    assert logged["val/images_plcc"].item() == pytest.approx(stats.pearsonr(predicted, truth).statistic)
    assert set(logged) == {MONITOR, "val/images_srocc", "val/images_plcc"}


def votes(count: int = 20) -> Distributions:
    shares = random(count, 4, seed=3).softmax(dim=1)
    return Distributions(random(count, 3, seed=4), shares, shares @ torch.linspace(0, 1, 4), torch.arange(count))


def likes() -> Liked:
    traits = 2 * random(6, 2, seed=5) - 1
    users = torch.tensor([0, 1, 2, 3, 4, 5] * 4)
    return Liked(random(24, 3, seed=6), traits[users], users, torch.arange(24))


def test_votes_are_judged_by_their_means_and_by_distance(logged):
    task, batch = GenericTask(two_streams(), SGD), votes()
    task.validation_step(batch, 0)
    task.on_validation_epoch_end()
    with torch.no_grad():
        means = task.network(batch.inputs).numpy()
        carried = np.cumsum((task.network.distribution(batch.inputs) - batch.distribution).double().numpy(), axis=1)
    assert logged[MONITOR].item() == pytest.approx(stats.spearmanr(means, batch.scores).statistic)
    assert logged["val/votes_plcc"].item() == pytest.approx(stats.pearsonr(means, batch.scores).statistic, abs=1e-5)
    assert logged["val/votes_emd_r1"].item() == pytest.approx(np.abs(carried).mean(), abs=1e-6)
    assert logged["val/votes_emd_r2"].item() == pytest.approx(np.sqrt((carried**2).mean(axis=1)).mean(), abs=1e-6)


def test_traits_are_judged_over_users_whose_images_are_averaged(logged):
    task, batch = GenericTask(two_streams(), SGD), likes()
    for part in (slice(0, 10), slice(10, 24)):
        task.validation_step(Liked(*(values[part] for values in batch)), 0)
    task.on_validation_epoch_end()
    with torch.no_grad():
        predicted = task.network.traits(batch.inputs).numpy()
    means = np.stack([predicted[batch.users == user].mean(axis=0) for user in range(6)])
    truth = batch.traits[:6].numpy()
    expected = [stats.spearmanr(means[:, n], truth[:, n]).statistic for n in range(2)]
    errors = [np.sqrt(((means[:, n] - truth[:, n]) ** 2).mean()) for n in range(2)]
    assert logged[MONITOR].item() == pytest.approx(np.mean(expected))
    assert logged["val/traits_rmse"].item() == pytest.approx(np.mean(errors), rel=1e-5)


def test_several_databases_are_judged_by_the_mean_of_theirs(logged):
    task = GenericTask(two_streams(), SGD)
    task.validation_step(votes(), 0, 0)
    task.validation_step(likes(), 0, 1)
    task.on_validation_epoch_end()
    parts = [logged["val/votes_srocc"].item(), logged["val/traits_srocc"].item()]
    assert abs(parts[0] - parts[1]) > 0.01
    assert logged[MONITOR].item() == pytest.approx(np.mean(parts))


def test_a_process_that_saw_nothing_joins_the_others_in_computing(logged, monkeypatch):
    # another process saw users; this one must not skip the step in which their rows come together
    task = GenericTask(Fixed(), SGD)
    monkeypatch.setattr("piaa_lightning.tasks.pretraining.gather", lambda flags: [*flags, len(logged) == 0])
    computed = []
    monkeypatch.setattr(task.users, "compute", lambda: computed.append("users") or torch.tensor(0.25))
    task.on_validation_epoch_end()
    assert computed == ["users"]
    assert logged[MONITOR].item() == 0.25
