"""Every generic system of the talk's AVA table, from the command line to its row, on a handful of images."""

from __future__ import annotations

import json
import sys

import pytest

from piaa_lightning.evaluation.published_results import TABLE_AVA, published_images_of

TINY = [
    "data.size=tiny",
    "backbone=small_cnn",
    "backbone.size=64",
    "debug=fast",
    "logger=none",
    "trainer.enable_progress_bar=false",
]
ATTRIBUTES = "databases.attributes.size=tiny"
ROWS = {
    "rapid": ["RAPID"],
    "rapid_improved": ["RAPID (improved version)"],
    "dma": ["DMA"],
    "wang": ["Wang et al."],
    "kao_hierarchical": ["Kao et al. 2016"],
    "kao_multi_task": ["Kao et al. 2017"],
    "bdn": ["BDN"],
    "zhang": ["Zhang et al."],
    "schwarz": ["Schwarz et al."],
    "ilgnet": ["ILGNet"],
    "kucer": ["Kucer et al.", "AlexNet_FT_Conf"],
    "kong_classifier": ["AlexNet_FT_Conf"],
    "kong_att": ["Reg+Rank+Att"],
    "kong_cont": ["Reg+Rank+Cont"],
    "kong_att_cont": ["Reg+Rank+Att+Cont"],
    "usar_ava": ["USAR_PPR", "USAR_PAD", "USAR_PPR&PAD"],
}
FROM_AADB = ("kong_att", "kong_att_cont", "usar_ava")


@pytest.fixture
def run(cache, tmp_path, monkeypatch):
    """Run a command in this process, because another takes seconds to import what it stands on."""
    from piaa_lightning.__main__ import main

    def run(*arguments: str) -> dict:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PIAA_CACHE", str(cache))
        monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
        monkeypatch.setattr(sys, "argv", ["piaa_lightning", *arguments, *TINY])
        main()
        return json.loads((tmp_path / "runs/latest/summary.json").read_text())

    return run


@pytest.mark.parametrize("experiment", ROWS)
def test_every_system_gives_the_row_that_the_talk_has(run, experiment):
    attributes = [ATTRIBUTES] if experiment in FROM_AADB else []
    summary = run(f"experiment={experiment}", *attributes)
    rows = {row["method"]: row for row in summary["rows"]}
    assert set(ROWS[experiment]) <= set(rows)
    assert set(ROWS[experiment]) <= {row.method for row in TABLE_AVA}
    for label in ROWS[experiment]:
        assert 0 <= rows[label]["acc"] <= 1
        assert rows[label]["images"] == 80


def test_the_table_has_every_row_of_the_talks_on_one_split(run):
    sizes = [f"databases.{name}.size=tiny" for name in ("personality", "attributes")]
    small = ["gaussians=4", "components=8", "vocabulary=10", "strengths=[1.0]"]
    summary = run(
        "experiment=ava_table",
        *sizes,
        *(f"methods.handcrafted.estimator.{setting}" for setting in small),
        "methods.kucer.estimator.trees=5",
    )
    found = [row["method"] for row in summary["rows"]]
    assert {row.method for name in found for row in published_images_of(name)} == {row.method for row in TABLE_AVA}
    assert len(set(found)) == len(found) == 22, "three of the talk's systems have two backbones there"
    assert {row["images"] for row in summary["rows"]} == {80}
    against = {(c["a"], c["measure"]) for c in summary["comparisons"] if c["b"] == "PA_IAA"}
    assert {a for a, measure in against if measure == "ACC"} == set(found) - {"PA_IAA"}
    assert all("p_holm" in c for c in summary["comparisons"])
    assert all(len(row["acc_ci95"]) == 2 for row in summary["rows"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["experiment=kao_multi_task", "data=aadb"], "lacks semantic tags of images .* choose ava"),
        (["experiment=bdn", "data=aadb"], "lacks the styles of images; choose ava"),
        (["experiment=kong_att", "data@databases.attributes=ava", ATTRIBUTES], "has 3 attributes to learn"),
        (["experiment=giaa", "task=kong_rank", "head=small"], "no ratings of single users, so there are no pairs"),
        (
            ["experiment=rapid", "data.patch_scale=null"],
            r"^piaa_lightning: data\.patch_scale=null: the network looks at patches",
        ),
        (["experiment=dma", "data.patch_scale=0.5"], r"data\.patch_scale=0\.5: patches are cut from larger images"),
        (["experiment=dma", "backbone.frozen=true"], r"backbone\.frozen=true: DMA looks at images"),
        (["experiment=ilgnet", "backbone.frozen=true"], r"backbone\.frozen=true: a network of local and global"),
    ],
)
def test_what_a_database_lacks_is_one_sentence(run, arguments, sentence):
    with pytest.raises(SystemExit, match=sentence) as left:
        run(*arguments)
    assert "\n" not in str(left.value.code)


def test_pairs_within_and_across_raters_are_learnt_where_users_are_known(run):
    summary = run("experiment=giaa", "data=flickr_aes", "task=kong_rank", "head=small")
    assert [row["method"] for row in summary["rows"]] == ["kong_rank"]
