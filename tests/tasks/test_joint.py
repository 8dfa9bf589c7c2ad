from __future__ import annotations

import copy
from functools import partial
from itertools import pairwise

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from piaa_lightning.data.batches import Distributions, Liked
from piaa_lightning.errors import UserError
from piaa_lightning.losses.distribution import distribution_loss
from piaa_lightning.losses.traits import trait_loss
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.tasks.joint import JointTask

ADAM = partial(torch.optim.Adam, lr=0.01, weight_decay=0.1)
SGD = partial(torch.optim.SGD, lr=0.1, momentum=0.9, weight_decay=0.1)


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def batch(seed: int):
    return {
        "aesthetics": Distributions(
            random(6, 4, seed=seed),
            random(6, 3, seed=seed + 1).softmax(dim=1),
            random(6, seed=seed + 2),
            torch.arange(6),
        ),
        "personality": Liked(
            random(5, 4, seed=seed + 3), random(5, 2, seed=seed + 4).tanh(), torch.arange(5), torch.arange(5)
        ),
    }


BATCHES = [batch(10 * number) for number in range(4)]


def two_streams() -> TwoStreams:
    torch.manual_seed(0)
    backbone = torch.nn.Linear(4, 4)
    return TwoStreams(backbone, partial(DistributionHead, bins=3), 4, partial(TraitHead, traits=2))


class Watched(JointTask):
    """Keeps all parameters after every step of the optimiser, and the rate of every epoch."""

    def __init__(self, *given, **options) -> None:
        super().__init__(*given, **options)
        self.states: list[dict[str, torch.Tensor]] = []
        self.epoch_rates: list[float] = []

    def _step(self, loss):
        super()._step(loss)
        self.states.append({name: p.detach().clone() for name, p in self.network.named_parameters()})

    def on_train_epoch_start(self) -> None:
        self.epoch_rates.append(self.optimizers().param_groups[0]["lr"])


def trained(tmp_path, optimizer=SGD, epochs: int = 1, **options) -> Watched:
    task = Watched(two_streams(), optimizer, **options)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    batches = DataLoader(BATCHES, batch_size=None)
    trainer.fit(task, batches, batches)
    return task


def by_hand(optimizer, balance: str, weight: float) -> list[dict[str, torch.Tensor]]:
    network = two_streams()
    descent = optimizer(network.parameters())
    states = []

    def step(loss: torch.Tensor) -> None:
        descent.zero_grad(set_to_none=True)
        loss.backward()
        descent.step()
        states.append({name: p.detach().clone() for name, p in network.named_parameters()})

    def aesthetics(each):
        return distribution_loss(network.distribution(each["aesthetics"].inputs), each["aesthetics"].distribution)

    def personality(each):
        return weight * trait_loss(network.traits(each["personality"].inputs), each["personality"].traits)

    for each in BATCHES:
        if balance == "sum":
            step(aesthetics(each) + personality(each))
        else:
            step(aesthetics(each))
            step(personality(each))
    return states


@pytest.mark.parametrize("optimizer", [ADAM, SGD])
@pytest.mark.parametrize(("balance", "steps"), [("alternate", 8), ("sum", 4)])
@pytest.mark.parametrize("weight", [1.0, 0.2])
def test_every_step_is_the_one_taken_by_hand(tmp_path, optimizer, balance, steps, weight):
    found = trained(tmp_path, optimizer, balance=balance, weight=weight).states
    expected = by_hand(optimizer, balance, weight)
    assert len(found) == len(expected) == steps
    for one, other in zip(found, expected, strict=True):
        for name in one:
            torch.testing.assert_close(one[name], other[name])


@pytest.mark.parametrize("optimizer", [ADAM, SGD])
def test_alternating_steps_leave_the_other_branch_alone(tmp_path, optimizer):
    task = trained(tmp_path, optimizer)
    states = [dict(two_streams().named_parameters()), *task.states]
    for number, (before, after) in enumerate(pairwise(states)):
        # neither weight decay nor a running mean moves what has no part in the loss
        still = "personality." if number % 2 == 0 else "head."
        for name in after:
            assert torch.equal(before[name], after[name]) is name.startswith(still), (number, name)


def test_the_schedule_steps_once_per_epoch(tmp_path):
    schedule = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)
    assert trained(tmp_path, epochs=3, schedule=schedule).epoch_rates == pytest.approx([0.1, 0.05, 0.025])
    assert trained(tmp_path, epochs=2).epoch_rates == [0.1, 0.1]


def test_both_losses_are_logged_as_they_are(logged):
    task = JointTask(two_streams(), SGD, weight=0.25)
    object.__setattr__(task, "_step", lambda loss: None)
    task.training_step(BATCHES[0], 0)
    network = copy.deepcopy(task.network)
    liked = BATCHES[0]["personality"]
    assert logged["train/personality_loss"].item() == trait_loss(network.traits(liked.inputs), liked.traits).item()
    assert logged["train/aesthetics_loss"].item() > 0


def test_a_mistake_is_a_sentence(logged):
    with pytest.raises(UserError, match=r"^balance=both: choose one of alternate, sum\.$"):
        JointTask(two_streams(), SGD, balance="both")
    liked = BATCHES[0]["personality"]._replace(traits=torch.zeros(5, 3))
    with pytest.raises(UserError, match=r"^task\.network\.personality\.traits=2: the database has 3 traits to learn"):
        JointTask(two_streams(), SGD)._personality(liked)
