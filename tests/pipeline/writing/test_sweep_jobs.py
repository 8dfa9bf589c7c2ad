import json
import os

import pytest
from omegaconf import OmegaConf

from piaa_lightning.pipeline.writing.sweep_jobs import finished_before, objective, run_key, take_over

from composing import config_of

pytestmark = pytest.mark.slow


def composed(tmp_path, *overrides):
    return config_of("experiment=ba_piaa", f"paths.runs={tmp_path}", *overrides)


def finish(directory, cfg, when):
    (directory / "figures").mkdir(parents=True)
    (directory / "checkpoints").mkdir()
    (directory / "figures" / "a.png").write_bytes(b"image")
    (directory / "records.csv").write_text("records")
    (directory / "piaa_lightning.log").write_text("log")
    (directory / "summary.json").write_text(json.dumps({"run_key": run_key(cfg), "rows": []}))
    os.utime(directory / "summary.json", (when, when))


def test_what_is_measured_makes_the_key_and_nothing_else(tmp_path):
    key = run_key(composed(tmp_path))
    assert run_key(composed(tmp_path)) == key
    for same in ("logger=none", "paths.cache=elsewhere", "skip_finished=false", "study=s", "command=c"):
        assert run_key(composed(tmp_path, same)) == key, same
    for other in ("seed=1", "shots=10", "evaluate_on=val", "protocol.test.seed=1", "task.epochs=3", "report.users=0"):
        assert run_key(composed(tmp_path, other)) != key, other


def test_the_newest_finished_run_in_just_the_same_way_is_found(tmp_path, caplog):
    cfg = composed(tmp_path)
    assert finished_before(cfg) is None
    for number, when in ((0, 100), (1, 300), (2, 200)):
        finish(tmp_path / "ba_piaa" / "sweep" / str(number), cfg, when)
    finish(tmp_path / "ba_piaa" / "other", composed(tmp_path, "seed=5"), 400)
    assert finished_before(cfg) == tmp_path / "ba_piaa" / "sweep" / "1"
    (tmp_path / "ba_piaa" / "sweep" / "1" / "summary.json").unlink()  # as if it had been cut off
    assert finished_before(cfg) == tmp_path / "ba_piaa" / "sweep" / "2"
    (tmp_path / "ba_piaa" / "other" / "summary.json").write_text("{")  # the newest, spoilt by a disk
    assert finished_before(cfg) == tmp_path / "ba_piaa" / "sweep" / "2"
    assert "summary.json is damaged" in caplog.text


def test_what_is_taken_over_is_all_but_checkpoints_and_the_log(tmp_path):
    finish(tmp_path / "old", composed(tmp_path), 1)
    (tmp_path / "new").mkdir()
    summary = take_over(tmp_path / "old", tmp_path / "new")
    found = sorted(file.relative_to(tmp_path / "new").as_posix() for file in (tmp_path / "new").rglob("*"))
    assert found == ["figures", "figures/a.png", "records.csv", "summary.json"]
    assert summary == json.loads((tmp_path / "new" / "summary.json").read_text())


@pytest.mark.parametrize(("judge", "value"), [("val", 0.7), ("test", None)])
def test_a_search_is_told_of_validation_users_alone(judge, value):
    cfg = OmegaConf.create({"evaluate_on": judge, "methods": {"a": {"label": "A"}, "b": {"label": "B"}}})
    rows = [{"method": m, "shots": k, "srocc": v} for m, k, v in (("A", 10, 0.5), ("A", 100, 0.7), ("B", 100, 0.9))]
    assert objective(cfg, {"rows": rows}) == value
    assert objective(cfg, {"rows": [{"method": "A", "shots": 10, "srocc": None}]}) is None


def test_a_corrected_table_makes_another_job_and_a_copy_of_it_the_same(tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "ratings.csv").write_text("user,image,score\nu,a.jpg,1\n")
    keys = {place: run_key(composed(tmp_path, "data=ratings_csv", f"data.root={tmp_path / place}")) for place in "ab"}
    assert keys["a"] == keys["b"]
    (tmp_path / "b" / "ratings.csv").write_text("user,image,score\nu,a.jpg,5\n")
    assert run_key(composed(tmp_path, "data=ratings_csv", f"data.root={tmp_path / 'b'}")) != keys["b"]
