"""What a user types, what they get, and what they are told."""

from __future__ import annotations

import csv
import fcntl
import json
import math
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from piaa_lightning.evaluation.records import COLUMNS

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
TINY = [
    "experiment=blg_piaa",
    "data.size=tiny",
    "task.epochs=1",
    "task.init_from.epochs=1",
    "protocol.test.repeats=2",
    "reuse_models=false",
    "methods.blg.personalizer.lr_multipliers=[1.0]",
    "methods.ba.personalizer.lr_multipliers=[1.0]",
]
METHODS = {
    "BLG-PIAA from pretrained",
    "BLG-PIAA from generic",
    "BA-PIAA",
    "generic",
    "generic + affine",
    "random",
    "leave-one-out crowd (oracle)",
    "ceiling (true taste)",
}


@pytest.fixture(scope="session")
def once(cache):
    """Run a command once for all processes of this test session, in a directory of its own, and return that."""
    from warm import python_m

    def run(name: str, *arguments: str, fresh: bool = False) -> Path:
        home = cache.parent / "command_line" / name
        home.mkdir(parents=True, exist_ok=True)
        with (home / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (home / "status").exists():
                environment = {**os.environ, "PIAA_CACHE": str(cache), "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
                done = python_m(arguments, home, environment, fresh)
                (home / "stdout").write_text(done.stdout)
                (home / "stderr").write_text(done.stderr)
                (home / "status").write_text(str(done.returncode))
        assert (home / "status").read_text() == "0", (home / "stderr").read_text()
        return home

    return run


@pytest.fixture(scope="session")
def tiny(once) -> Path:
    return once("tiny", *TINY, "logger=none")


@pytest.fixture(scope="session")
def again(once) -> Path:
    """The same run with W&B's logger, which must change nothing that is measured."""
    return once("again", *TINY, "logger=wandb", fresh=True)


@pytest.fixture(scope="session")
def sweep(once) -> Path:
    return once(
        "sweep",
        "-m",
        "experiment=ba_piaa",
        "data.size=tiny",
        "logger=none",
        "backbone=small_cnn",
        "backbone.options.width=4,8",
        "shots=10,100",
        "trainer.fast_dev_run=true",
    )


@pytest.fixture
def summary(tiny):
    return json.loads((tiny / "runs/latest/summary.json").read_text())


def records(directory: Path) -> list[dict[str, str]]:
    with (directory / "records.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class TestRun:
    def test_latest_points_at_it(self, tiny):
        latest = tiny / "runs/latest"
        (run,) = (tiny / "runs/blg_piaa").iterdir()
        assert latest.is_symlink()
        assert not os.readlink(latest).startswith("/"), "runs can be moved and copied"
        assert latest.resolve() == run.resolve()

    def test_every_file_of_the_contract_is_there(self, tiny):
        run = tiny / "runs/latest"
        found = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
        assert {"summary.json", "records.csv", "config.yaml", "report.html"} <= found
        assert {"checkpoints/blg.safetensors", "checkpoints/generic.safetensors"} <= found
        assert {"figures/test_individuals.png", "figures/methods.png", "figures/difference_10_shots.png"} <= found
        assert not [name for name in found if name.endswith(".part")]

    def test_the_configuration_is_resolved_and_says_what_was_typed(self, tiny):
        text = (tiny / "runs/latest/config.yaml").read_text()
        assert "${" not in text
        config = yaml.safe_load(text)
        assert shlex.split(config["command"]) == ["python", "-m", "piaa_lightning", *TINY, "logger=none"]
        assert config["task"]["init_from"]["epochs"] == 1
        assert config["methods"]["ba"]["model"] == config["task"]["init_from"]

    def test_the_summary_follows_the_contract(self, summary):
        expected = {"experiment": "blg_piaa", "data": "flickr_aes, embedded tiny", "seed": 0, "priors_reused": []}
        assert {key: summary[key] for key in expected} == expected
        assert re.fullmatch("[0-9a-f]{16}", summary["split_hash"])
        assert summary["split"]
        assert {"torch", "pytorch-lightning", "learn2learn", "piaa-lightning"} <= set(summary["versions"])
        assert set(summary["seconds"]) == {"data", "training", "evaluating"}
        row = {"method", "backbone", "shots", "srocc", "srocc_std_repeats", "srocc_std_users", "users", "repeats"}
        assert all(row | {"users_dropped"} <= set(each) for each in summary["rows"])
        assert {(each["method"], each["shots"]) for each in summary["rows"]} == {
            (method, shots) for method in METHODS for shots in (10, 100)
        }
        assert all({"a", "b", "shots", "difference", "ci95", "p"} <= set(each) for each in summary["comparisons"])
        assert {(each["a"], each["b"]) for each in summary["comparisons"]} == {
            ("BLG-PIAA from pretrained", "BA-PIAA"),
            ("BLG-PIAA from generic", "BA-PIAA"),
            ("BLG-PIAA from pretrained", "BLG-PIAA from generic"),
            ("BLG-PIAA from pretrained", "generic"),
            ("BA-PIAA", "generic"),
        }
        assert set(summary["chosen"]) == {"BLG-PIAA from pretrained", "BLG-PIAA from generic", "BA-PIAA"}

    def test_the_summary_holds_the_means_of_the_records(self, tiny, summary):
        rows = records(tiny / "runs/latest")
        assert list(rows[0]) == list(COLUMNS)
        assert {r["metric"] for r in rows} == {"srocc", "srocc_pooled"}
        for row in summary["rows"]:
            of_row = [r for r in rows if (r["method"], int(r["shots"])) == (row["method"], row["shots"])]
            own = [r for r in of_row if r["metric"] == "srocc" and r["value"]]
            repeats = sorted({r["repeat"] for r in own})
            means = []
            for repeat in repeats:
                values = [float(r["value"]) for r in own if r["repeat"] == repeat]
                means.append(math.fsum(values) / len(values))
            assert row["srocc"] == pytest.approx(math.fsum(means) / len(means), abs=1e-9)
            assert (row["repeats"], row["users"]) == (2, len({r["user"] for r in own}))

    def test_all_methods_were_evaluated_on_the_same_splits(self, tiny):
        evaluated: dict[str, list[tuple[str, ...]]] = {}
        for r in records(tiny / "runs/latest"):
            draw = tuple(r[key] for key in ("shots", "repeat", "user", "n_support", "n_query", "dropped"))
            evaluated.setdefault(r["method"], []).append(draw)
        assert set(evaluated) == METHODS
        assert all(draws == evaluated["random"] for draws in evaluated.values())

    def test_the_controls_are_where_they_must_be(self, tiny, summary):
        rows = records(tiny / "runs/latest")
        plain, affine = (
            [r["value"] for r in rows if (r["method"], r["metric"]) == (m, "srocc")]
            for m in ("generic", "generic + affine")
        )
        assert affine == plain  # an increasing map per user changes no order
        mean = {row["method"]: row["srocc"] for row in summary["rows"] if row["shots"] == 10}
        assert abs(mean["random"]) < 0.15
        assert mean["ceiling (true taste)"] == max(mean.values())
        assert summary["ceiling"] is not None

    def test_the_page_says_what_was_read(self, tiny):
        page = (tiny / "runs/latest/report.html").read_text()
        assert "flickr_aes, embedded tiny" in page
        assert all(method in page for method in ("BLG-PIAA from pretrained", "BLG-PIAA from generic", "BA-PIAA"))

    def test_the_terminal_shows_the_table_and_where_the_rest_is(self, tiny):
        out = (tiny / "stdout").read_text()
        assert "BLG-PIAA" in out
        assert str((tiny / "runs/latest").resolve().name) in out

    def test_libraries_do_not_talk_over_the_bars(self, tiny):
        told = (tiny / "stderr").read_text()
        assert "Warning" not in told
        assert "deprecated" not in told
        assert "GPU available" not in told


class TestAgain:
    def test_one_seed_gives_the_same_bytes_whatever_the_logger(self, tiny, again):
        first, second = ((home / "runs/latest/records.csv").read_bytes() for home in (tiny, again))
        assert first == second
        priors = [(home / "runs/latest/checkpoints/blg.safetensors").read_bytes() for home in (tiny, again)]
        assert priors[0] == priors[1]
        assert json.loads((again / "runs/latest/summary.json").read_text())["priors_reused"] == []

    def test_weights_and_biases_is_offline_in_the_runs_directory(self, again):
        wandb = (again / "runs/latest/wandb").resolve()
        (run,) = wandb.glob("offline-run-*")
        assert next(run.glob("run-*.wandb")).stat().st_size > 1000
        assert not (again / "wandb").exists()


class TestSweep:
    def test_one_run_per_combination(self, sweep):
        (directory,) = (sweep / "runs/ba_piaa").iterdir()
        found = set()
        for job in range(4):
            config = yaml.safe_load((directory / str(job) / "config.yaml").read_text())
            summary = json.loads((directory / str(job) / "summary.json").read_text())
            assert {row["shots"] for row in summary["rows"]} == {config["shots"]}
            assert summary["experiment"] == "ba_piaa"
            found.add((config["backbone"]["options"]["width"], config["shots"]))
        assert found == {(4, 10), (4, 100), (8, 10), (8, 100)}

    def test_latest_points_at_the_last_one(self, sweep):
        assert (sweep / "runs/latest").resolve().name == "3"

    def test_the_splits_are_the_same_for_all(self, sweep, summary):
        (directory,) = (sweep / "runs/ba_piaa").iterdir()
        hashes = {json.loads(file.read_text())["split_hash"] for file in directory.glob("*/summary.json")}
        assert hashes == {summary["split_hash"]}


def told(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that a user is told."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("piaa_lightning: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.removeprefix("piaa_lightning: ").rstrip("\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["experiment=blg_pia"], r"experiment=blg_pia: there is no such experiment; .*did you mean blg_piaa\?"),
        (["experiment=blg_piaa", "sed=3"], r"sed: there is no such key \(did you mean seed\?\)"),
        (["experiment=blg_piaa", "shots=abc"], "shots=abc: give one whole number from 0 or a list"),
        (["experiment=blg_piaa", "shots=-1"], "shots=-1: give one whole number from 0 or a list"),
        ([], "Nothing to do: name an experiment"),
        (["experiment=blg_piaa", "data.root=/does/not/exist"], "data.root=/does/not/exist: there is no such directory"),
    ],
)
def test_a_mistake_is_one_sentence(command, tmp_path, arguments, sentence):
    assert re.match(sentence, told(command(*arguments)))
    assert not (tmp_path / "runs/latest").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["data=ratings_csv"], r"data\.root: give the directory that holds the ratings"),
        (["data.size=huge"], r"data\.size=huge: choose tiny, demo, full"),
        (
            ["data.size=tiny", "backbone=resnet18", "backbone.weights=/none.safetensors"],
            r"backbone\.weights=/none\.safetensors: no such file",
        ),
    ],
)
def test_a_mistake_that_shows_later_is_one_sentence_too(cache, tmp_path, monkeypatch, capsys, arguments, sentence):
    # in this process, because another takes long to import what stands between the command line and the mistake
    from piaa_lightning.__main__ import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIAA_CACHE", str(cache))
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setattr(sys, "argv", ["piaa_lightning", "experiment=blg_piaa", "logger=none", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert re.match(f"piaa_lightning: {sentence}", str(left.value.code))
    assert "\n" not in str(left.value.code)
    assert not (tmp_path / "runs/latest").exists()


def test_the_manual_names_every_group(command):
    done = command("--help")
    assert done.returncode == 0
    assert "python -m piaa_lightning experiment=blg_piaa" in done.stdout
    for group in ("experiment", "data", "backbone", "task", "trainer", "logger"):
        assert re.search(rf"^ *{group}: ", done.stdout, re.MULTILINE), group
