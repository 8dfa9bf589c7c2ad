"""Sweep files of Weights & Biases, expanded as its agent does."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command_args

from piaa_lightning.pipeline.writing.log_run import OBJECTIVE

from composing import config_of

FILES = sorted((Path(__file__).parents[2] / "experiments" / "wandb_sweeps").glob("*.yaml"))


def values_of(parameter):
    """Values that the server may send: both ends of what is listed or drawn from."""
    if "value" in parameter:
        return [parameter["value"]]
    return parameter.get("values") or [parameter["min"], parameter["max"]]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@pytest.mark.parametrize("end", [0, -1])
def test_what_the_agent_types_composes(file, end):
    sweep = yaml.safe_load(file.read_text())
    sent = {name: {"value": values_of(parameter)[end]} for name, parameter in sweep["parameters"].items()}
    arguments = create_sweep_command_args({"args": sent})
    words = [word for word in sweep["command"] if word not in ("${env}", "${interpreter}")]
    assert words == ["-m", "piaa_lightning", "${args_no_hyphens}"]
    cfg = config_of(*arguments["args_no_hyphens"])
    assert cfg.methods
    if "metric" in sweep:
        assert sweep["metric"] == {"name": OBJECTIVE, "goal": "maximize"}
        assert cfg.evaluate_on == "val", "a search never looks at test users"
