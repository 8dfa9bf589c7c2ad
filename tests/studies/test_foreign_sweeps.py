"""Runs of somebody else are read as text: nothing of this machine gets into their tables, and nothing hangs."""

from __future__ import annotations

import pytest
import yaml

from piaa_lightning.cli.configuration.schema import MOST_JOBS, jobs_of
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.foreign_yaml import read_foreign_yaml
from piaa_lightning.studies.runs import Run

BASIC = "hydra._internal.core_plugins.basic_sweeper.BasicSweeper"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def sweep(tmp_path, task=(), params=None, more=""):
    told = {"hydra": {"sweeper": {"_target_": BASIC, "params": params}, "overrides": {"task": list(task)}}}
    (tmp_path / "multirun.yaml").write_text(yaml.safe_dump(told) + more)
    return tmp_path / "multirun.yaml"


@pytest.mark.parametrize("where", ["task", "params"])
@pytest.mark.parametrize(
    "secret", ["${oc.env:SECRET}", "${oc.decode:${oc.env:SECRET}}", "${now:%Y}", "x${oc.env:SECRET}y"]
)
def test_nothing_is_looked_up(tmp_path, monkeypatch, where, secret):
    monkeypatch.setenv("SECRET", "hunter2")
    given = {"task": [f"name={secret}"]} if where == "task" else {"params": {"name": secret}}
    try:
        said = str(jobs_of(sweep(tmp_path, **given)))
    except UserError as error:
        said = str(error)
    assert "name=" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "task",
    [
        ["seed=range(0,1000000000000)"],
        ["seed=range(0,200)", "shots=range(1,200)"],
        [f"k{n}=1,2" for n in range(20)],
        ["seed=range(0,1,1e-15)"],
    ],
)
def test_more_jobs_than_anybody_runs_are_refused_at_once(tmp_path, task):
    with pytest.raises(UserError, match=f"more than {MOST_JOBS} jobs"):
        jobs_of(sweep(tmp_path, task))


def test_an_ordinary_sweep_is_listed(tmp_path):
    found = jobs_of(sweep(tmp_path, ["seed=0,1", "shots=10"], {"backbone": "a,b"}))
    assert len(found) == 4
    assert found[0] == ("backbone=a", "seed=0", "shots=10")


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        BOMB + f"hydra: {{sweeper: {{_target_: {BASIC}, params: {{x: *i}}}}, overrides: {{task: *i}}}}\n",
        BOMB + "hydra: {sweeper: {_target_: *i}, overrides: *i}\n",
        BOMB + "hydra: *i\n",
        "hydra: null",
        "- 1",
        "",
        "a: b: c",
        "[" * 400_000,
        "{a: " * 100_000,
        "- " * 200_000,
        "? " * 200_000,
        "[" * 90,
        "hydra: !!python/object/apply:os.system [true]",
        f"hydra: {{sweeper: {{_target_: {BASIC}}}, overrides: {{task: ['a=[', 'b=(']}}}}",
        "x" * 3_000_000,
    ],
)
def test_bombs_and_nonsense_list_nothing_or_are_a_sentence(tmp_path, text):
    (tmp_path / "multirun.yaml").write_text(text)
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "overrides.yaml").write_text(text)
    for read in (lambda: jobs_of(tmp_path / "multirun.yaml"), lambda: Run(tmp_path, {}).job):
        said = ""
        try:
            found = list(read())
        except UserError as error:
            said, found = str(error), []
        assert "\n" not in said
        assert len(found) <= 1


def test_a_mapping_is_read(tmp_path):
    (tmp_path / "a.yaml").write_text("a: ${oc.env:HOME}\n")
    assert read_foreign_yaml(tmp_path / "a.yaml") == {"a": "${oc.env:HOME}"}
