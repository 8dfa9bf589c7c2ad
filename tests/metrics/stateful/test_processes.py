"""Metrics in two processes that share the rows say what one process says that has them all."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from patience import PATIENCE

pytestmark = pytest.mark.processes

SCRIPT = Path(__file__).with_name("one_of_two_processes.py")
spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
one_of_two = importlib.util.module_from_spec(spec)
spec.loader.exec_module(one_of_two)
CASES = [*one_of_two.METRICS, *(f"{case}, one process empty" for case in one_of_two.METRICS)]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What each of two real processes found, case by case."""
    directory = tmp_path_factory.mktemp("processes")
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[3]), "OMP_NUM_THREADS": "1"}
    results = [directory / f"{rank}.json" for rank in (0, 1)]
    started = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(rank), str(directory / "meeting"), str(result)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank, result in enumerate(results)
    ]
    try:
        said = [process.communicate(timeout=PATIENCE)[0] for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], "\n".join(said)
    return [json.loads(result.read_text(encoding="utf-8")) for result in results]


@pytest.mark.parametrize("case", CASES)
def test_two_processes_equal_one(found, case):
    kind = case.removesuffix(", one process empty")
    arrays = one_of_two.columns()[kind]
    expected, counted = one_of_two.evaluated(one_of_two.METRICS[kind](), arrays, np.arange(one_of_two.ROWS))
    assert not np.isnan(list(expected.values())).any()
    for values, counts in (process[case] for process in found):
        assert values == pytest.approx(expected, rel=0, abs=1e-7)
        assert counts == counted


def test_the_shares_are_uneven_or_repeat_rows():
    # else the test above would show less than it says
    user = one_of_two.columns()["users"][0]
    for case in one_of_two.METRICS:
        shares = [one_of_two.share(case, user, rank) for rank in (0, 1)]
        seen = np.concatenate(shares)
        assert set(seen.tolist()) == set(range(one_of_two.ROWS))
        assert len(shares[0]) != len(shares[1]) or len(seen) > one_of_two.ROWS
