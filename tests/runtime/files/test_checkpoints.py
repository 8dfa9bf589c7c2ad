from __future__ import annotations

import logging

import pytest
import torch

from piaa_lightning.runtime.files.checkpoints import WholeCheckpoints, last_good, read


@pytest.fixture
def directory(tmp_path):
    """Three states of one training, the second and third of which refer to the best epoch."""
    keep(tmp_path / "best.ckpt", 1)
    for step in (1, 2, 3):
        keep(tmp_path / f"step_{step}.ckpt", step, best="" if step == 1 else str(tmp_path / "best.ckpt"))
    return tmp_path


def keep(file, step, best="", prior="key"):
    callbacks = {"ModelCheckpoint": {"best_model_path": best}, "another": {"state": 1}}
    WholeCheckpoints().save_checkpoint(
        {"prior": prior, "global_step": step, "callbacks": callbacks, "state_dict": {"a": torch.arange(500.0) + step}},
        file,
    )


def cut(content):
    return content[: len(content) // 2]


def flipped(content):
    place = content.index(torch.arange(500.0)[100:104].add(3).numpy().tobytes())  # within the numbers
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_the_newest_is_taken(directory):
    assert last_good(directory, "key") == directory / "step_3.ckpt"


def test_another_priors_states_are_no_use(directory, tmp_path):
    assert last_good(directory, "another") is None
    assert last_good(tmp_path / "nowhere", "key") is None


@pytest.mark.parametrize("spoil", [cut, flipped, lambda content: b"", lambda content: b"cos\nsystem\n"])
def test_a_damaged_one_is_passed_over_with_a_warning(directory, spoil, caplog):
    newest = directory / "step_3.ckpt"
    newest.write_bytes(spoil(newest.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert last_good(directory, "key") == directory / "step_2.ckpt"
    assert [record.getMessage() for record in caplog.records if "passed over" in record.getMessage()]


def test_a_state_whose_best_epoch_is_gone_is_passed_over(directory, caplog):
    (directory / "best.ckpt").unlink()
    assert last_good(directory, "key") == directory / "step_1.ckpt"
    assert "FileNotFoundError" in caplog.text


def test_a_file_that_is_no_dictionary_is_no_checkpoint(tmp_path):
    torch.save([1, 2], tmp_path / "step_1.ckpt")
    assert read(tmp_path / "step_1.ckpt") is None
