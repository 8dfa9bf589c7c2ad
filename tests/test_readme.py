"""The commands of the README do what they say."""

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from piaa_lightning.cli.app import MODES
from piaa_lightning.simulation import embedded

from composing import config_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
PAGES = (TEXT, (ROOT / "docs" / "methods.md").read_text())
COMMANDS = [
    words for page in PAGES for words in re.findall(r"^\.venv/bin/python -m piaa_lightning (.+)$", page, re.MULTILINE)
]


def test_there_are_commands():
    assert len(COMMANDS) >= 5
    assert any("-m " in command for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_composes(command):
    words = [word for word in shlex.split(command) if not word.startswith("-")]
    jobs = [[]]
    for word in words:  # a sweep is every combination of its comma-separated values
        key, _, value = word.partition("=")
        values = [value] if value.startswith("[") else value.split(",")
        jobs = [[*job, f"{key}={value}"] for job in jobs for value in values]
    for job in jobs:
        cfg = config_of(*job)
        assert cfg.methods or cfg.mode in MODES


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z]+(?:-[a-z]+)*)\b", TEXT)) - {"and"}))
def test_every_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_linked_file_exists():
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / link).exists(), f"README.md links to {link}"


def test_ones_own_ratings(command, cache, tmp_path):
    """``data=ratings_csv data.root=DIR`` with nothing but ratings.csv and images/."""
    source = embedded.ensure("flickr_aes", "tiny", cache)
    table = pd.read_csv(next(source.glob("*worker.csv")), skipinitialspace=True)
    table.columns = ["user", "image", "score"]
    table.drop_duplicates(["user", "image"]).to_csv(tmp_path / "ratings.csv", index=False)
    (tmp_path / "images").symlink_to(source / "40K")
    done = command(
        "experiment=blg_piaa", "data=ratings_csv", f"data.root={tmp_path}", "shots=10", "logger=none",
        "trainer.fast_dev_run=true", "trainer.enable_progress_bar=false",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())
    assert summary["data"].startswith("ratings_csv")
    rows = {row["method"]: row for row in summary["rows"]}
    assert rows["generic"]["srocc"] == rows["generic + affine"]["srocc"]
    assert "ceiling (true taste)" in summary["left_out"]
