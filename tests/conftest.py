"""What several tests share: one cache for the session, and a small network with batch norm."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from patience import PATIENCE

ROOT = Path(__file__).parents[1]

# Composed configurations are millions of small objects; looking through all of torch for garbage between them takes a
# fifth of the time.
gc.set_threshold(50_000, 20, 50)

# Before torch is imported anywhere: Hydra prints no shortened traceback, W&B stays silent and off the network.
os.environ.setdefault("WANDB_MODE", "offline")
os.environ.setdefault("WANDB_SILENT", "true")
os.environ["HF_HUB_OFFLINE"] = "1"


# A machine that others use too is slow now and then; no test asserts a time.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts processes or draws an embedded database: ``make test-fast`` leaves it out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if {"command", "one_and_two"} & fixtures:
            item.add_marker("processes")
        if "cache" in fixtures:
            item.add_marker("slow")


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
    """Run ``python -m piaa_lightning`` in an empty directory, see `warm.python_m`, and return the finished process."""
    from warm import python_m

    def run(*arguments: str, fresh: bool = False):
        environment = {**os.environ, "PIAA_CACHE": str(cache), "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
        return python_m(arguments, tmp_path, environment, fresh)

    return run


@pytest.fixture(scope="module")
def one_and_two(tmp_path_factory: pytest.TempPathFactory):
    """Run a script as one process and as two that work together; return what each of the three saved.

    The script is given its rank, the number of processes, a directory and a port, and saves ``WORLD_RANK.pt`` there.
    """

    def run(script: Path) -> list[Any]:
        directory = tmp_path_factory.mktemp(script.stem)
        import torch  # not before what is set above

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        running = [
            subprocess.Popen(
                [sys.executable, str(script), str(rank), str(world), str(directory), port],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for rank, world in ((0, 1), (0, 2), (1, 2))
        ]
        try:
            for process in running:
                told = process.communicate(timeout=PATIENCE)[0]
                assert process.returncode == 0, told
        finally:
            for process in running:
                process.kill()
                process.communicate()
        return [torch.load(directory / f"{name}.pt", weights_only=False) for name in ("1_0", "2_0", "2_1")]

    return run
