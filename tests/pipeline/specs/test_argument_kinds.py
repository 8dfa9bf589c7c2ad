"""Values of the configuration are of the kinds that signatures ask for, before anything is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.make import refuse_impossible_steps
from piaa_lightning.pipeline.specs.argument_kinds import refuse_wrong_kinds, wanted_instead


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [
        (3, int, ""),
        (True, int, "a whole number"),
        (3.0, int, "a whole number"),
        (10**30, int, "a whole number"),
        ("3", int, "a whole number"),
        (None, int, "a whole number"),
        (None, int | None, ""),
        ([], int | None, "a whole number or null"),
        (3, float, ""),
        (float("inf"), float, ""),
        (float("nan"), float, "a number"),
        ({}, float, "a number"),
        ("图片", str, ""),
        (7, str, "words"),
        (0, bool, "true or false"),
        ("yes", bool, "true or false"),
        ("sgd", Literal["sgd", "adam"], ""),
        ("SGD", Literal["sgd", "adam"], "sgd or adam"),
        (True, Literal[1, 2], "1 or 2"),
        ("x", Path, ""),
        (3, Path | str | None, "a path or words or null"),
        ([1, 2], Sequence[float], ""),
        ([1, "b"], Sequence[float], "a list, each a number"),
        ("12", Sequence[str], "a list"),
        ([1, 2], list[int] | None, ""),
        ((1, 2), tuple[float, ...], ""),
        ({}, Mapping[str, int], ""),
        ([], Mapping[str, int] | None, "a mapping or null"),
        (object(), Any, ""),
        ({"_target_": "torch.nn.Identity"}, float, ""),
        (3, "not evaluated", ""),
    ],
)
def test_what_is_wanted_instead(value, kind, wanted):
    assert wanted_instead(value, kind) == wanted


def example(steps: int, rate: float = 0.1, *, names: Sequence[str] | None = None, free=3) -> None:
    """What a configuration may name."""


class Base:
    def __init__(self, size: int = 3, seed: int = 0) -> None: ...


class Derived(Base):
    def __init__(self, more: str = "a", **options: Any) -> None: ...


@pytest.mark.parametrize(
    ("target", "arguments", "sentence"),
    [
        ("example", {"steps": 3, "rate": 1, "names": ["a"], "free": {}}, ""),
        ("example", {"steps": "many"}, "methods.a.steps=many: give a whole number."),
        ("example", {"names": [3]}, r"methods.a.names=\[3\]: give a list, each words or null."),
        ("example", {"rate": "x" * 100}, "methods.a.rate=x{60}...: give a number."),
        ("Derived", {"size": "large"}, "methods.a.size=large: give a whole number."),
        ("Derived", {"more": None, "seed": 1}, "methods.a.more=None: give words."),
        ("Derived", {"other": {}}, ""),
        ("no_such_thing", {"size": "large"}, ""),
    ],
)
def test_the_sentence_has_the_key(target, arguments, sentence):
    config = {"a": {"_target_": f"{__name__}.{target}", "_partial_": True, **arguments}, "b": [1, {"c": None}]}
    if not sentence:
        refuse_wrong_kinds(config, "methods")
        return
    with pytest.raises(UserError, match=f"^{sentence}$"):
        refuse_wrong_kinds(config, "methods")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr": 0.1}, ""),
        ({"lr": -1.0}, "Invalid learning rate"),
        ({"lr": "fast"}, "task.module.optimizer: "),
        ({"lr": 0.1, "momentum": -3}, "Invalid momentum"),
        ({"lr": 0.1, "nesterov": True}, "Nesterov momentum"),
        ({"lr": 0.1, "weight_decay": -1}, "Invalid weight_decay"),
    ],
)
def test_settings_that_no_optimizer_takes(settings, words):
    config = {"module": {"optimizer": {"_target_": "torch.optim.SGD", "_partial_": True, **settings}}}
    if not words:
        refuse_impossible_steps(config, "task")
        return
    with pytest.raises(UserError, match=words):
        refuse_impossible_steps(config, "task")
