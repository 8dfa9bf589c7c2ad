"""Attacks by files, all of them; ``make test-attacks`` attacks the page as well."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DIRECTORY = Path(__file__).parents[1] / "experiments" / "reliability"


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, DIRECTORY / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


load("in_time")
attacks = load("attacks_on_files")


@pytest.mark.parametrize("name", attacks.ATTACKS)
def test_every_variant_is_held(tmp_path, name):
    outcomes = attacks.ATTACKS[name](tmp_path)
    assert len(outcomes) >= 10
    assert [variant for variant, held in outcomes.items() if not held] == []


def test_an_attack_that_gets_through_is_seen(tmp_path):
    assert not attacks.refused(lambda: None)
    assert not attacks.refused(lambda: 1 / 0, or_done=True)
