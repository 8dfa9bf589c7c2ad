"""`evaluate` and `compare`: the records of the protocol as tables."""

from __future__ import annotations

import pytest
import torch

from piaa_lightning import AVA, FineTune, Generic, Ridge, compare, evaluate


@pytest.fixture(scope="module")
def results(data, generic):
    methods = {"tuned": FineTune(generic, steps=[1, 2]), "generic": Generic(generic)}
    return evaluate(methods, data, shots=[20, 10], repeats=2, users=4)


def test_long_records(results):
    frame = results.to_frame()
    assert len(frame) == 2 * 2 * 2 * 4 * 2  # methods, shots, repeats, users, metrics
    assert list(frame.columns) == [
        *["method", "backbone", "shots", "repeat", "user", "n_support", "n_query", "metric", "value", "dropped"]
    ]
    means = frame[frame.metric == "srocc"].groupby(["method", "shots"])["value"].mean()
    for line in results.summary().itertuples():
        assert means[line.method, line.shots] == pytest.approx(line.srocc)


def test_settings_are_chosen_on_validation_users(results):
    assert set(results.chosen["tuned"]) == {10, 20}
    assert all(settings["steps"] in (1, 2) for settings in results.chosen["tuned"].values())


def test_records_are_those_of_the_protocol(results, data, generic):
    from piaa_lightning.evaluation import protocol
    from piaa_lightning.personalizers.personalizer import FitContext

    method, rows = Generic(generic), data.split.rows(data.table, "test")
    method.prepare(FitContext(data.table, data.split, data.inputs_at(16), torch.device("cpu"), generic.network))
    told = protocol.Protocol(repeats=2, users=4)
    expected = protocol.evaluate(data.table, rows, [10, 20], told, "generic", "SmallCNN", method, {10: {}, 20: {}})
    assert [record for record in results.records if record.method == "generic"] == expected


def test_paired_differences(results):
    found = compare(results, "tuned", "generic")
    frame = results.to_frame().query("metric == 'srocc' and shots == 10")
    by_user = frame.pivot_table(index="user", columns="method", values="value")
    assert found.shots.tolist() == [10, 20]
    assert found.difference[0] == pytest.approx((by_user["tuned"] - by_user["generic"]).mean())
    assert (found.low <= found.difference).all()
    assert (found.difference <= found.high).all()


def test_metrics_are_chosen_by_name_and_compared_by_name(data, generic):
    methods = {"tuned": FineTune(generic, steps=[1]), "generic": Generic(generic)}
    found = evaluate(methods, data, shots=10, repeats=1, users=2, metrics=["kendall_tau"])
    assert found.to_frame()["metric"].unique().tolist() == ["srocc", "kendall_tau"]
    frame = found.to_frame().query("metric == 'kendall_tau'").groupby("method")["value"].mean()
    line = compare(found, "tuned", "generic", metric="kendall_tau")
    assert line.difference[0] == pytest.approx(frame["tuned"] - frame["generic"])
    with pytest.raises(ValueError, match=r"^metric=mae: choose from srocc, kendall_tau"):
        compare(found, "tuned", "generic", metric="mae")
    with pytest.raises(ValueError, match=r"^metrics=tau: there is no such metric"):
        evaluate(methods, data, shots=10, metrics=["tau"])


def test_from_nothing_those_are_evaluated_that_score_without_ratings(data, generic):
    methods = {"ridge": Ridge(generic, penalties=[10.0], calibrations=["offset"]), "generic": Generic(generic)}
    found = evaluate(methods, data, shots=[0, 10], repeats=1, users=2)
    assert set(found.to_frame().groupby("method")["shots"].unique().map(sorted).map(tuple).items()) == {
        ("generic", (0, 10)),
        ("ridge", (10,)),
    }
    with pytest.raises(ValueError, match=r"^shots=0: ridge cannot take part: it scores nobody before the first"):
        evaluate(methods, data, shots=0, repeats=1, users=2)


def test_a_model_is_left_as_it_was_found(data, generic):
    generic.train()
    before = {name: value.clone() for name, value in generic.state_dict().items()}
    evaluate({"a": FineTune(generic, steps=1)}, data, shots=10, repeats=1, users=1)
    assert generic.network.training
    assert all(torch.equal(value, before[name]) for name, value in generic.state_dict().items())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m, d, r: evaluate({}, d), r"^methods: there is none"),
        (lambda m, d, r: evaluate({"a": m}, d), r"^methods: a is a GenericAesthetics and no Personalizer"),
        (lambda m, d, r: evaluate({"a": FineTune(m)}, d, shots=-1), r"^shots=-1: give a whole number"),
        (lambda m, d, r: evaluate({"a": FineTune(m)}, d, repeats=0), r"^repeats=0: give 1"),
        (lambda m, d, r: evaluate({"a": FineTune(m)}, d, on="train"), r"^on=train: choose test or val"),
        (lambda m, d, r: evaluate({"a": FineTune(m)}, AVA(size="tiny")), r"^data: ava, embedded tiny holds out no"),
        (
            lambda m, d, r: compare(r, "tuned", "BLG"),
            r"^b=BLG: there is no such method; choose from tuned, generic",
        ),
        (lambda m, d, r: compare(r, "tuned", "generic", 7), r"^shots=7: choose from 10, 20"),
    ],
)
def test_a_mistake_names_the_argument(generic, data, results, call, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        call(generic, data, results)
