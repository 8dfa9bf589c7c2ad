"""The benches count right, and run; what they measure is no matter of tests."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from patience import PATIENCE

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[1]
BENCHES = ROOT / "experiments" / "performance"

spec = importlib.util.spec_from_file_location("bench_harness", BENCHES / "harness.py")
harness = importlib.util.module_from_spec(spec)
sys.modules["bench_harness"] = harness  # dataclasses look their module up
spec.loader.exec_module(harness)


class Time:
    """A clock that moves when it is told to."""

    def __init__(self):
        self.now = 0.0
        self.turns = []

    def taking(self, name, seconds, returns=None):
        left = iter(seconds)

        def variant():
            self.turns.append(name)
            self.now += next(left)
            return returns

        return variant


def test_variants_take_turns_and_the_warm_up_does_not_count():
    time = Time()
    variants = {"a": time.taking("a", [100, 1, 2, 3]), "b": time.taking("b", [100, 4, 5, 6])}
    seconds = harness.interleaved(variants, rounds=3, warm_up=1, clock=lambda: time.now)
    assert time.turns == ["a", "b"] * 4
    assert seconds == {"a": [1, 2, 3], "b": [4, 5, 6]}


def test_a_variant_may_say_itself_which_seconds_count():
    time = Time()
    found = harness.interleaved({"a": time.taking("a", [9, 9], returns=0.5)}, 2, 0, clock=lambda: time.now)
    assert found == {"a": [0.5, 0.5]}


def test_a_ratio_pairs_the_turns_of_a_round():
    # the machine was ten times slower in the second round, which is in both: the ratios are 2, 2 and 8
    seconds = {"a": [2, 20, 8], "b": [1, 10, 1]}
    assert harness.ratio(seconds, "a", "b") == 2
    assert harness.ratio(seconds, "b", "a") == 0.5


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [((8, True), 8.0, True), ((8, True), 7.99, False), ((0.03,), 0.03, True), ((0.03,), 0.031, False)],
)
def test_a_target_is_a_bound_on_one_side(target, value, met):
    assert harness.Target(*target).met(value) is met


def test_results_are_printed_with_verdicts_and_written_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(BENCHES / "bench_data.py"), "--quick"])
    limits = {"speed": harness.Target(8, at_least=True), "reading, s": harness.Target(3)}
    results = harness.Results({"speed": 12.3456}, {"reading, s": 3.5}, limits)
    results.print()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines if "speed" in line or "reading" in line] == ["met", "MISSED"]
    results.write(tmp_path / "deep" / "name.json")
    written = json.loads((tmp_path / "deep" / "name.json").read_text())
    assert written["ratios"] == {"speed": 12.35}
    assert written["medians"] == {"reading, s": 3.5}
    assert written["targets"] == {"speed": ">= 8", "reading, s": "<= 3"}
    assert written["command"] == "python experiments/performance/bench_data.py --quick"
    assert {"cores", "cpu", "torch", "threads"} <= set(written["machine"])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["name.json"]


def test_a_childs_memory_is_its_own_and_not_its_parents(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\n"
        f"sys.path.insert(0, {str(BENCHES)!r})\n"
        "from harness import peak_memory\n"
        "before = peak_memory()\n"
        "held = bytearray(200 * 2**20)\n"
        "held[::4096] = bytes(len(held[::4096])) \n"
        "print(json.dumps({'before': before, 'after': peak_memory()}))\n"
    )
    held = b"1" * 400 * 2**20  # in this process
    peak = harness.child([str(program)])
    assert peak["before"] < len(held) / 2**20
    assert peak["after"] - peak["before"] == pytest.approx(200, abs=20)


# What each bench must at least have measured, and what of it is a bound that the issue sets.
EXPECTED = {
    "bench_backbones": {"files, MobileNetV2, images/s", "files, NIMA, images/s", "files, both, images/s"},
    "bench_data": {
        "cache over Pillow, 2 workers",
        "cache, one process, images/s",
        "waiting share of a training step, 0 workers, longest",
        "flickr_aes, read and split, s",
        "para, read and split, s",
        "para, read and split, MiB",
        "ava, read and split, s",
    },
    "bench_features": {
        "simple features, images/s",
        "Fisher vectors of SIFT and colour, images/s",
        "all of them, images/s",
        "RAPID over two columns",
        "RAPID improved over three columns",
        "DMA over five patches",
    },
    "bench_meta": {
        "engine / bare steps",
        "engine / learn2learn",
        "engine / learn2learn, memory",
        "memory, 4 users / 2 users",
        "authors' procedure / ours, 10 shots",
        "authors' procedure / ours, 100 shots",
    },
    "bench_report": {"report, s", "report with gradient maps, s"},
    "bench_sweep": {"sweep over seeds / its jobs one by one"},
    "bench_threads": {"one thread: busy / idle"},
    "bench_train": {"a run's training step over the bare network's"},
    "bench_web": {"read by both networks, images/s", "personal file of 1000 ratings, MB"},
}


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {"bench_sweep"}))  # which takes minutes even in small
def test_a_bench_runs_prints_and_writes(name, tmp_path, cache):
    done = subprocess.run(
        [sys.executable, str(BENCHES / f"{name}.py"), "--quick", "--out", str(tmp_path)],
        env={**os.environ, "PIAA_CACHE": str(cache), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / f"{name}.json").read_text())
    measured = {**written["ratios"], **written["medians"]}
    assert all(value > 0 for name, value in measured.items() if not name.endswith("same bits"))
    assert set(written["targets"]) >= EXPECTED[name]
    assert set(written["targets"]) <= set(measured)
    for value in measured:
        assert value in done.stdout, "what is written is printed, too"


@pytest.mark.parametrize("name", [file.stem for file in sorted(BENCHES.glob("*.json"))])
def test_committed_results_are_of_whole_runs_that_measured_everything(name):
    written = json.loads((BENCHES / f"{name}.json").read_text())
    assert written["command"] == f"python experiments/performance/{name}.py"
    assert EXPECTED.get(name, set()) <= set(written["targets"])
