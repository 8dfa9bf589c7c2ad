from __future__ import annotations

from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from piaa_lightning.callbacks.kept_epoch import KeptEpoch
from piaa_lightning.errors import UserError


class Rising(pl.LightningModule):
    """Its parameter is the number of steps taken, and its validation says what it is told to."""

    def __init__(self, told):
        super().__init__()
        self.steps = torch.nn.Parameter(torch.zeros(1))
        self.told = told

    def training_step(self, batch, batch_idx):
        self.drawn = torch.rand(1).item()
        return -self.steps.sum()  # descent of rate 1 adds 1

    def validation_step(self, batch, batch_idx):
        torch.rand(5)  # validation may draw, too
        self.log("quality", self.told[int(self.steps)], batch_size=1)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


def kept(directory, told, keep="best", include_start=False, epochs=3):
    torch.manual_seed(0)
    module = Rising([float(value) for value in told])
    callback = KeptEpoch(directory, "quality", keep, include_start)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        callbacks=[callback],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=-1 if include_start else 0,
    )
    served = partial(DataLoader, [0], batch_size=None)
    trainer.fit(module, served(), served())
    steps = torch.load(callback.best_model_path, weights_only=True)["state_dict"]["steps"].item()
    assert callback.best_model_score == told[int(steps)]
    assert [file.name for file in directory.iterdir()] == ["best.ckpt"]
    return steps, module.drawn


@pytest.mark.parametrize(
    ("told", "keep", "include_start", "expected"),
    [
        ([9, 1, 3, 2], "best", False, 2),
        ([9, 3, 3, 3], "best", False, 1),  # of equals the first
        ([9, 1, 3, 2], "last", False, 3),
        ([9, 3, 2, 1], "last", False, 3),
        ([9, 1, 3, 2], "best", True, 0),
        ([3, 1, 3, 2], "best", True, 0),  # of equals the first
        ([2, 1, 3, 2], "best", True, 2),
    ],
)
def test_which_epoch_is_kept(tmp_path, told, keep, include_start, expected):
    assert kept(tmp_path, told, keep, include_start)[0] == expected


def test_the_start_as_a_candidate_changes_nothing_that_training_draws(tmp_path):
    one = kept(tmp_path / "one", [2, 1, 3, 2])[1]
    assert kept(tmp_path / "two", [2, 1, 3, 2], include_start=True)[1] == one


def test_choices_that_make_no_sense_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"^keep=first: there is no such choice; take one of best, last"):
        KeptEpoch(tmp_path, "quality", "first")
    with pytest.raises(UserError, match=r"^candidates_include_start=True: .* take keep=best"):
        KeptEpoch(tmp_path, "quality", "last", include_start=True)
