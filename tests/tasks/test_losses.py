"""Each task's loss, by hand, and what optimises it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from piaa_lightning.data.batches import Distributions, Episode, Examples, Labelled, Liked, Pairs
from piaa_lightning.errors import UserError
from piaa_lightning.losses.binary import binary_loss
from piaa_lightning.losses.emd import emd_loss
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.papers.attribute_network import AttributeNetwork
from piaa_lightning.models.papers.trait_network import TraitNetwork
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.tasks.attributes import AttributeTask
from piaa_lightning.tasks.distribution import DistributionTask
from piaa_lightning.tasks.generic import GenericTask
from piaa_lightning.tasks.personality import PersonalityTask
from piaa_lightning.tasks.ranking import RankingTask

SGD = partial(torch.optim.SGD, lr=0.5)
NAN = float("nan")


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


INPUTS = random(8, 4) - 0.5
SCORES = random(8, seed=1)


def scorer() -> ScoreNetwork:
    torch.manual_seed(0)
    return ScoreNetwork(None, ScoreHead(4, hidden=[5]))


class TestGeneric:
    def test_the_loss_is_the_mean_square_of_the_batch(self, logged):
        task = GenericTask(scorer(), SGD)
        loss = task.training_step(Examples(INPUTS, SCORES), 0)
        with torch.no_grad():
            expected = sum((task.network(INPUTS) - SCORES) ** 2) / 8
        assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
        assert logged["train/loss"] is loss

    def test_good_or_bad_is_a_cross_entropy(self, logged):
        task = GenericTask(scorer(), SGD, loss=partial(binary_loss, middle=0.4))
        loss = task.training_step(Examples(INPUTS, SCORES), 0)
        probability = task.network(INPUTS).detach().double().numpy()
        good = SCORES.numpy() > 0.4
        assert 0 < good.sum() < 8
        expected = -np.mean(np.where(good, np.log(probability), np.log(1 - probability)))
        assert loss.item() == pytest.approx(expected, rel=1e-5)

    def test_it_scores_alike_whatever_the_support(self):
        task = GenericTask(scorer(), SGD)
        query = Examples(INPUTS, SCORES)
        one, other = (Episode(Examples(random(3, 4, seed=seed), random(3)), query) for seed in (2, 3))
        assert torch.equal(task.personal_scores(one), task.personal_scores(other))


class TestDistribution:
    VOTES = random(8, 3, seed=2).softmax(dim=1)
    BATCH = Distributions(INPUTS, VOTES, SCORES, torch.arange(8))

    def task(self, **options) -> DistributionTask:
        torch.manual_seed(0)
        return DistributionTask(ScoreNetwork(None, DistributionHead(4, bins=3)), SGD, **options)

    def test_the_loss_is_the_talks(self, logged):
        task = self.task()
        predicted = task.network.distribution(INPUTS)
        expected = sum((predicted[i, n] - self.VOTES[i, n]) ** 2 for i in range(8) for n in range(3)) / 8 / 3
        assert task.training_step(self.BATCH, 0).item() == pytest.approx(expected.item(), rel=1e-5)
        assert "train/loss" in logged

    def test_nima_carries_mass(self, logged):
        task = self.task(loss=partial(emd_loss, r=2, squared=True))
        predicted = task.network.distribution(INPUTS).detach().double().numpy()
        carried = [(predicted[i, : k + 1] - self.VOTES[i, : k + 1].numpy()).sum() for i in range(8) for k in range(3)]
        assert task.training_step(self.BATCH, 0).item() == pytest.approx(np.mean(np.square(carried)), rel=1e-5)


class TestPersonality:
    def test_the_loss_is_the_mean_square_over_likes_and_traits(self, logged):
        torch.manual_seed(0)
        task = PersonalityTask(TraitNetwork(None, ScoreHead, 4, partial(TraitHead, traits=2)), SGD)
        traits = 2 * random(8, 2, seed=2) - 1
        loss = task.training_step(Liked(INPUTS, traits, torch.arange(8), torch.arange(8)), 0)
        predicted = task.network.traits(INPUTS)
        expected = sum((predicted[i, n] - traits[i, n]) ** 2 for i in range(8) for n in range(2)) / 16
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)

    def test_another_number_of_traits_is_a_sentence(self, logged):
        task = PersonalityTask(TraitNetwork(None, ScoreHead, 4, TraitHead), SGD)
        sentence = r"^task\.network\.personality\.traits=5: the database has 4 traits .*task\.dataset\.traits\.$"
        with pytest.raises(UserError, match=sentence):
            task.training_step(Liked(INPUTS, random(8, 4), torch.arange(8), torch.arange(8)), 0)


class TestAttributes:
    def task(self, weight: float = 1.0, attributes: int = 2) -> AttributeTask:
        torch.manual_seed(0)
        network = AttributeNetwork(None, ScoreHead, 4, partial(TraitHead, traits=attributes))
        return AttributeTask(network, SGD, weight=weight)

    @pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
    def test_what_is_known_counts_alike_and_the_rest_not_at_all(self, logged, weight):
        task = self.task(weight)
        attributes = 2 * random(8, 2, seed=2) - 1
        attributes[[0, 3], [1, 0]] = NAN
        scores = SCORES.clone()
        scores[5] = NAN
        loss = task.training_step(Labelled(INPUTS, scores, attributes, torch.arange(8)), 0)
        predicted, labels = (part.detach().numpy() for part in task.network.both(INPUTS))
        expected = np.nanmean((predicted - scores.numpy()) ** 2)
        expected += weight * np.nanmean((labels - attributes.numpy()) ** 2)
        assert loss.item() == pytest.approx(expected, rel=1e-5)

    def test_unknown_labels_leave_every_gradient_finite(self, logged):
        task = self.task()
        batch = Labelled(INPUTS, torch.full((8,), NAN), torch.full((8, 2), NAN), torch.arange(8))
        loss = task.training_step(batch, 0)
        loss.backward()
        assert loss.item() == 0
        assert all((p.grad == 0).all() for p in task.network.parameters())

    @pytest.mark.parametrize("known", [1, 3])
    def test_another_number_of_attributes_is_a_sentence(self, logged, known):
        # one column would otherwise be stretched over all
        with pytest.raises(UserError, match=rf"^task\.network\.attributes\.traits=2: the database has {known} attr"):
            self.task().training_step(Labelled(INPUTS, SCORES, random(8, known), torch.arange(8)), 0)


class TestRanking:
    @pytest.mark.parametrize(("margin", "weight"), [(0.05, 1.0), (0.3, 0.5), (0.0, 0.0)])
    def test_squares_of_both_sides_and_a_margin_between_them(self, logged, margin, weight):
        task = RankingTask(scorer(), SGD, margin=margin, weight=weight)
        better, worse = Examples(INPUTS, SCORES), Examples(INPUTS.flip(0) * 2, SCORES / 2)
        loss = task.training_step(Pairs(better, worse), 0)
        above, below = (task.network(side.inputs).detach().numpy() for side in (better, worse))
        squares = [(above - better.scores.numpy()) ** 2, (below - worse.scores.numpy()) ** 2]
        lead = np.maximum(margin - (above - below), 0)
        assert (lead > 0).sum() > 0
        assert loss.item() == pytest.approx(np.mean(squares) + weight * lead.mean(), rel=1e-5)


class TestOptimiser:
    def test_every_parameter_is_optimised_at_the_optimisers_own_rate(self):
        task = GenericTask(scorer(), SGD)
        (group,) = task.configure_optimizers().param_groups
        assert {id(p) for p in group["params"]} == {id(p) for p in task.network.parameters()}
        assert group["lr"] == 0.5

    def test_parts_have_their_own_rates_and_the_schedule_moves_all(self):
        rates = {"head.layers.0": 0.1, "head": 0.2}
        task = GenericTask(scorer(), SGD, partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.9), rates)
        (optimizer,), (schedule,) = task.configure_optimizers()
        assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.2]
        optimizer.step()
        schedule.step()
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.09, 0.18])

    def test_what_does_not_move_is_left_out(self):
        network = scorer()
        network.head.layers[0].weight.requires_grad_(False)
        (group,) = GenericTask(network, SGD).configure_optimizers().param_groups
        assert len(group["params"]) == len(list(network.parameters())) - 1


def test_a_prior_logs_under_its_own_name(logged):
    task = GenericTask(scorer(), SGD)
    task.prefix = "generic/"
    task.training_step(Examples(INPUTS, SCORES), 0)
    assert list(logged) == ["generic/train/loss"]
    assert isinstance(task.network, nn.Module)
