"""A run that is killed and resumed ends with the parameters of the uninterrupted one."""

from __future__ import annotations

from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.data.resumable import ResumableLoader
from piaa_lightning.data.samplers import EpochSampler
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.tasks.meta import MetaTask

pytestmark = pytest.mark.slow


STEEP = {"head": 1e-2}
LEARNERS = {
    "published": {"inner": InnerLoop(STEEP)},
    "one Adam": {"inner": InnerLoop(STEEP), "reset_state": "never"},
    "dropout": {"inner": InnerLoop(STEEP, dropout=True)},
    "statistics": {"inner": InnerLoop(STEEP, bn_mode="accumulate"), "reduce": "sequential_ema"},
}


class Users(Dataset):
    """Nine users whose ratings are drawn anew at every visit, keyed by (user, epoch)."""

    def __len__(self):
        return 9

    def __getitem__(self, visit):
        generator = torch.Generator().manual_seed(100 * visit.item + visit.epoch)
        inputs, scores = torch.randn(12, 4, generator=generator), torch.rand(12, generator=generator)
        return Episode(Examples(inputs[:8], scores[:8]), Examples(inputs[8:], scores[8:]))

    def __getitems__(self, visits):
        return [self[visit] for visit in visits]


class Killed(pl.Callback):
    """Keeps a checkpoint after a step, as Lightning does on request, and stops the run."""

    def __init__(self, file, step):
        self.file, self.step = file, step

    def on_train_batch_end(self, trainer, module, outputs, batch, number):
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.file)
            raise KilledError


class KilledError(Exception):
    pass


def task(saves="theta", **settings) -> MetaTask:
    torch.manual_seed(0)
    network: nn.Module = ScoreNetwork(None, ScoreHead(4, hidden=[5], norm=True, dropout=0.5))
    optimizer = partial(torch.optim.Adam, lr=1e-2)
    learner = partial(BilevelLearner, steps=2, **settings)
    return MetaTask(network, learner, optimizer, gamma=0.9, inner_gamma=0.9, compounding=True, saves=saves)


def fit(module, file, killed=None, resume=None):
    pl.seed_everything(3, verbose=False)
    loader = ResumableLoader(Users(), EpochSampler(9, 3), 2, collate_fn=lambda batch: batch)  # five batches
    validation = DataLoader([Users()[visit] for visit in list(EpochSampler(9, 9))[:2]], batch_size=None)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        logger=False,
        callbacks=[Killed(file, killed)],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, loader, validation, ckpt_path=resume, weights_only=True if resume else None)
    trainer.save_checkpoint(file)
    return {name: value.clone() for name, value in module.network.state_dict().items()}


@pytest.mark.parametrize("saves", ["theta", "last_user"])
@pytest.mark.parametrize("name", LEARNERS)
def test_killed_after_any_step_and_resumed_it_ends_the_same(tmp_path, name, saves):
    settings, file = LEARNERS[name], tmp_path / "end.ckpt"
    whole = fit(task(saves, **settings), file)
    end = torch.load(file, weights_only=True)["state_dict"]
    for step in (3, 5, 7):  # in the first epoch, at its end, in the second
        with pytest.raises(KilledError):
            fit(task(saves, **settings), tmp_path / "middle.ckpt", killed=step)
        resumed = fit(task(saves, **settings), file, resume=str(tmp_path / "middle.ckpt"))
        assert all(torch.equal(resumed[key], value) for key, value in whole.items())
    again = torch.load(file, weights_only=True)["state_dict"]
    assert all(torch.equal(again[key], value) for key, value in end.items())
    assert all(torch.equal(end[f"network.{key}"], value) for key, value in whole.items()) == (saves == "theta")
