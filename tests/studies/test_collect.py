from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.evaluation.records import Record, read_records, write_records, write_table
from piaa_lightning.evaluation.trait_evaluation import TraitEvaluation

pytestmark = pytest.mark.slow


ROOT = Path(__file__).parents[2]
VALUES = {0: {"A": [[0.1, 0.3], [0.5, 0.7]], "B": [[0.0, 0.2], [0.4, 0.2]]}, 1: {"A": [[0.3, 0.3], [0.5, 0.5]]}}
VALUES[1]["B"] = [[0.1, 0.1], [0.3, 0.3]]


@pytest.fixture
def collect(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    import collect

    yield collect
    del sys.modules["collect"]


def evaluation(method: str, seed: int) -> ImageEvaluation:
    random = np.random.default_rng((seed, ord(method)))
    truth = np.random.default_rng(9).random(40)
    votes = np.random.default_rng(8).dirichlet(np.ones(4), 40)
    own = random.dirichlet(np.ones(4), 40)
    ids = np.array([f"p{n}" for n in range(40)])
    noisy = truth + (0.1 if method == "A" else 2.0) * random.standard_normal(40)
    return ImageEvaluation(method, "net", "d", ids, truth, noisy, votes, own)


def traits(method: str, seed: int) -> TraitEvaluation:
    random = np.random.default_rng((seed, ord(method), 1))
    truth = np.random.default_rng(7).uniform(-1, 1, (12, 2))
    users = tuple(f"u{n}" for n in range(12))
    return TraitEvaluation(method, "net", "d", ("O", "C"), users, truth, truth + random.standard_normal(truth.shape))


@pytest.fixture
def runs(tmp_path):
    """Two seeds of one run, evaluated on users, images and traits."""
    for seed, methods in VALUES.items():
        directory = tmp_path / "runs" / str(seed)
        directory.mkdir(parents=True)
        records = [
            Record(method, "net", 10, repeat, f"u{user}", 10, 30, "srocc", value)
            for method, users in methods.items()
            for user, repeats in enumerate(users)
            for repeat, value in enumerate(repeats)
        ]
        write_records(records, directory / "records.csv")
        evaluations = [evaluation(method, seed) for method in "AB"]
        count = [traits(method, seed) for method in "AB"]
        write_table([line for e in evaluations for line in e.lines()], directory / "images.csv")
        write_table([line for e in count for line in e.lines()], directory / "traits.csv")
        pair = {"a": "A", "b": "B"}
        summary = {
            "seed": seed,
            "data": "d",
            "split_hash": "h",
            "rows": [*(e.row() for e in evaluations), *(row for e in count for row in e.rows())],
            "comparisons": [
                {**pair, "shots": 10},
                *({**pair, "measure": m, "images": 40} for m in ("ACC", "SROCC", "EMD r=1")),
                {**pair, "measure": "mean SROCC of traits", "users": 12},
            ],
        }
        (directory / "summary.json").write_text(json.dumps(summary))
    return tmp_path / "runs"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_users_are_averaged_over_seeds_and_paired_over_them(collect, runs, tmp_path):
    collect.main([str(tmp_path), f"one={runs}"])
    a, b = table(tmp_path / "results.csv")
    assert (a["method"], a["seeds"], a["users"], a["repeats"]) == ("A", "2", "2", "2")
    assert float(a["srocc"]) == pytest.approx(np.mean([VALUES[s]["A"] for s in (0, 1)]))
    # the mean over seeds, then over users, has these values in the two repeats
    of_repeats = np.mean([VALUES[s]["A"] for s in (0, 1)], axis=(0, 1))
    assert float(a["srocc_std_repeats"]) == pytest.approx(of_repeats.std(ddof=1), abs=1e-4)
    assert float(a["srocc_std_seeds"]) == pytest.approx(np.std([0.4, 0.4], ddof=1), abs=1e-4)
    assert float(b["srocc_std_seeds"]) == 0
    first = table(tmp_path / "comparisons.csv")[0]
    difference = np.mean([np.subtract(VALUES[s]["A"], VALUES[s]["B"]) for s in (0, 1)])
    assert float(first["difference"]) == pytest.approx(difference, abs=1e-4)
    assert (first["measure"], first["users"], first["repeats"]) == ("SROCC", "2", "2")
    of_seeds = [np.mean(np.subtract(VALUES[s]["A"], VALUES[s]["B"])) for s in (0, 1)]
    assert (float(first["t_low"]), float(first["t_high"])) == pytest.approx((of_seeds[0],) * 2), "both show the same"
    assert float(first["difference_std_seeds"]) == pytest.approx(np.std(of_seeds, ddof=1), abs=1e-4)
    assert first["seeds"] == "2"


def test_evaluations_are_averaged_over_seeds_and_compared_on_the_same_things(collect, runs, tmp_path):
    collect.main([str(tmp_path), f"one={runs}"])
    a, b = table(tmp_path / "images.csv")
    rows = {method: [evaluation(method, seed).row() for seed in (0, 1)] for method in "AB"}
    for row, method in ((a, "A"), (b, "B")):
        for key in ("acc", "srocc", "emd_r1"):
            assert float(row[key]) == pytest.approx(np.mean([r[key] for r in rows[method]]), abs=1e-4)
            low, high = float(row[f"{key}_low"]), float(row[f"{key}_high"])
            assert low < float(row[key]) < high
            of_seeds = [r[key] for r in rows[method]]
            assert low <= max(0, min(of_seeds)) + 1e-4, "two seeds are drawn too, and tell less than their spread"
            assert high >= max(of_seeds) - 1e-4 or high == 1
    found = {row["measure"]: row for row in table(tmp_path / "comparisons.csv")[1:]}
    for measure, key in (("ACC", "acc"), ("SROCC", "srocc"), ("EMD r=1", "emd_r1")):
        expected = np.mean([one[key] - other[key] for one, other in zip(rows["A"], rows["B"], strict=True)])
        assert float(found[measure]["difference"]) == pytest.approx(expected, abs=1e-4)
        assert float(found[measure]["low"]) < float(found[measure]["high"])
    of_seeds = [one["srocc"] - other["srocc"] for one, other in zip(rows["A"], rows["B"], strict=True)]
    student = stats.ttest_1samp(of_seeds, 0).confidence_interval(0.95)
    known = float(found["SROCC"]["t_low"]), float(found["SROCC"]["t_high"])
    assert known == pytest.approx(tuple(student), abs=1e-4)
    assert min(of_seeds) > 0.2
    assert float(found["SROCC"]["low"]) < 0, "A is far better, and two seeds do not tell it"
    of_traits = [np.mean([row["srocc"] for row in traits(m, s).rows()]) for s in (0, 1) for m in "AB"]
    expected = np.mean([of_traits[0] - of_traits[1], of_traits[2] - of_traits[3]])
    assert float(found["mean SROCC of traits"]["difference"]) == pytest.approx(expected, abs=1e-4)


def as_before(run: Path) -> None:
    """Turn a run's files into those of earlier versions."""
    records = read_records(run / "records.csv")
    lines = ["method,backbone,shots,repeat,user,n_support,n_query,srocc,dropped,pooled"]
    for r in records:
        told = (r.method, r.backbone, r.shots, r.repeat, r.user, r.n_support, r.n_query, r.value, r.dropped, "")
        lines.append(",".join(map(str, told)))
    (run / "records.csv").write_text("\n".join(lines) + "\n")
    images = (run / "images.csv").read_text()
    (run / "images.csv").unlink()
    head, _, rest = images.partition("\n")
    head = head.replace("predicted_threshold", "predicted_cut").replace("threshold", "cut")
    (run / "pictures.csv").write_text(f"{head}\n{rest}")
    summary = (run / "summary.json").read_text()
    (run / "summary.json").write_text(summary.replace('"evaluated_on"', '"judged_on"'))


def test_finished_runs_of_earlier_versions_give_the_same_tables(collect, runs, tmp_path):
    now, before = tmp_path / "now", tmp_path / "before"
    collect.main(["--users", str(now), f"one={runs}"])
    for run in runs.iterdir():
        as_before(run)
    collect.main(["--users", str(before), f"one={runs}"])
    assert [file.name for file in sorted(now.iterdir())] == [
        "comparisons.csv", "images.csv", "records.csv.gz", "results.csv", "traits.csv", "users.csv"
    ]  # fmt: skip
    for file in now.iterdir():
        assert (before / file.name).read_bytes() == file.read_bytes(), file.name


def test_seeds_that_were_evaluated_on_different_splits_are_refused(collect, runs, tmp_path):
    file = runs / "1" / "summary.json"
    file.write_text(file.read_text().replace('"h"', '"other"'))
    with pytest.raises(SystemExit, match="different splits or data"):
        collect.main([str(tmp_path), f"one={runs}"])


def test_no_finished_run_is_a_sentence(collect, tmp_path):
    with pytest.raises(SystemExit, match="there is no finished run"):
        collect.main([str(tmp_path), f"one={tmp_path}"])


def test_a_damaged_summary_is_a_sentence(collect, runs, tmp_path):
    (runs / "1" / "summary.json").write_text('{"seed": ')
    with pytest.raises((SystemExit, UserError), match=r"1/summary\.json is damaged; delete it"):
        collect.main([str(tmp_path), f"one={runs}"])


def test_variants_that_are_not_named_stay_where_that_is_asked_for(collect, runs, tmp_path):
    collect.main([str(tmp_path), f"one={runs}", f"two={runs}"])
    before = {name: (tmp_path / f"{name}.csv").read_text() for name in ("results", "images", "traits", "comparisons")}
    summary = runs / "1" / "summary.json"
    summary.unlink()  # of variant two one seed is left
    collect.main([str(tmp_path), "--add", f"two={runs}"])
    for name, text in before.items():
        lines = text.splitlines()
        now = (tmp_path / f"{name}.csv").read_text().splitlines()
        assert now[0] == lines[0]
        assert [line for line in now if line.startswith("one,")] == [line for line in lines if line.startswith("one,")]
        assert len(now) == len(lines)
    assert {(row["variant"], row["seeds"]) for row in table(tmp_path / "results.csv")} == {("one", "2"), ("two", "1")}
    collect.main([str(tmp_path), f"two={runs}"])
    assert {row["variant"] for row in table(tmp_path / "results.csv")} == {"two"}
