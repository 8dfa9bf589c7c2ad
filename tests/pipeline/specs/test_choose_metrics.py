import pytest
from omegaconf import OmegaConf

from piaa_lightning.errors import UserError
from piaa_lightning.metrics import registry
from piaa_lightning.pipeline.specs.choose_metrics import choose_metrics, metric_names


def test_without_the_key_and_by_default_the_usual_ones_are_computed():
    assert choose_metrics(OmegaConf.create({})) == registry.chosen()
    assert choose_metrics(OmegaConf.create({"metrics": ["usual"]})) == registry.chosen()


def test_names_add_to_the_usual_ones():
    found = choose_metrics(OmegaConf.create({"metrics": ["usual", "kendall_tau"]}))
    assert [metric.name for metric in found.user] == ["srocc", "srocc_pooled", "kendall_tau"]


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("srocc", r"^metrics=srocc: give a list of names, for instance metrics=\[usual,kendall_tau\]\.$"),
        ([1], "give a list of names"),
        (["sroc"], r"^metrics=sroc: there is no such metric; .*\(did you mean srocc\?\)\.$"),
    ],
)
def test_what_is_no_list_of_metrics_is_a_sentence(metrics, message):
    with pytest.raises(UserError, match=message):
        choose_metrics(OmegaConf.create({"metrics": metrics}))


def test_names_with_dots_are_told_without_importing_them():
    assert metric_names(OmegaConf.create({"metrics": ["usual", "nowhere.tau"]})) == ["usual", "nowhere.tau"]
