import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from piaa_lightning.evaluation.image_evaluation import ImageEvaluation, compare_images
from piaa_lightning.evaluation.records import Record, read_records, write_records
from piaa_lightning.evaluation.statistics import compare_pairs, summarise
from piaa_lightning.evaluation.trait_evaluation import TraitEvaluation, compare_traits
from piaa_lightning.metrics import registry
from piaa_lightning.metrics.registry import Metric
from piaa_lightning.report.result_tables import result_tables
from piaa_lightning.report.run_page import write_page
from piaa_lightning.studies.collect import columns_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "extending.md"


def hits(prediction, target):
    return float(np.mean(np.round(np.asarray(prediction) * 2) == np.round(np.asarray(target) * 2)))


@pytest.fixture
def hit_rate(monkeypatch):
    """A metric that is registered while the program runs, and forgotten afterwards."""
    registry.find("srocc")  # so that the package's own are there
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))
    return registry.register(Metric("hit_rate", "hits", hits, "scores", bounds=(0, 1)))


def test_the_usual_metrics_are_those_of_the_tables_in_their_order():
    for level, names in registry.USUAL.items():
        assert tuple(metric.name for metric in registry.usual(level)) == names
        assert tuple(metric.name for metric in registry.of_level(level))[: len(names)] == names
        assert {metric.name for metric in registry.of_level(level)} >= {"srocc", "plcc", "mae", "rmse", "kendall_tau"}
        assert getattr(registry.chosen(), level) == registry.usual(level)


def test_directions_are_those_of_the_literature():
    lower = {m.name for level in registry.LEVELS for m in registry.of_level(level) if not m.higher_is_better}
    assert lower == {"mae", "rmse", "emd_r1", "emd_r2"}


def test_srocc_is_always_computed_and_names_add_to_it_where_they_apply():
    chosen = registry.chosen(["kendall_tau", "acc"])
    assert [metric.name for metric in chosen.user] == ["srocc", "kendall_tau"]
    assert [metric.name for metric in chosen.image] == ["acc", "srocc", "kendall_tau"]
    assert [metric.name for metric in registry.chosen(["usual", "mae"]).user] == ["srocc", "srocc_pooled", "mae"]


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"metrics=kendal_tau: .*\(did you mean kendall_tau\?\)"):
        registry.chosen(["kendal_tau"])
    with pytest.raises(ValueError, match=r"metrics=nowhere\.tau: there is no such name"):
        registry.get("nowhere.tau")
    with pytest.raises(ValueError, match="this is a str; name a Metric"):
        registry.get("piaa_lightning.metrics.registry.MAIN")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "two words"}, "a metric's name is a column's"),
        ({"name": "usual"}, "a metric's name is a column's"),
        ({"levels": ("person",)}, r"levels=\('person',\): choose from user, image, trait"),
        ({"levels": ()}, "choose from user"),
        ({"needs": "threshold"}, "do not go together"),
        ({"needs": "votes", "levels": ("image",)}, "do not go together"),
    ],
)
def test_an_entry_that_no_table_could_hold_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Metric(**{"name": "m", "label": "M", "function": hits, **changes})


def test_two_metrics_of_one_name_are_refused(hit_rate):
    assert registry.register(hit_rate) is hit_rate
    with pytest.raises(ValueError, match="another metric of this name"):
        registry.register(Metric("hit_rate", "hits", np.mean))


def test_a_metric_of_another_package_is_named_with_its_module(monkeypatch, hit_rate):
    module = ModuleType("mylab_agreement")
    module.TAU = Metric("my_tau", "mine", hits)
    monkeypatch.setitem(sys.modules, "mylab_agreement", module)
    assert registry.chosen(["mylab_agreement.TAU"]).user[-1] is module.TAU
    assert registry.find("my_tau") is module.TAU


