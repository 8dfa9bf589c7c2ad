"""Sweeps as one table: several backbones, holes where nothing has been run, and what may not be put together."""

from __future__ import annotations

import csv
import json
import os
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from piaa_lightning.cli.configuration.schema import jobs_of
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record, write_records
from piaa_lightning.report.study_page import write_study_page
from piaa_lightning.studies.collect import group_of, groups_of_sweep, tables_of, write_tables
from piaa_lightning.studies.runs import owed_jobs

SWEEP = "hydra._internal.core_plugins.basic_sweeper.BasicSweeper"


def finish(directory: Path, job: list[str], *, value: float = 0.5, protocol: int = 0, split: str = "h") -> None:
    """Write what a finished run leaves, for the backbone, shots and seed that its overrides name."""
    told = dict(word.partition("=")[::2] for word in job)
    backbone, shots, seed = (
        told.get("backbone", "small_cnn").strip("[]").replace(",", "+"),
        int(told.get("shots", 10)),
        int(told.get("seed", 0)),
    )
    (directory / ".hydra").mkdir(parents=True)
    (directory / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(job))
    gain = {"A": 0.1, "B": 0.0}
    records = [
        Record(
            m,
            net,
            shots,
            repeat,
            f"u{user}",
            shots,
            30,
            "srocc",
            value + gain.get(m, -0.4) + 0.01 * user + 0.001 * seed,
        )
        for m, net in (("A", backbone), ("B", backbone), ("random", ""))
        for user in range(3)
        for repeat in range(2)
    ]
    write_records(records, directory / "records.csv")
    rows = [
        {"method": m, "backbone": net, "shots": shots, "srocc": 0.5, "users": 3, "repeats": 2, "users_dropped": 0}
        for m, net in (("A", backbone), ("B", backbone), ("random", ""))
    ]
    pair = {"a": "A", "b": "B", "backbone_a": backbone, "backbone_b": backbone, "shots": shots}
    summary = {"seed": seed, "data": "d", "split_hash": split, "protocol": {"seed": protocol}, "evaluated": "test",
               "rows": rows, "comparisons": [pair]}  # fmt: skip
    (directory / "summary.json").write_text(json.dumps(summary))


@pytest.fixture
def sweep(tmp_path):
    """Two backbones, two numbers of shots and two seeds, of which the last job has not finished."""
    directory = tmp_path / "sweep"
    directory.mkdir()
    given = ["experiment=e", "backbone=alexnet,resnet18", "shots=10,100", "seed=1,2"]
    plan = {"hydra": {"sweeper": {"_target_": SWEEP, "params": None}, "overrides": {"task": given}}}
    (directory / "multirun.yaml").write_text(yaml.safe_dump(plan))
    jobs = [
        ["experiment=e", f"backbone={net}", f"shots={k}", f"seed={seed}"]
        for net in ("alexnet", "resnet18") for k in (10, 100) for seed in (1, 2)
    ]  # fmt: skip
    for number, job in enumerate(jobs[:-1]):
        finish(directory / str(number), job)
    return directory


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_knows_what_it_owes(sweep):
    assert [set(job) for job in owed_jobs(sweep, jobs_of)] == [
        {"experiment=e", "backbone=resnet18", "shots=100", "seed=2"}
    ]


def test_parameters_of_a_sweep_file_count_and_a_search_cannot_be_listed(tmp_path):
    file = tmp_path / "multirun.yaml"
    plan = {"sweeper": {"_target_": SWEEP, "params": {"seed": "0,1,2"}}, "overrides": {"task": ["shots=[10,100]"]}}
    file.write_text(yaml.safe_dump({"hydra": plan}))
    assert jobs_of(file) == [(f"seed={k}", "shots=[10,100]") for k in range(3)]
    plan["sweeper"]["_target_"] = "hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper"
    file.write_text(yaml.safe_dump({"hydra": plan}))
    assert jobs_of(file) == []


def test_one_table_with_mean_and_spread_over_seeds(sweep):
    tables = tables_of(groups_of_sweep(sweep, jobs_of))
    rows = {(row["method"], row["backbone"], row["shots"]): row for row in tables["results"]}
    assert {row["variant"] for row in tables["results"]} == {"all"}
    assert len(rows) == len(tables["results"]) == 10, "controls that several jobs evaluated stand there once"
    full = rows["A", "alexnet", 10]
    assert (full["seeds"], full["missing"]) == (2, 1)
    assert full["srocc"] == pytest.approx(0.5 + 0.1 + 0.01 + 0.0015)
    assert full["srocc_std_seeds"] == pytest.approx(0.001 / 2**0.5)
    assert rows["A", "resnet18", 100]["seeds"] == 1
    pairs = {(row["backbone"], row["shots"]): row for row in tables["comparisons"]}
    assert set(pairs) == {(net, k) for net in ("alexnet", "resnet18") for k in (10, 100)}
    assert all(row["difference"] == pytest.approx(0.1) for row in pairs.values())
    assert (pairs["alexnet", 10]["repeats"], pairs["alexnet", 10]["seeds"]) == (2, 2)
    assert pairs["resnet18", 100]["repeats"] == 2
    assert {row["user"] for row in tables["users"]} == {"u0", "u1", "u2"}


