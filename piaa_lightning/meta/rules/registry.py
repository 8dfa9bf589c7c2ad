"""Rules of an inner loop by name."""

from __future__ import annotations

from piaa_lightning.meta.rules.adam import InnerAdam
from piaa_lightning.meta.rules.learned import InnerLearned
from piaa_lightning.meta.rules.rule import InnerRule
from piaa_lightning.meta.rules.sgd import InnerSGD
from piaa_lightning.meta.rules.torch_rule import torch_rules

# Small letters are ours; torch's classes keep the names that torch gives them: RMSprop, AdamW, ...
RULES: dict[str, type[InnerRule]] = {"adam": InnerAdam, "sgd": InnerSGD, "learned": InnerLearned, **torch_rules()}
