"""Every study says what is claimed, and its commands are ones that exist."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.cli.configuration.families import options
from piaa_lightning.cli.configuration.schema import config_dir

ROOT = Path(__file__).parents[2]
RUNS = sorted((ROOT / "experiments").glob("*/run.sh"))
TALK = ("backbones", "commonality", "distributions", "personality", "test_individuals", "visual_analyses")


@pytest.mark.parametrize("file", RUNS, ids=lambda file: file.parent.name)
def test_a_studys_script_is_sound_and_names_experiments_and_sweeps_that_exist(file):
    assert subprocess.run(["bash", "-n", str(file)], check=False).returncode == 0
    text = file.read_text()
    assert "set -euo pipefail" in text
    for group, name in re.findall(r"\b(experiment|sweep)=(\w+)", text):
        assert name in options(config_dir(), group), f"{group}={name}"
    for script in re.findall(r"experiments/[\w/]+\.(?:py|sh)", text):
        assert (ROOT / script).is_file(), script


@pytest.mark.parametrize("name", TALK)
def test_a_page_of_the_talk_says_what_is_claimed_by_which_command_and_what_came_out(name):
    text = (ROOT / "experiments" / name / "README.md").read_text()
    assert re.search(r"\*\*Claims? of the talk\.\*\*", text)
    assert f"make study NAME={name}" in text
    assert "<!-- table: experiments/" in text
    assert "data.root=" in text
    for image in re.findall(r"\]\(([\w./]+)\)", text):
        assert (ROOT / "experiments" / name / image).exists(), image


@pytest.fixture
def measure(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "experiments" / "visual_analyses"))
    import measure

    monkeypatch.setattr(measure, "HERE", tmp_path)
    yield measure
    del sys.modules["measure"]


def test_the_visual_analyses_in_numbers(measure, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "summary.json").write_text(json.dumps({"data": "d"}))
    said = {("BLG-PIAA", "u"): (0.5, 0.7), ("BLG-PIAA", "v"): (0.2, 0.2), ("BA-PIAA", "u"): (0.4, 0.4)}
    said["BA-PIAA", "v"] = (0.9, 0.1)
    lines = ["method,shots,user,image,score,predicted"]
    lines += [f"{m},100,{u},p{k},0.3,{value}" for (m, u), values in said.items() for k, value in enumerate(values)]
    (run / "predictions.csv").write_text("\n".join(lines) + "\n")
    maps = [("a", "prior", 0.1), ("a", "u", 0.2), ("a", "v", 0.4), ("b", "prior", 0.3), ("b", "u", 0.2)]
    lines = ["method,shots,image,whose,score,predicted,concentration"]
    lines += [f"BLG-PIAA,100,{image},{whose},,0.5,{share}" for image, whose, share in maps]
    (run / "gradient_maps.csv").write_text("\n".join(lines) + "\n")
    measure.main(["one", str(run)])
    measure.main(["one", str(run)])  # lines of a variant are replaced
    with (tmp_path / "analyses.csv").open(newline="") as file:
        found = [float(row["value"]) for row in csv.DictReader(file)]
    blg, ba = np.array([0.3, 0.1]), np.array([0.1, 0.4])
    expected = [blg.mean(), ba.mean(), (blg - ba).mean(), 0.2, (0.3 + 0.2) / 2, (0.2 - 0.1) / 2]
    np.testing.assert_allclose(found, expected, atol=1e-4)
