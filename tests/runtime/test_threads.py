"""Both command lines ask for threads that sleep before torch is there; whoever says otherwise is heard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from piaa_lightning.runtime.threads import sleep_while_waiting

ROOT = Path(__file__).parents[2]


def test_what_is_set_stays(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    sleep_while_waiting()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


@pytest.mark.parametrize("module", ["piaa_lightning.__main__", "piaa_lightning.cli.piaa"])
def test_it_is_asked_for_before_torch_is_imported(module):
    code = (
        f"import os, sys; from {module} import main; sys.argv = ['piaa', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert 'torch' not in sys.modules and os.environ['OMP_WAIT_POLICY'] == 'PASSIVE'"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run([sys.executable, "-c", code], env={**environment, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0