def test_what_differs_beside_backbone_shots_and_seed_makes_a_table_of_its_own(tmp_path):
    for number, rate in enumerate(("0.1", "0.2")):
        finish(tmp_path / str(number), ["experiment=e", f"task.rate={rate}", "seed=1"])
    assert list(groups_of_sweep(tmp_path, jobs_of)) == ["task.rate=0.1", "task.rate=0.2"]


@pytest.mark.parametrize("change", [{"protocol": 1}, {"split": "other"}])
def test_different_splits_are_refused_in_one_comparison(sweep, change):
    finish(sweep / "7", ["experiment=e", "backbone=resnet18", "shots=100", "seed=2"], **change)
    with pytest.raises(UserError, match=r"evaluated on different splits or data .* and no comparison of them means"):
        tables_of(groups_of_sweep(sweep, jobs_of))


@pytest.mark.slow
def test_holes_are_rows_and_are_marked_on_the_page(sweep, tmp_path):
    (sweep / "6" / "summary.json").unlink()  # now there is nothing of ResNet18 at 100 shots
    tables = tables_of(groups_of_sweep(sweep, jobs_of))
    blank = [(row["method"], row["backbone"], row["shots"]) for row in tables["results"] if row.get("srocc") is None]
    assert sorted(blank) == [("A", "resnet18", 100), ("B", "resnet18", 100)]
    write_tables(tables, tmp_path)
    write_study_page(tmp_path, tmp_path / "report.html", "backbones")
    text = (tmp_path / "report.html").read_text()
    assert "Incomplete: 2 runs of this variant have not finished; no value yet: A resnet18 at 100 shots" in text
    parsed = Parsed(text)
    assert not {"script", "link"} & set(parsed.tags)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert parsed.labels, "figures say what they show"


def test_a_hole_of_several_networks_has_their_name(tmp_path):
    given = ["experiment=e", "backbone=[nima,small_cnn]", "shots=10,100", "seed=1"]
    plan = {"hydra": {"sweeper": {"_target_": SWEEP, "params": None}, "overrides": {"task": given}}}
    (tmp_path / "multirun.yaml").write_text(yaml.safe_dump(plan))
    finish(tmp_path / "0", ["experiment=e", "backbone=[nima,small_cnn]", "shots=10", "seed=1"])
    rows = tables_of(groups_of_sweep(tmp_path, jobs_of))["results"]
    blank = {(row["backbone"], row["shots"]) for row in rows if row.get("srocc") is None}
    assert blank == {("nima+small_cnn", 100), ("", 100)}


@pytest.mark.slow
def test_a_variant_that_was_never_run_is_a_row_and_a_warning(sweep, tmp_path):
    (tmp_path / "empty").mkdir()
    groups = {name: group_of(tmp_path / where, jobs_of) for name, where in (("one", "sweep"), ("two", "empty"))}
    write_tables(tables_of(groups, []), tmp_path)
    rows = read(tmp_path / "results.csv")
    assert [(row["method"], row["seeds"]) for row in rows if row["variant"] == "two"] == [("(not run)", "0")]
    assert not (tmp_path / "users.csv").exists()
    write_study_page(tmp_path, tmp_path / "report.html", "s")
    assert "Nothing of this variant has been run." in (tmp_path / "report.html").read_text()


def test_facts_that_are_no_rows_of_methods_have_a_table_too(tmp_path):
    (tmp_path / "agreement.csv").write_text(
        "variant,data,what,value,low,high\none,d,shares,0.25,0.2,0.3\none,d,x,0.5,,\n"
    )
    write_study_page(tmp_path, tmp_path / "report.html", "s")
    text = (tmp_path / "report.html").read_text()
    assert ".200 to .300" in text
    assert "has been run" not in text


def test_a_run_that_was_started_and_left_no_summary_is_owed_until_it_is_superseded(tmp_path):
    finish(tmp_path / "a", ["seed=1"])
    (tmp_path / "b" / ".hydra").mkdir(parents=True)
    (tmp_path / "b" / ".hydra" / "overrides.yaml").write_text("[seed=2]")
    assert owed_jobs(tmp_path, jobs_of) == [("seed=2",)]
    finish(tmp_path / "c", ["seed=2"])
    assert owed_jobs(tmp_path, jobs_of) == []
    os.utime(tmp_path / "b" / ".hydra" / "overrides.yaml", (1, 1))  # an attempt of long ago, with other settings
    (tmp_path / "b" / ".hydra" / "overrides.yaml").write_text("[sed=2]")
    os.utime(tmp_path / "b" / ".hydra" / "overrides.yaml", (1, 1))
    assert owed_jobs(tmp_path, jobs_of) == []


def test_nothing_finished_and_no_table_are_sentences(tmp_path):
    with pytest.raises(UserError, match="there is no finished run"):
        groups_of_sweep(tmp_path, jobs_of)
    with pytest.raises(UserError, match=r"there is no results\.csv"):
        write_study_page(tmp_path, tmp_path / "report.html", "s")


class Parsed(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.labels = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.labels += [found["aria-label"]] if tag == "svg" else []
