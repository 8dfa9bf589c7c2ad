import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tables_in_the_pages_are_those_of_the_committed_csv_files():
    done = subprocess.run(
        [sys.executable, "experiments/tables.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_table_is_made_from_its_csv(tmp_path):
    sys.path.insert(0, str(ROOT / "experiments"))
    try:
        import tables
    finally:
        sys.path.pop(0)
    file = tmp_path / "results.csv"
    file.write_text(
        "variant,method,shots,srocc,srocc_std_repeats,users\n"
        "one,BLG,10,0.5614,0.0049,37\none,BLG,100,-0.0200,0.0130,37\ntwo,BA,10,0.1,0.1,1\n"
    )
    assert tables.table(file, "one").splitlines()[2] == "| BLG | .561 ± .005 | −.020 ± .013 | 37 |"
    file.write_text("variant,a,b,shots,difference,low,high,p,p_holm\none,BLG,BA,10,0.0371,-0.001,0.08,0.0004,0.02\n")
    assert tables.table(file, "one").splitlines()[2] == ("| BLG − BA | 10 | +.037 | −.001 … +.080 | < .001 | .020 |")
    file.write_text(
        "variant,method,acc,balanced_acc,srocc,plcc,emd_r1,emd_r2,acc_low,acc_high,talk,images\n"
        "one,RAPID,0.7,0.6,,,,,0.65,0.75,.745 / – / –,80\none,mine,0.7,0.6,0.5,0.5,0.1,0.1,,,,80\n"
    )
    assert tables.table(file, "one").splitlines()[2:] == [
        "| RAPID | .700 [.650, .750] | .600 | – | – | – | – | 80 | .745 / – / – |",
        "| mine | .700 | .600 | .500 | .500 | .100 | .100 | 80 |  |",
    ]
