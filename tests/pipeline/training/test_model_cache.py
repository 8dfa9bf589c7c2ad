"""Models on disk are whole or absent, and say whose they are."""

from __future__ import annotations

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.training.model_cache import ModelCache, key_of, load_weights, save_weights
from piaa_lightning.runtime.files.locks import try_lock


def test_what_is_saved_comes_back_with_its_key(tmp_path):
    torch.manual_seed(0)
    one, other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    save_weights(one, tmp_path / "one.safetensors", "key")
    assert key_of(tmp_path / "one.safetensors") == "key"
    load_weights(other, tmp_path / "one.safetensors", "one")
    assert torch.equal(one.weight, other.weight)


def test_no_file_and_a_damaged_one_have_no_key(tmp_path):
    (tmp_path / "damaged.safetensors").write_bytes(b"no tensors")
    assert key_of(tmp_path / "damaged.safetensors") is None
    assert key_of(tmp_path / "none.safetensors") is None
    with pytest.raises(UserError, match=r"cannot be read as weights of the prior one"):
        load_weights(torch.nn.Linear(1, 1), tmp_path / "damaged.safetensors", "one")


def test_a_model_is_held_while_it_is_trained_and_others_are_not(tmp_path):
    cache = ModelCache(tmp_path / "models")
    with cache.training("a"), cache.training("b"), (tmp_path / "models" / "a.lock").open("ab") as lock:
        assert not try_lock(lock)
    with (tmp_path / "models" / "a.lock").open("ab") as lock:
        assert try_lock(lock)


def test_in_a_cache_that_cannot_be_written_nothing_is_held_nor_lost(tmp_path, caplog):
    (tmp_path / "file").touch()
    cache = ModelCache(tmp_path / "file" / "models")
    with cache.training("a"):
        cache.keep(torch.nn.Linear(1, 1), "a")
    assert "is not kept for later runs" in caplog.text


def test_an_interrupted_write_leaves_what_was_there(tmp_path, monkeypatch):
    network = torch.nn.Linear(2, 1)
    save_weights(network, tmp_path / "prior.safetensors", "key")
    before = (tmp_path / "prior.safetensors").read_bytes()

    def interrupted(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr("piaa_lightning.runtime.files.atomic.os.fsync", interrupted)
    with torch.no_grad():
        next(network.parameters()).add_(1)
    with pytest.raises(KeyboardInterrupt):
        save_weights(network, tmp_path / "prior.safetensors", "key")
    assert (tmp_path / "prior.safetensors").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["prior.safetensors"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", ["weight", "bias", "running_var"])
def test_weights_that_are_no_numbers_are_refused(tmp_path, bad, place):
    network = torch.nn.BatchNorm1d(2)
    network.state_dict()[place][1] = bad
    save_weights(network, tmp_path / "one.safetensors", "key")
    with pytest.raises(UserError, match=f"hold NaN or infinite numbers in {place}; the training .* diverged"):
        load_weights(torch.nn.BatchNorm1d(2), tmp_path / "one.safetensors", "one")
