"""The table of recent methods, from the command line to its rows, on a handful of users."""

from __future__ import annotations

import csv
import json
import sys

import pytest

pytestmark = pytest.mark.slow

TINY = ["data.size=tiny", "databases.aadb.size=tiny", "backbone.frozen=true", "debug=fast", "logger=none",
        "report.users=0", "report.maps=0", "trainer.enable_progress_bar=false"]  # fmt: skip

COMPARED = "comparisons=[[process,ba],[layers_ridge,ridge]]"  # fewer figures


def test_every_row_is_there_at_the_shots_at_which_it_can_be(cache, tmp_path, monkeypatch):
    # in this process, because another takes seconds to import what it stands on
    from piaa_lightning.__main__ import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIAA_CACHE", str(cache))
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(sys, "argv", ["piaa_lightning", "experiment=recent_table", "shots=[0,10]", COMPARED, *TINY])
    main()
    run = tmp_path / "runs/latest"
    summary = json.loads((run / "summary.json").read_text())
    shots: dict[str, set[int]] = {}
    for row in summary["rows"]:
        assert row["users"] == 1
        shots.setdefault(row["method"], set()).add(row["shots"])
    rated = {"ridge", "ridge on layers"}
    others = {
        "hierarchical process",
        "hierarchical",
        "prototypes",
        "blend of experts",
        "BLG-PIAA from generic",
        "BA-PIAA",
    }
    assert {name for name, own in shots.items() if own == {10}} == rated
    assert others <= {name for name, own in shots.items() if own == {0, 10}}
    assert "trait-conditioned" in summary["left_out"]
    zero = {row["method"]: row["srocc"] for row in summary["rows"] if row["shots"] == 0}
    assert zero["BA-PIAA"] == zero["generic"]
    assert {(c["a"], c["shots"]) for c in summary["comparisons"]} == {
        *(("hierarchical process", k) for k in (0, 10)),
        ("ridge on layers", 10),
    }
    with (run / "mixtures.csv").open() as file:
        shares = [float(line["share"]) for line in csv.DictReader(file)]
    assert sum(shares) == pytest.approx(1)
    with (run / "strata.csv").open() as file:
        strata = list(csv.DictReader(file))
    assert {line["method"] for line in strata} == set(shots)
    assert {(line["of"], line["stratum"]) for line in strata} >= {("images", "hard"), ("images", "other")}
