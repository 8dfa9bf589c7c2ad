"""A configuration of a stranger makes nothing that it should not, in whatever part of it that is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from piaa_lightning.cli.app import dispatch
from piaa_lightning.cli.configuration.config_dir import config_dir
from piaa_lightning.cli.configuration.guard_hydra import configure_logging, instantiate
from piaa_lightning.cli.configuration.schema import register
from piaa_lightning.errors import UserError

ROOT = Path(__file__).parents[3]
EVIL = {
    "callbacks": """
hydra:
  callbacks:
    evil: {_target_: pathlib.Path.touch, _args_: [{_target_: pathlib.Path, _args_: [EVIL]}]}
""",
    "job_logging": """
hydra:
  job_logging:
    handlers:
      evil: {class: logging.FileHandler, filename: EVIL}
    root: {handlers: [evil]}
""",
    "hydra_logging": """
hydra:
  hydra_logging:
    handlers:
      evil: {"()": pathlib.Path.touch, self: EVIL}
    root: {handlers: [evil]}
""",
    "data": """
data:
  reader: {_target_: pathlib.Path.touch, _partial_: true}
""",
    "data, by a name that is another when it is made": """
data:
  reader: {_target_: "${oc.env:EVIL_TARGET}", _partial_: true}
""",
    "a network's file": """
backbone:
  options: {checkpoint_path: EVIL}
""",
}


@pytest.mark.parametrize("part", EVIL)
@pytest.mark.processes
def test_an_experiment_file_of_a_stranger(tmp_path, part):
    touched = tmp_path / "touched"
    file = tmp_path / "conf" / "experiment" / "evil.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "# @package _global_\n" + EVIL[part].replace("EVIL]", f"{touched}]").replace(": EVIL", f": {touched}")
    )
    done = subprocess.run(
        [sys.executable, "-m", "piaa_lightning", "--config-dir", "conf", "mode=check", "experiment=evil"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "EVIL_TARGET": "pathlib.Path.touch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert not touched.exists()
    assert done.stderr.startswith("piaa_lightning: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    reasons = (
        "a configuration makes things",
        "a configuration writes messages",
        "a network reads no file by an option",
    )
    assert any(reason in done.stderr for reason in reasons), done.stderr


def test_what_was_looked_at_is_what_is_made():
    asked = []

    def changing() -> str:
        asked.append(1)
        return "torch.nn.Identity" if len(asked) == 1 else "os.getcwd"

    OmegaConf.register_new_resolver("changing", changing, replace=True)
    cfg = OmegaConf.create({"_target_": "${changing:}"})
    assert type(instantiate(cfg)).__name__ == "Identity"
    assert len(asked) == 1


@pytest.mark.slow
def test_a_name_that_changes_is_settled_before_a_mode_reads_it(monkeypatch, tmp_path):
    register()
    given = []
    monkeypatch.setattr("piaa_lightning.cli.commands.check.check_data", lambda cfg, directory: given.append(cfg))
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        cfg = compose("config", ["mode=check", "+data.changing=${data.name}"])
    dispatch(cfg, tmp_path)
    assert not OmegaConf.is_interpolation(given[0].data, "changing")


@pytest.mark.parametrize(
    "entry",
    [
        {"handlers": {"a": {"()": "subprocess.Popen", "args": "true"}}},
        {"handlers": {"a": {"class": "subprocess.Popen", "args": "true"}}},
        {"handlers": {"a": {"class": "logging.handlers.SocketHandler", "host": "x", "port": 1}}},
        {"handlers": {"a": {"class": "logging.FileHandler", "filename": "/etc/profile"}}},
        {"handlers": {"a": {"class": "logging.StreamHandler", "stream": "ext://os.system"}}},
        {"formatters": {"a": {"class": "os.system"}}},
        {"filters": {"a": {"()": "os.system"}}},
    ],
)
def test_logging_writes_to_the_terminal_and_to_log_files(entry):
    with pytest.raises(UserError, match=r"writes messages to the terminal and to \.log files alone"):
        configure_logging({"version": 1, **entry})
