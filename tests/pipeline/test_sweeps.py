"""Sweeps from the command line: side by side, cut off and gone on with, searched, and without the plug-ins."""

from __future__ import annotations

import csv
import json
import re

import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from piaa_lightning.cli.configuration.schema import explain

from composing import config_of

pytestmark = pytest.mark.processes

# one batch of everything
QUICK = ["experiment=ba_piaa", "data.size=tiny", "logger=none", "trainer.fast_dev_run=true", "report.users=0"]


def summaries(directory):
    return {file.parent.name: json.loads(file.read_text()) for file in directory.glob("*_sweep/*/summary.json")}


def done(process):
    assert process.returncode == 0, process.stderr
    return process


def test_jobs_side_by_side_train_a_prior_once_and_a_sweep_that_was_cut_off_goes_on(command, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    jobs = ["-m", *QUICK, "sweep=joblib", "shots=10,100", f"paths.cache={tmp_path}/cache"]
    done(command(*jobs, fresh=True))
    runs = tmp_path / "runs" / "ba_piaa"
    first = summaries(runs)
    assert set(first) == {"0", "1"}
    assert sorted(len(summary["priors_reused"]) for summary in first.values()) == [0, 1], "one trained, one waited"
    (sweep,) = runs.iterdir()
    (sweep / "1" / "summary.json").unlink()  # as if job 1 had been cut off

    done(command("mode=collect", f"collect.runs={sweep}"))
    assert "Incomplete: 1 run of this variant has not finished" in (sweep / "report.html").read_text()
    sweep.rename(sweep.with_name("1_sweep"))

    again = done(command(*jobs, fresh=True))
    assert again.stdout.count("taken over from") == 1
    assert "1_sweep/0" in again.stdout
    (second,) = set(runs.iterdir()) - {runs / "1_sweep"}
    assert (second / "0" / "records.csv").read_bytes() == (runs / "1_sweep" / "0" / "records.csv").read_bytes()
    done(command("mode=collect", f"collect.runs={second}"))
    with (second / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["method"], row["shots"]) for row in rows} >= {("BA-PIAA", "10"), ("BA-PIAA", "100")}
    assert {row["missing"] for row in rows} == {""}


def test_submitits_local_executor_runs_a_job(command, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    done(command("-m", *QUICK, "sweep=local", "seed=3", fresh=True))
    (summary,) = summaries(tmp_path / "runs" / "ba_piaa").values()
    assert summary["seed"] == 3


def test_optuna_searches_on_validation_users(command, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    done(command(*QUICK, "hparams_search=optuna", "shots=10", "hydra.sweeper.n_trials=2"))
    found = summaries(tmp_path / "runs" / "ba_piaa")
    assert {summary["evaluated"] for summary in found.values()} == {"val"}
    (results,) = (tmp_path / "runs" / "ba_piaa").glob("*_sweep/optimization_results.yaml")
    values = [row["srocc"] for summary in found.values() for row in summary["rows"] if row["method"] == "BA-PIAA"]
    best = float(re.search(r"best_value: (\S+)", results.read_text())[1])
    assert best == pytest.approx(max(values))
    refused = command(*QUICK, "hparams_search=optuna", "evaluate_on=test", "hydra.sweeper.n_trials=1")
    assert refused.returncode == 1
    assert "A search never looks at test users: add evaluate_on=val" in refused.stderr


@pytest.mark.parametrize(
    "place",
    ["hydra/launcher/joblib", "hydra/launcher/submitit_slurm", "hydra/sweeper/optuna", "hydra/sweeper/sampler/tpe"],
)
def test_a_missing_plug_in_names_the_command_that_installs_it(place):
    said = explain(Exception(f"In 'sweep/x': Could not find '{place}'\n\nAvailable options"), [])
    assert said.endswith("needs a plug-in that is not installed: pip install 'piaa-lightning[sweep]'.")
    assert place.rpartition("/")[2] in said


@pytest.mark.parametrize(("number", "device"), [(0, "0"), (1, "1"), (5, "1")])
def test_each_of_several_jobs_has_a_gpu_of_its_own(number, device):
    cfg = config_of("experiment=ba_piaa", "sweep=[seeds,joblib]", with_hydra=True)
    OmegaConf.set_struct(cfg, False)
    cfg.hydra.job.num = number
    HydraConfig.instance().set_config(cfg)
    assert str(cfg.hydra.job.env_set.CUDA_VISIBLE_DEVICES) == device
    assert cfg.hydra.sweeper.params.seed == "0,1,2"


def test_collecting_nothing_is_a_sentence(command):
    asked = command("mode=collect")
    assert asked.returncode == 1
    assert "mode=collect: name the directory of a sweep" in asked.stderr
