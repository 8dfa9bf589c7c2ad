"""What tests of tasks share: the values that a task logs, without a trainer."""

from __future__ import annotations

import pytest


@pytest.fixture
def logged(monkeypatch):
    """What a task logs, without a trainer."""
    values = {}
    monkeypatch.setattr(
        "pytorch_lightning.LightningModule.log", lambda self, name, value, **options: values.update({name: value})
    )
    return values
