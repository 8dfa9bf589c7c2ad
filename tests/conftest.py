"""What several tests share: one cache for the session, and a small network with batch norm."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# Before torch is imported anywhere: Hydra prints no shortened traceback, W&B stays silent and off the network.
os.environ.setdefault("WANDB_MODE", "offline")
os.environ.setdefault("WANDB_SILENT", "true")
os.environ["HF_HUB_OFFLINE"] = "1"


# A machine that others use too is slow now and then; no test asserts a time.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of this test session's own, shared by its processes: what one wrote, another finds."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory = shared / "cache"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.fixture
def command(cache: Path, tmp_path: Path):
    """Run ``python -m piaa_lightning`` in an empty directory and return the finished process."""
    import subprocess

    def run(*arguments: str, timeout: float = 300):
        environment = {**os.environ, "PIAA_CACHE": str(cache), "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
        return subprocess.run(
            [sys.executable, "-m", "piaa_lightning", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
