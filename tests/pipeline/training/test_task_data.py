"""A task is served the databases that it names."""

from __future__ import annotations

import pytest

from piaa_lightning.datamodules.task_data import RatingsModule, SourcesModule
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.pipeline.training.task_data import names_of, task_data, trait_names
from tests.pipeline.conftest import composed, joint

pytestmark = pytest.mark.slow


def test_one_source_or_several_in_step(data, tmp_path):
    spec = RunSpec.of(joint(tmp_path))
    alone, several = (task_data(spec, task, data, 0) for task in spec.task.chain())
    assert isinstance(alone, RatingsModule)
    assert (alone.batch_size, alone.seed, alone.workers) == (16, 0, 0)
    assert isinstance(several, SourcesModule)
    assert list(several.sources) == ["aesthetics", "personality"]


def test_two_batches_are_enough_to_see_whether_it_runs(data, tmp_path):
    spec = RunSpec.of(joint(tmp_path, "trainer.fast_dev_run=true"))
    assert task_data(spec, spec.task, data, 0).batch_size == 2


def test_databases_are_named_for_the_log(data, tmp_path):
    spec = RunSpec.of(joint(tmp_path))
    assert [names_of(task, data) for task in spec.task.chain()] == ["tests", "tests and tests"]


@pytest.mark.parametrize(("chosen", "expected"), [("null", "OCEAN"), ("[E,O]", "EO")])
def test_traits_are_named_by_the_task_that_learnt_them(data, tmp_path, chosen, expected):
    cfg = joint(tmp_path, f"task.init_from.sources.personality.dataset.traits={chosen}")
    assert trait_names(RunSpec.of(cfg).task, data) == tuple(expected)


def test_where_no_task_learnt_traits_there_are_no_names(data, tmp_path):
    assert trait_names(RunSpec.of(composed(tmp_path)).task, data) == ()
    assert trait_names(None, data) == ()
