"""The learners by name, as ``task=`` knows them."""

from __future__ import annotations

from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.choices import check_choice
from piaa_lightning.meta.fomaml import FOMAMLLearner
from piaa_lightning.meta.learner import MetaLearner
from piaa_lightning.meta.maml import ANILLearner, MAMLLearner
from piaa_lightning.meta.meta_sgd import MetaSGDLearner
from piaa_lightning.meta.plain import PlainLearner
from piaa_lightning.meta.reptile import ReptileLearner

# One's own needs no entry: a task's `module.learner._target_` may name any class. The tests hold those here to the
# same numbers with every engine.
LEARNERS: dict[str, type[MetaLearner]] = {
    "blg": BilevelLearner,
    "reptile": ReptileLearner,
    "fomaml": FOMAMLLearner,
    "maml": MAMLLearner,
    "anil": ANILLearner,
    "metasgd": MetaSGDLearner,
    "plain": PlainLearner,
}


def learner_class(name: str) -> type[MetaLearner]:
    """Return a learner by name.

    Raises:
        UserError: there is none of that name; the sentence has the nearest one.

    Example:
        >>> learner_class("reptile").__name__
        'ReptileLearner'
    """
    check_choice("learner", name, LEARNERS)
    return LEARNERS[name]
