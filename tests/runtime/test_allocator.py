from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from piaa_lightning.runtime import allocator

ROOT = Path(__file__).parents[2]
# Page faults of making and freeing 64 MB for the tenth time.
PROGRAM = """
import resource
from piaa_lightning.runtime.allocator import keep_freed_memory
print(keep_freed_memory())
for _ in range(10):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(b"x") * 2**26
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def run(setting: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), allocator.VARIABLE: setting}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no mallopt")
def test_what_was_freed_is_used_again_without_asking_the_system():
    told, faults = run("")
    assert told == "True"
    assert int(faults) < 100


def test_it_can_be_switched_off():
    told, faults = run("system")
    assert told == "False"
    if sys.platform.startswith("linux"):
        assert int(faults) > 100, "64 MB were given back and mapped anew, or this test sees nothing"


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda _name: object())
    assert not allocator.keep_freed_memory()
