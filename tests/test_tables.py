import csv
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from piaa_lightning.evaluation.published_results import TABLE_AVA, TABLE_I, published_number
from piaa_lightning.report.comparison_table import is_claimed

ROOT = Path(__file__).parents[1]


def test_the_tables_in_the_pages_are_those_of_the_committed_csv_files():
    done = subprocess.run(
        [sys.executable, "experiments/tables.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_the_first_page_says_of_its_table_is_so():
    """All six gains hold: about .01 for ten ratings, .05 for a hundred; a second network adds more than ten ratings."""
    study = ROOT / "experiments" / "networks_and_layers"
    short = pd.read_csv(study / "short.csv", dtype=str)
    gains = {shots: short[f"gain, {shots}"].str.split().str[0].astype(float) for shots in (10, 100)}
    assert {shots: round(float(gain.mean()), 2) for shots, gain in gains.items()} == {10: 0.01, 100: 0.05}
    everybody = short["for everybody"].str.split("±").str[0].astype(float)
    assert everybody[1] - everybody[0] > gains[10].max()
    with (study / "comparisons.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["a"], row["b"]) == ("hierarchical process", "generic")]
    shown = [row for row in rows if row["variant"] in ("mobilenetv2", "two_networks", "three_networks")]
    assert len(shown) == 6
    assert {int(row["seeds"]) for row in shown} == {5}
    assert all(is_claimed(row) for row in shown)
    for row, gain in zip(
        sorted(shown, key=lambda row: (row["shots"], row["variant"])), sorted_gains(gains), strict=True
    ):
        assert float(row["difference"]) == pytest.approx(gain, abs=0.0011)  # rounded to three places


def sorted_gains(gains):
    """The gains of the table in the order of shots and variants."""
    by_name = {"mobilenetv2": 0, "two_networks": 1, "three_networks": 2}
    return [gains[shots][by_name[name]] for shots in (10, 100) for name in sorted(by_name)]


def test_the_talks_gains_in_the_tutorial_are_the_published_ones():
    text = (ROOT / "docs" / "tutorials.md").read_text()
    for shots in (10, 100):
        blg, ba = (published_number(name, "resnet18", shots).mean for name in ("BLG-PIAA", "BA-PIAA"))
        assert f"{blg - ba:.3f}"[1:] + f" at {shots}" in text


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    import tables

    yield tables
    del sys.modules["tables"]


RESULTS = "variant,method,backbone,shots,srocc,srocc_std_repeats,users,data,seeds,missing\n"


def test_a_table_is_made_from_its_csv(tables, tmp_path):
    file = tmp_path / "results.csv"
    file.write_text(
        f"{RESULTS}one,BLG,,10,0.5614,0.0049,37,d,3,\none,BLG,,100,-0.0200,0.0130,37,d,3,\ntwo,BA,,10,0.1,0.1,1,d,,\n"
    )
    lines = tables.table(file, "one").splitlines()
    assert lines[2] == "| BLG | .561 ± .005 | −.020 ± .013 | 37 |"
    assert lines[-1] == "*Measured: ours on d, 3 seeds.*"


COMPARED = "variant,seeds,a,b,shots,difference,difference_std_seeds,low,high,t_low,t_high,p,p_holm\n"


def test_a_comparison_says_what_it_is_worth_and_only_what_holds_is_bold(tables, tmp_path):
    file = tmp_path / "comparisons.csv"
    numbers = "0.0371,0.0100,0.0200,0.0500,0.0100,0.0600,0.0004,0.0020"
    one = "0.0371,,0.0200,0.0500,,,0.0004,0.0020"
    file.write_text(f"{COMPARED}one,5,A,B,10,{numbers}\none,4,A,C,10,{numbers}\none,1,A,D,10,{one}\n")
    end = "+.020 … +.050 | +.010 … +.060 | < .001 | .002"
    assert tables.table(file, "one").splitlines()[2:5] == [
        f"| A − B | 10 | **+.037** | .010 | {end} | holds |",
        f"| A − C | 10 | +.037 | .010 | {end} | too few to tell (4 seeds) |",
        "| A − D | 10 | +.037 | – | +.020 … +.050 | – | < .001 | .002 | too few to tell (1 seed) |",
    ]


def test_intervals_in_which_seeds_were_repeats_are_left_out(tables, tmp_path):
    file = tmp_path / "comparisons.csv"
    file.write_text(
        "variant,seeds,data,a,b,shots,difference,low,high,p,p_holm\none,3,d,BLG,BA,10,0.0371,0.01,0.08,0.0004,0.02\n"
    )
    lines = tables.table(file, "one").splitlines()
    assert lines[2] == "| BLG − BA | 10 | +.037 | – | – | – | – | – | too few to tell (3 seeds) |"
    assert "counted as repeats" in lines[-1]


def test_the_spread_over_seeds_has_a_column(tables, tmp_path):
    file = tmp_path / "results.csv"
    file.write_text(
        RESULTS.replace("repeats,", "repeats,srocc_std_seeds,") + "one,BLG,,10,0.5614,0.0049,0.0110,37,d,3,\n"
    )
    assert tables.table(file, "one").splitlines()[2] == "| BLG | .561 ± .005 | .011 | 37 |"
    file = tmp_path / "traits.csv"
    file.write_text(
        "variant,method,backbone,trait,srocc,srocc_std_seeds,users,data,seeds\n"
        "one,mine,net,x,0.5,0.01,60,p,3\none,mine,net,y,0.3,0.03,60,p,3\n"
    )
    assert tables.table(file, "one").splitlines()[2] == "| mine | .500 | .300 | .400 | .020 | 60 |"


def test_a_published_number_stands_beside_ours_with_what_it_was_measured_on(tables, tmp_path):
    file = tmp_path / "results.csv"
    rows = ["one,BLG-PIAA,alexnet,10,0.5,0.01,37,d,1,", "one,BLG-PIAA,resnet18,10,0.6,0.01,37,d,1,"]
    rows.append("one,random,,10,0.0,0.01,37,d,1,")
    file.write_text(RESULTS + "\n".join(rows) + "\n")
    lines = tables.table(file, "one").splitlines()
    assert lines[0] == "| method | backbone | 10 shots | published | users |"
    assert lines[2] == "| BLG-PIAA | alexnet | .500 ± .010 | .534 ± .003 | 37 |"
    assert lines[3] == "| BLG-PIAA | resnet18 | .600 ± .010 | .561 ± .005 | 37 |"
    assert lines[4] == "| random |  | .000 ± .010 |  | 37 |"
    assert lines[-1] == "*Measured: ours on d; published on FLICKR-AES (37 users).*"
    # another backbone than the published one is not taken for it
    file.write_text(f"{RESULTS}one,BLG-PIAA,small_cnn,10,0.5,0.01,37,d,1,\n")
    assert "| BLG-PIAA | .500 ± .010 | .561 ± .005 (ResNet18) | 37 |" in tables.table(file, "one")


def test_what_has_not_been_run_is_marked(tables, tmp_path):
    file = tmp_path / "results.csv"
    file.write_text(f"{RESULTS}one,A,net,10,0.5,0.01,37,d,1,2\none,A,net,100,,,,d,1,2\none,B,net,10,0.5,,37,d,1,2\n")
    lines = tables.table(file, "one").splitlines()
    assert lines[2] == "| A | .500 ± .010 | *not run* | 37 |"
    assert lines[3] == "| B | .500 | *not run* | 37 |"
    assert lines[-1] == "*Measured: ours on d; **incomplete: 2 runs missing**.*"
    file.write_text(f"{RESULTS}one,(not run),,,,,,,0,1\n")
    assert tables.table(file, "one") == "*not run*\n"
    assert tables.table(tmp_path / "absent.csv", "one") == "*not run*\n"
    with pytest.raises(SystemExit, match="there is no variant two"):
        tables.table(file, "two")


def test_traits_and_images_get_published_lines(tables, tmp_path):
    file = tmp_path / "traits.csv"
    lines = [f"one,PA_IAA,densenet121,{trait},0.{k}00,60,p,1" for k, trait in enumerate("OCEAN", start=1)]
    file.write_text("variant,method,backbone,trait,srocc,users,data,seeds\n" + "\n".join(lines) + "\n")
    made = tables.table(file, "one").splitlines()
    assert made[2] == "| PA_IAA | .100 | .200 | .300 | .400 | .500 | .300 | 60 |"
    assert made[3] == "| *published: PA_IAA(DenseNet121)* | .567 | .659 | .722 | .646 | .708 | .660 | |"
    assert made[-1] == "*Measured: ours on p; published on PsychoFlickr, by hypothesis.*"
    file.write_text(
        "variant,method,backbone,acc,balanced_acc,srocc,plcc,emd_r1,emd_r2,images,data,seeds\n"
        "one,PA_IAA,densenet121,0.8,0.7,0.6,0.5,0.06,0.09,99,a,1\n"
    )
    made = tables.table(file, "one").splitlines()
    assert made[0].endswith("| images | published: ACC / SROCC / EMD |")
    assert made[2].startswith("| PA_IAA | .800 | .700 | .600 | .500 | .060 | .090 | 99 | ")
    assert ".829 / .666 / .049 DenseNet121" in made[2]
    assert made[-1] == "*Measured: ours on a; published on AVA.*"


def test_rows_of_a_published_table_that_were_not_run_are_marked(tables, tmp_path):
    file = tmp_path / "traits.csv"
    lines = [f"one,{name},net,{trait},0.100,60,p,1" for name in ("PA_IAA", "single task") for trait in "OCEAN"]
    file.write_text("variant,method,backbone,trait,srocc,users,data,seeds\n" + "\n".join(lines) + "\n")
    made = tables.table(file, "one").splitlines()
    assert made[6] == "| *published: Segalin et al.* (*not run*) | .354 | .535 | .625 | .476 | .613 | .521 | |"
    assert made[7].startswith("| *published: Guntuku et al.* (*not run*) |")
    file = tmp_path / "results.csv"
    rows = [f"one,{name},net,10,0.5,0.01,37,d,1," for name in TABLE_I if name != "USAR_PAD"]
    file.write_text(RESULTS + "\n".join(rows) + "\n")
    made = tables.table(file, "one").splitlines()
    assert [line for line in made if "not run" in line] == ["| USAR_PAD | *not run* | .520 ± .003 | – |"]
    file = tmp_path / "images.csv"
    head = "variant,method,backbone,acc,balanced_acc,srocc,plcc,emd_r1,emd_r2,images,data,seeds\n"
    rows = [f"one,{row.method},net,0.8,0.7,0.6,0.5,0.06,0.09,99,a,1" for row in TABLE_AVA if row.method != "DMA"]
    file.write_text(head + "\n".join(rows) + "\n")
    made = tables.table(file, "one").splitlines()
    hole = "| DMA | *not run* | *not run* | *not run* | *not run* | *not run* | *not run* | – | .754 / – / – |"
    assert [line for line in made if "not run" in line] == [hole]


def test_intervals_and_published_numbers_stand_in_the_row(tables, tmp_path):
    file = tmp_path / "images.csv"
    file.write_text(
        "variant,method,backbone,acc,balanced_acc,srocc,plcc,emd_r1,emd_r2,acc_low,acc_high,images,data,seeds\n"
        "one,RAPID,net,0.7,0.6,,,,,0.65,0.75,80,a,1\none,mine,net,0.7,0.6,0.5,0.5,0.1,0.1,,,80,a,1\n"
    )
    assert tables.table(file, "one").splitlines()[2:4] == [
        "| RAPID | .700 [.650, .750] | .600 | – | – | – | – | 80 | .745 / – / – |",
        "| mine | .700 | .600 | .500 | .500 | .100 | .100 | 80 |  |",
    ]


def test_published_numbers_are_told_with_their_backbones(tables):
    assert tables.worded("NIMA") == ".806 / .592 / .054 VGG16; .815 / .612 / .050 Inception-v2"
    assert tables.worded("single task") == ".805 / .630 / .051 DenseNet121; .809 / .638 / .050 Inception-v3"
    assert tables.worded("RAPID (improved version)") == ".754 / – / –"
    assert tables.worded("Reg+Rank+Att") == ".755 / .545 / –"
    assert tables.worded("mine") == ""


def test_a_csv_without_variants_is_shown_as_it_is(tables, tmp_path):
    file = tmp_path / "faults.csv"
    file.write_text('fault,records_lost\n"cut, off",0\n')
    assert tables.table(file, "all") == "| fault | records lost |\n| --- | --- |\n| cut, off | 0 |\n"
