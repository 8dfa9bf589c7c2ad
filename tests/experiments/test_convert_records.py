import subprocess
import sys
from pathlib import Path

import pytest

from piaa_lightning.evaluation.records import read_records

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
WIDE = (
    "method,backbone,shots,repeat,user,n_support,n_query,srocc,dropped,pooled\n"
    'A,"net, small",10,0,u,10,90,0.30000000000000004,,-0.01636711308262454\n'
    'A,"net, small",10,1,u,10,90,-0.3333333333333333,,\n'
    "A,,100,0,v,80,0,,fewer than 100 + 10 ratings,\n"
    "B,,10,0,u,10,90,0.0,,1e-05\n"
    "B,,10,0,u,10,90,1.0,,0.25\n"  # the same once more: kept, and refused by whoever averages
)


def convert(*arguments):
    script = ROOT / "experiments" / "convert_records.py"
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_there_and_back_is_the_same_byte_for_byte(tmp_path):
    wide, long, back = (tmp_path / f"{name}.csv" for name in ("wide", "long", "back"))
    wide.write_text(WIDE)
    assert convert(wide, long).returncode == 0
    assert convert("--wide", long, back).returncode == 0
    assert back.read_text() == WIDE
    assert long.read_text().splitlines()[1:4] == [
        'A,"net, small",10,0,u,10,90,srocc,0.30000000000000004,',
        'A,"net, small",10,0,u,10,90,srocc_pooled,-0.01636711308262454,',
        'A,"net, small",10,1,u,10,90,srocc,-0.3333333333333333,',
    ]
    assert read_records(long) == read_records(wide)


def test_other_metrics_have_no_place_in_the_wide_form(tmp_path):
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv"
    head = "method,backbone,shots,repeat,user,n_support,n_query,metric,value,dropped\n"
    long.write_text(
        f"{head}A,,10,0,u,10,90,srocc,0.5,\nA,,10,0,u,10,90,mae,0.25,\nA,,10,0,u,10,90,srocc_pooled,0.125,\n"
    )
    assert convert("--wide", long, wide).returncode == 0
    assert wide.read_text().splitlines()[1:] == ["A,,10,0,u,10,90,0.5,,0.125"]


@pytest.mark.parametrize("arguments", [[], ["one.csv"], ["none.csv", "two.csv"]])
def test_wrong_use_is_a_sentence(tmp_path, arguments):
    done = convert(*(tmp_path / name for name in arguments))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
