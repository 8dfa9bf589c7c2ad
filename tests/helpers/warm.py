"""Type ``python -m piaa_lightning ...`` into a process that has its libraries imported already.

Importing them takes ten seconds of processor time, which every test of the command line would pay anew. The standard
library's fork server imports them once; a command is a fork of it with a directory, an environment, arguments and
streams of its own. What is particular to a fresh interpreter, what is imported when for instance, is tested in one.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from patience import PATIENCE

LIBRARIES = ["hydra", "piaa_lightning.cli.app", "piaa_lightning.pipeline.run", "matplotlib.pyplot", "wandb"]

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(LIBRARIES)


def python_m(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], fresh: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command and return the finished process; ``fresh`` starts an interpreter of its own.

    That is for commands that start processes themselves, and for W&B, which makes directories when it is imported.
    """
    if fresh:
        command = [sys.executable, "-m", "piaa_lightning", *arguments]
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    with TemporaryDirectory() as streams:
        files = [str(Path(streams) / name) for name in ("stdout", "stderr")]
        process = context.Process(target=_run, args=(list(arguments), str(cwd), dict(environment), files))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), PATIENCE)
        stdout, stderr = (Path(file).read_text() for file in files)
        return subprocess.CompletedProcess(list(arguments), process.exitcode, stdout, stderr)


def _run(arguments: list[str], cwd: str, environment: dict[str, str], files: list[str]) -> None:
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["piaa_lightning", *arguments]
    sys.path.insert(0, cwd)  # as ``python -m`` does
    try:
        runpy.run_module("piaa_lightning", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out
        sys.stdout.flush()
        sys.stderr.flush()
