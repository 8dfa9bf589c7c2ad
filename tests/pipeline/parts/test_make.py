"""Things are made of the configuration; arguments that they do not take are refused before anything is made."""

from __future__ import annotations

from functools import partial

import pytest
from omegaconf import OmegaConf

from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.make import make, refuse_unknown_arguments

INNER = {"_target_": "piaa_lightning.meta.inner_loop.InnerLoop", "lr_by_part": {"backbone": 1e-4, "head": 1e-3}}
FINE_TUNE = {"_target_": "piaa_lightning.personalizers.fine_tune.FineTune", "steps": [1, 2], "inner": INNER}


def test_what_is_named_is_made():
    made = make(OmegaConf.create(FINE_TUNE), "a")
    assert (type(made).__name__, made.steps) == ("FineTune", [1, 2])


def test_what_the_thing_says_of_its_arguments_is_what_the_user_reads():
    with pytest.raises(UserError, match=r"^methods\.a\.steps=.*there are no negative steps") as told:
        make(OmegaConf.create({**FINE_TUNE, "steps": [-1]}), "methods.a")
    assert "\n" not in str(told.value)


def test_of_a_thing_within_a_thing_the_inner_key_is_named():
    protocol = {"_target_": "piaa_lightning.evaluation.protocol.Protocol", "max_query": 1}
    cfg = OmegaConf.create({"methods": {"a": {"_target_": "builtins.dict", "protocol": protocol}}})
    with pytest.raises(UserError, match=r"^methods\.a\.protocol\.max_query=1: "):
        make(cfg.methods.a, "methods.a")


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({**FINE_TUNE, "step": [1]}, r"methods\.a\.step: FineTune takes no such argument \(did you mean steps\?\)\."),
        ({**FINE_TUNE, "inner": {**INNER, "laiers": "all"}}, r"methods\.a\.inner\.laiers: InnerLoop takes no .*"),
        ([{**INNER, "_partial_": True, "zzz": 1}], r"methods\.a\.0\.zzz: InnerLoop takes no .*; there are .*"),
    ],
)  # fmt: skip
def test_an_unknown_argument_is_one_sentence_with_its_key(config, sentence):
    with pytest.raises(UserError, match=rf"^{sentence}$"):
        refuse_unknown_arguments(config, "methods.a")


@pytest.mark.parametrize(
    "config",
    [
        FINE_TUNE,
        {"_target_": "piaa_lightning.runtime.loggers.weights_and_biases", "whatever": 1},  # takes any
        {"_target_": "torch.nn.ReLU", "_partial_": True, "_convert_": "all"},
        {"no_target": {"zzz": 1}},
        None,
    ],
)
def test_known_arguments_pass(config):
    refuse_unknown_arguments(config)


def test_partial_things_are_made_later():
    assert isinstance(make({**INNER, "_partial_": True}, "a"), partial)
