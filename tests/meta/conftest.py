"""The small networks, as a fixture: tests are no package that could be imported from."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def nets():
    spec = importlib.util.spec_from_file_location("networks", Path(__file__).with_name("networks.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
