import subprocess
from pathlib import Path

import pytest

from piaa_lightning.runtime import commit as module

ROOT = Path(__file__).parents[2]


def test_it_is_the_head_of_the_checkout():
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert module.commit.__wrapped__().rstrip("+") == head[:12]


def test_a_package_that_lies_in_somebody_elses_repository_has_none(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "env" / "piaa_lightning")
    (tmp_path / "env").mkdir()
    assert module.commit.__wrapped__() == ""


def test_without_git_there_is_none(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert module.commit.__wrapped__() == ""