@pytest.mark.slow
def test_one_registration_reaches_records_rows_comparisons_tables_and_csv_files(hit_rate, tmp_path):
    chosen = registry.chosen(["usual", "hit_rate"])
    # users
    rng = np.random.default_rng(0)
    records = [
        Record(method, "", 10, repeat, f"u{user}", 10, 20, metric.name, float(rng.random()))
        for method in "ab"
        for user in range(5)
        for repeat in range(2)
        for metric in chosen.user
    ]
    write_records(records, tmp_path / "records.csv")
    assert read_records(tmp_path / "records.csv") == records
    rows = [row.flat() for row in summarise(records)]
    own = [r.value for r in records if (r.method, r.metric) == ("a", "hit_rate")]
    assert rows[0]["hit_rate"] == pytest.approx(np.mean(own))
    assert {"hit_rate_std_repeats", "hit_rate_median_users"} <= set(rows[0])
    compared = compare_pairs(records, [("a", "b")], [10], chosen.user)
    assert [c.measure for c in compared] == ["SROCC", "hits"]
    # images and traits
    scores = rng.random(40)
    images = [
        ImageEvaluation(name, "", "d", np.arange(40).astype(str), scores, (scores + noise) / (1 + noise))
        for name, noise in (("c", 0.0), ("d", 0.9))
    ]
    image_rows = [one.row(chosen.image) for one in images]
    assert image_rows[0]["hit_rate"] == 1 > image_rows[1]["hit_rate"]
    assert "hit_rate_ci95" in image_rows[0]
    assert "hits" in [line["measure"] for line in compare_images(*images, chosen.image)]
    traits = TraitEvaluation(
        "e", "", "d", ("O",), tuple("abc"), np.array([[0.0], [1], [0]]), np.array([[0.0], [1], [1]])
    )
    trait_rows = traits.rows(chosen.trait)
    assert trait_rows[0]["hit_rate"] == pytest.approx(2 / 3)
    assert compare_traits(traits, traits, chosen.trait)[1]["measure"] == "mean hits of traits"
    # tables, page, studies
    summary = {"experiment": "x", "data": "d", "rows": rows + image_rows + trait_rows}
    tables = result_tables(summary)
    assert ["hits" in table.headings or "hits" in table.title for table in tables] == [True, True, False, True]
    write_page(summary, records, tmp_path / "report.html", {})
    assert ">hits</th>" in (tmp_path / "report.html").read_text()
    for name, found in (("results", rows), ("images", image_rows), ("traits", trait_rows)):
        assert "hit_rate" in columns_of(name, found)
        assert "hit_rate" not in columns_of(name, [])


def test_the_page_on_adding_a_metric_runs_and_says_what_is_true(monkeypatch, hit_rate):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text().split("## A metric")[1], re.DOTALL)
    own: dict = {}
    exec(compile(code, str(PAGE), "exec"), own)
    prediction, target = np.array([0.1, 0.4, 0.8]), np.array([0.2, 0.4, 0.6])
    # by hand: means 1.3/3 and .4; variances and covariance over three
    covariance = np.cov(prediction, target, ddof=0)
    by_hand = 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + (1.3 / 3 - 0.4) ** 2)
    assert own["concordance"](prediction, target) == pytest.approx(by_hand)
    assert registry.get("concordance") is own["CONCORDANCE"]
    assert registry.chosen(["usual", "concordance"]).user[-1].label == "CCC"


def test_no_other_file_lists_metrics():
    """Names of metrics stand in their own files, in the registry, and where published numbers or one figure use one."""
    names = {m.name for level in registry.LEVELS for m in registry.of_level(level)} - {registry.MAIN}
    allowed = {"evaluation/published_results.py", "evaluation/records.py", "report/vote_distributions.py"}
    package = ROOT / "piaa_lightning"
    others = [file for file in package.rglob("*.py") if file.relative_to(package).parts[0] != "metrics"]
    strangers = {
        file.relative_to(package).as_posix()
        for file in others
        if re.search(rf"[\"']({'|'.join(names)})[\"']", file.read_text())
    }
    assert strangers == allowed
    script = (ROOT / "experiments" / "tables.py").read_text()
    assert not re.search(rf"[\"']({'|'.join(names)})[\"']", script)


def test_the_registry_is_known_without_torch():
    code = "import sys; from piaa_lightning.metrics.registry import chosen; chosen(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"
