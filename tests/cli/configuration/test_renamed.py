"""What has another name now is refused with the new one."""

from __future__ import annotations

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from piaa_lightning.cli.configuration.config_dir import config_dir
from piaa_lightning.cli.configuration.renamed import KEYS, OPTIONS, new_name, refuse_renamed
from piaa_lightning.cli.configuration.schema import explain, register
from piaa_lightning.errors import UserError

RENAMED = [
    ("judge=val", "evaluate_on=val"),
    ("reuse_priors=false", "reuse_models=false"),
    ("report.people=0", "report.users=0"),
    ("task.starts_from.epochs=1", "task.init_from.epochs=1"),
    ("task.starts_from.starts_from=null", "task.init_from.init_from=null"),
    ("methods.blg.prior=${task}", "methods.blg.model=${task}"),
    ("methods.blg.exam=images", "methods.blg.evaluation=images"),
    ("+methods.pam.aids.x=1", "+methods.pam.auxiliary.x=1"),
    ("task.form.support=3", "task.dataset.support=3"),
    ("~task.streams.a", "~task.sources.a"),
    ("tasks.a.streams.b.form=null", "tasks.a.sources.b.dataset=null"),
    ("task.grow=null", "task.extend=null"),
    ("task.module.together=4", "task.module.user_batch_size=4"),
    ("methods.ba.personalizer.embed_once=true", "methods.ba.personalizer.cache_features=true"),
    ("methods.ba.personalizer.rates=[1.0]", "methods.ba.personalizer.lr_multipliers=[1.0]"),
    ("task.module.learner.inner.rates.head=1", "task.module.learner.inner.lr_by_part.head=1"),
    ("data.detail=1.5", "data.patch_scale=1.5"),
    ("data.stored=1.5", "data.store_scale=1.5"),
    ("data.cut=5", "data.threshold=5"),
    ("optimizer@task.module.optimizer=talk", "optimizer@task.module.optimizer=li2020"),
    ("protocol=talk", "protocol=zhu2020"),
    ("experiment=authors_slips", "experiment=published_deviations"),
    ("experiment=blg_piaa,authors_slips", "experiment=blg_piaa,published_deviations"),
]


@pytest.mark.parametrize(("old", "new"), RENAMED)
def test_an_old_name_is_refused_with_the_new_one(old, new):
    with pytest.raises(UserError) as raised:
        refuse_renamed(["data.size=tiny", old])
    assert str(raised.value).startswith(f"{old}: ")
    assert str(raised.value).endswith(f"write {new}")
    refuse_renamed([new])


def test_every_line_of_the_tables_is_tried():
    tried = [new_name(old.lstrip("+~").partition("=")[0]) is not None for old, _ in RENAMED]
    assert sum(tried) >= len(KEYS)
    assert {old for (_, old) in OPTIONS} >= {"talk", "authors_slips"}
    for pattern in KEYS:
        example = pattern.replace("**", "task").replace("*", "one")
        assert new_name(example), pattern


@pytest.mark.parametrize(
    "argument", ["prior=DIR", "mode=predict", "-m", "photos=judge=val", "name=talk", "--info", "x"]
)
def test_what_was_not_renamed_passes(argument):
    refuse_renamed([argument])


def paths(node, prefix=""):
    for key, value in node.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{key}.")


@pytest.mark.slow
@pytest.mark.parametrize("experiment", ["blg_piaa", "pa_iaa", "pam", "ava_table", "meta_learners"])
def test_no_key_of_today_is_an_old_one(experiment):
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        cfg = OmegaConf.to_container(compose("config", [f"experiment={experiment}"]), resolve=False)
    assert [key for key in paths(cfg) if new_name(key)] == []


def test_no_option_of_today_is_an_old_one():
    assert [f"{group}={old}" for group, old in OPTIONS if (config_dir() / group / f"{old}.yaml").exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("judge", "evaluate_on"),
        ("methods.ba.personalizer.parts", "methods.ba.personalizer.part_lr_multipliers"),
    ],
)
def test_an_old_key_that_the_configuration_lacks_is_told_with_the_new_name(old, new):
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"), pytest.raises(Exception) as raised:  # noqa: PT011
        compose("config", ["experiment=ba_piaa", f"{old}=1"])
    assert explain(raised.value, []) == f"{old} is called {new} now."
