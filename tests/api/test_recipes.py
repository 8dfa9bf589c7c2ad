"""What Python users get without a word is what the command line gets: the defaults stand in code and in conf/."""

from __future__ import annotations

import pytest
from hydra.utils import get_class, instantiate

from piaa_lightning import JointAestheticsPersonality, MetaLearning
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.learners import LEARNERS
from piaa_lightning.tasks.personality_traits import HIDDEN

from composing import config_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_of_python_is_the_task_of_that_name(name):
    task = config_of("experiment=blg_piaa", "recipe=small", f"task={name}").task
    learner, recipe = task.module.learner, LEARNERS[name]
    assert get_class(learner._target_) is recipe.learner
    assert learner.steps == recipe.steps
    inner, ours = instantiate(learner.inner), InnerLoop(**recipe.inner)
    assert (inner.rule, dict(inner.lr_by_part), inner.bias_correction) == (
        *(ours.rule, dict(ours.lr_by_part)),
        ours.bias_correction,
    )
    assert ours.rule != "adam" or tuple(inner.betas) == tuple(ours.betas)
    assert get_class(task.module.optimizer._target_) is recipe.optimizer
    assert task.module.optimizer.lr == recipe.lr
    for option, value in recipe.options.items():
        assert learner[option] == value
    made = MetaLearning(learner=name)
    assert (made.gamma, made.batch_size) == (task.module.gamma, task.batch_size)
    assert {key: task.dataset[key] for key in ("support", "query", "min_ratings")} == dict(made.view_options)


def test_pa_iaa_in_python_is_the_task_of_that_name():
    task = config_of("experiment=ba_piaa", "head=distribution", "task=joint").task
    assert tuple(task.network.personality.hidden) == HIDDEN
    made = JointAestheticsPersonality()
    assert (task.module.balance, task.module.weight) == (made.balance, made.weight)
