"""Each database drives a tiny run of a task that suits it, and so do the experiments with several databases."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from piaa_lightning.cli.app import dispatch
from piaa_lightning.errors import UserError

from composing import FROM_GENERIC, config_of

pytestmark = pytest.mark.slow

# Everything once and small. In this process: to import what a run stands on takes longer than such a run.
TINY = [
    "data.size=tiny",
    "logger=none",
    "shots=10",
    "backbone=small_cnn",
    "backbone.size=16",
    "backbone.options.width=2",
    "trainer.fast_dev_run=true",
    "trainer.enable_progress_bar=false",
    "protocol.test.repeats=1",
    "reuse_models=false",
]


@pytest.fixture
def run(cache, tmp_path, monkeypatch):
    """Run a configuration and return its directory and its summary."""

    def go(*overrides: str) -> tuple[Path, dict]:
        monkeypatch.chdir(tmp_path)
        plain = config_of(*overrides)
        others = [f"databases.{name}.size=tiny" for name, data in plain.databases.items() if data != plain.data]
        cfg = config_of(*overrides, *TINY, f"paths.cache={cache}", *others)
        directory = tmp_path / "runs" / cfg.name / "now"
        directory.mkdir(parents=True)
        dispatch(cfg, directory)
        return directory, json.loads((directory / "summary.json").read_text())

    return go


USERS = {
    "flickr_aes": ["experiment=ba_piaa"],
    "para": [*FROM_GENERIC, "task.dataset.min_ratings=5"],
    "lapis": ["experiment=ba_piaa"],
    "eva": ["experiment=ba_piaa"],
    "real_cur": ["experiment=ba_piaa"],
}


@pytest.mark.parametrize("database", USERS)
def test_databases_of_single_users_drive_personalisation(run, database):
    directory, summary = run(*USERS[database], f"data={database}")
    assert summary["data"] == f"{database}, embedded tiny"
    evaluated = [row for row in summary["rows"] if row["method"] == "BA-PIAA"]
    assert [row["shots"] for row in evaluated] == [10]
    assert evaluated[0]["users"] >= 1
    assert -1 <= evaluated[0]["srocc"] <= 1
    assert (directory / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "measures"),
    [
        (["experiment=giaa"], {"acc", "srocc", "plcc", "emd_r1", "emd_r2"}),
        (["experiment=giaa", "data=aadb", "task=attributes", "head=small"], {"acc", "srocc", "plcc"}),
        (["experiment=giaa", "data=aadb", "task=generic"], {"acc", "srocc", "plcc"}),  # distributions by their means
        (["experiment=giaa", "data=aadb", "task=ranking", "head=small"], {"acc", "srocc", "plcc"}),
        (["experiment=giaa", "data=ava", "task=giaa_binary", "head=small"], {"acc", "srocc", "plcc"}),
        (["experiment=giaa", "data=para", "head.bins=9"], {"acc", "srocc", "plcc", "emd_r1", "emd_r2"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_databases_of_images_drive_generic_aesthetics(run, arguments, measures):
    directory, summary = run(*arguments)
    (row,) = summary["rows"]
    assert {name for name in ("acc", "srocc", "plcc", "emd_r1", "emd_r2") if row[name] is not None} == measures
    assert row["images"] >= 10
    with (directory / "images.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == row["images"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["experiment=personality"],
        ["experiment=personality", "data=para", "task.dataset.traits=[O,C,E,A,N]"],
    ],
    ids=" ".join,
)
def test_databases_of_users_with_traits_drive_personality(run, arguments):
    directory, summary = run(*arguments)
    assert [row["trait"] for row in summary["rows"]] == ["O", "C", "E", "A", "N"]
    users = summary["rows"][0]["users"]
    assert users >= 2
    with (directory / "traits.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 5 * users


def test_handcrafted_features_of_what_users_like_give_both_rows_that_the_talk_has(run):
    small = [f"methods.guntuku.estimator.{setting}" for setting in ("gaussians=2", "components=4", "vocabulary=10")]
    directory, summary = run("experiment=handcrafted", *small)
    rows = [(row["method"], row["trait"]) for row in summary["rows"]]
    assert rows == [(method, trait) for method in ("Segalin et al.", "Guntuku et al.") for trait in "OCEAN"]
    assert all(-1 <= row["srocc"] <= 1 for row in summary["rows"])
    assert [c["measure"] for c in summary["comparisons"]] == ["mean SROCC of traits"]
    assert not list(directory.glob("checkpoints/*")), "no network is trained"
    assert "not run: PA_IAA" in (directory / "report.html").read_text()


@pytest.mark.parametrize(
    ("experiment", "kinds"),
    [
        ("nima_vgg16", {"images"}),
        ("nima_inception_v2", {"images"}),
        ("densenet121_aesthetics", {"images"}),
        ("inception_v3_aesthetics", {"images"}),
        ("densenet121_personality", {"traits"}),
        ("inception_v3_personality", {"traits"}),
        ("pa_iaa_generic", {"images", "traits"}),
        ("pa_iaa_densenet121", {"images", "traits"}),
        ("pa_iaa_inception_v3", {"images", "traits"}),
        ("pa_iaa", {"users"}),
        ("pa_iaa_authors", {"users"}),
        ("mt_iaa", {"users"}),
    ],
)
def test_every_experiment_of_generic_aesthetics_personality_and_both_runs(run, experiment, kinds):
    _, summary = run(f"experiment={experiment}")
    found = {"users" if "shots" in row else "traits" if "trait" in row else "images" for row in summary["rows"]}
    assert found == kinds
    assert summary["left_out"] == {} or kinds == {"users"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["experiment=ba_piaa", "data=ava"],
            r"^ava, embedded tiny: the split holds out no users, and BA-PIAA is evaluated",
        ),
        (["experiment=giaa", "head.bins=5"], r"^ava, embedded tiny: votes have 10 levels and .* set head\.bins=10\.$"),
        (
            ["experiment=giaa", "data=aadb"],
            r"^giaa cannot be evaluated: aadb, embedded tiny has neither distributions of votes",
        ),
        (
            ["experiment=giaa", "head=small"],
            r"^task\.dataset\.bins takes its value from head\.bins, which is not there; .*head=distribution",
        ),
        (
            ["experiment=personality", "data=eva"],
            r"first: birth_year of .* name other traits with task\.dataset\.traits\.$",
        ),
        (["experiment=personality", "data=flickr_aes"], "lacks the traits that personality is learnt from"),
        (
            ["experiment=personality", "task.dataset.traits=[O,C]"],
            r"^task\.network\.personality\.traits=5: .* has 2 traits",
        ),
        (
            ["experiment=giaa", "data=aadb", "task=attributes", "head=small", "task.dataset.attributes=[Light]"],
            "traits=11",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_task_that_does_not_suit_is_a_sentence(run, arguments, sentence):
    with pytest.raises(UserError, match=sentence) as told:
        run(*arguments)
    assert "\n" not in str(told.value)


def test_rows_that_need_labels_which_a_database_lacks_are_left_out_of_the_table(run):
    _, summary = run(
        "experiment=fpmf", "data@databases.attributes=flickr_aes", "databases.attributes.size=tiny", "shots=[5]"
    )
    reasons = {label: reason for label, reason in summary["left_out"].items() if label.startswith("FPMF")}
    assert set(reasons) == {"FPMF (only attribute)", "FPMF (content and attribute)"}
    assert all("lacks the attributes" in reason and not reason.endswith(".") for reason in reasons.values())
    assert "FPMF (only content)" in {row["method"] for row in summary["rows"]}
    assert {(c["a"], c["b"]) for c in summary["comparisons"]} == {("FPMF (only content)", "generic")}
