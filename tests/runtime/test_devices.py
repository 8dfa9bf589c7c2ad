from __future__ import annotations

import pytest
import torch

from piaa_lightning.runtime.devices import device_of


@pytest.mark.parametrize(
    ("accelerator", "cuda", "mps", "expected"),
    [
        ("cpu", True, True, "cpu"),
        ("gpu", True, False, "cuda"),
        ("cuda", True, False, "cuda"),
        ("auto", True, True, "cuda"),
        ("auto", False, True, "mps"),
        ("mps", True, True, "mps"),
        ("gpu", False, True, "mps"),  # Lightning calls both kinds of them gpu
        ("cuda", False, True, "cpu"),
        ("auto", False, False, "cpu"),
        ("gpu", False, False, "cpu"),
    ],
)
def test_the_device_is_the_accelerators_where_it_is_there(monkeypatch, accelerator, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert device_of(accelerator) == torch.device(expected)
