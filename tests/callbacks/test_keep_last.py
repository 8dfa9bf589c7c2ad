from __future__ import annotations

import os
import signal
from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.exceptions import SIGTERMException
from torch.utils.data import DataLoader

from piaa_lightning.callbacks.keep_last import KeepLast, kept


class At(pl.Callback):
    """Does something after a batch."""

    def __init__(self, step, act):
        self.step, self.act = step, act

    def on_train_batch_end(self, trainer, *_rest):
        if trainer.global_step == self.step:
            self.act()


def fit(module, directory, *callbacks, epochs=3, batches=4, every_steps=None, **options):
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        limit_val_batches=0,
        logger=False,
        callbacks=[*callbacks, KeepLast(directory, "the prior", every_steps)],
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=directory,
        **options,
    )
    loader = DataLoader([module.data] * batches, batch_size=None)
    trainer.fit(module, loader, loader)


@pytest.fixture
def module(task, data):
    made = task()
    made.data = data
    return made


def names(directory):
    return [file.name for file in kept(directory)]


def test_the_last_two_epochs_are_kept_with_the_name_of_the_prior(module, tmp_path):
    fit(module, tmp_path)
    assert names(tmp_path) == ["step_000000012.ckpt", "step_000000008.ckpt"]
    newest = torch.load(kept(tmp_path)[0], weights_only=True)
    assert newest["prior"] == "the prior"
    assert all(torch.equal(newest["state_dict"][name], value) for name, value in module.state_dict().items())


def test_the_newest_is_told_by_its_steps_whatever_the_clock_said(module, tmp_path):
    fit(module, tmp_path)
    os.utime(kept(tmp_path)[0], (0, 0))
    os.utime(kept(tmp_path)[1], (4e9, 4e9))
    assert names(tmp_path)[0] == "step_000000012.ckpt"


def test_within_an_epoch_after_so_many_steps(module, tmp_path):
    class Seen(pl.Callback):
        def on_train_batch_start(self, trainer, *_rest):
            seen.update(names(tmp_path))

    seen = set()
    fit(module, tmp_path, Seen(), epochs=1, batches=8, every_steps=3)
    assert seen == {"step_000000003.ckpt", "step_000000006.ckpt"}
    assert names(tmp_path) == ["step_000000008.ckpt", "step_000000006.ckpt"]


def test_never_between_steps_that_are_accumulated(module, tmp_path):
    fit(module, tmp_path, epochs=1, batches=7, every_steps=1, accumulate_grad_batches=3)
    assert names(tmp_path) == ["step_000000003.ckpt", "step_000000002.ckpt"]
    assert (
        torch.load(kept(tmp_path)[1], weights_only=True)["loops"]["fit_loop"]["epoch_loop.batch_progress"]["current"][
            "ready"
        ]
        == 6
    )


def test_one_more_when_the_system_asks_for_the_machine(module, tmp_path):
    with pytest.raises(SIGTERMException):
        fit(module, tmp_path, At(6, partial(os.kill, os.getpid(), signal.SIGTERM)))
    assert names(tmp_path) == ["step_000000006.ckpt", "step_000000004.ckpt"]


def test_an_epoch_whose_last_step_is_taken_is_brought_to_its_end_first(module, tmp_path):
    with pytest.raises(SIGTERMException):
        fit(module, tmp_path, At(8, partial(os.kill, os.getpid(), signal.SIGTERM)), every_steps=2)
    assert names(tmp_path) == ["step_000000008.ckpt", "step_000000006.ckpt"]
    progress = torch.load(kept(tmp_path)[0], weights_only=True)["loops"]["fit_loop"]["epoch_progress"]
    assert progress["current"]["processed"] == 2, "its validation and its best epoch are not passed over afterwards"


def test_none_after_an_error_whose_state_may_be_half_a_step(module, tmp_path):
    def fails():
        raise RuntimeError("anything")

    with pytest.raises(RuntimeError, match="anything"):
        fit(module, tmp_path, At(6, fails))
    assert names(tmp_path) == ["step_000000004.ckpt"]


def test_a_rehearsal_keeps_nothing(module, tmp_path, monkeypatch):
    for hook in ("validation_step", "on_validation_epoch_end"):  # a rehearsal validates, whatever it was told
        monkeypatch.setattr(type(module), hook, lambda *_given: None)
    fit(module, tmp_path, fast_dev_run=True)
    assert names(tmp_path) == []
