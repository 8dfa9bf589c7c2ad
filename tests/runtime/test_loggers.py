from __future__ import annotations

import os

import pytest

from piaa_lightning.runtime.loggers import has_key, weights_and_biases


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home directory without a login, and an environment without a key."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def login(home, host="api.wandb.ai"):
    file = home / ".netrc"
    file.write_text(f"machine {host}\n  login user\n  password {'0' * 40}\n")
    file.chmod(0o600)


def test_no_key_anywhere(home):
    assert not has_key()


def test_a_key_in_the_environment(home, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert has_key()


def test_an_empty_key_is_none(home, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "")
    assert not has_key()


def test_a_login_on_file(home):
    login(home)
    assert has_key()


def test_a_login_at_another_host_does_not_count(home, monkeypatch):
    login(home)
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example.org:8080")
    assert not has_key()
    login(home, "wandb.example.org")
    assert has_key()


def test_a_damaged_netrc_is_no_login(home):
    (home / ".netrc").write_text("machine")
    assert not has_key()


@pytest.mark.parametrize("mode", ["offline", "disabled", "dryrun"])
def test_the_mode_forbids_what_a_key_allows(home, monkeypatch, mode):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_MODE", mode)
    assert not has_key()


@pytest.mark.parametrize(
    ("key", "asked", "offline"), [("", None, True), ("0" * 40, None, False), ("0" * 40, True, True), ("", False, False)]
)
def test_offline_unless_a_key_is_configured_or_it_is_asked_for(home, monkeypatch, key, asked, offline):
    monkeypatch.setenv("WANDB_API_KEY", key)
    logger = weights_and_biases(str(home), "run", "project", offline=asked, tags=["a"])
    assert logger._offline is offline
    given = {key: logger._wandb_init[key] for key in ("name", "project", "dir", "tags")}
    assert given == {"name": "run", "project": "project", "dir": str(home), "tags": ["a"]}


def test_it_is_silent_unless_told_otherwise(home, monkeypatch):
    monkeypatch.setenv("WANDB_SILENT", "false")
    monkeypatch.delenv("WANDB_CONSOLE", raising=False)
    weights_and_biases(str(home), "run", "project")
    assert (os.environ["WANDB_SILENT"], os.environ["WANDB_CONSOLE"]) == ("false", "off")
