"""What is answered before anything heavy is imported: that is why it is answered at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from piaa_lightning import __version__

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "pytorch_lightning", "timm", "pandas", "matplotlib", "scipy", "sklearn", "wandb", "learn2learn")
HYDRA = ("hydra", "omegaconf")
# runs a command line and then says which of some modules it imported
SCRIPT = """
import runpy, sys
sys.argv = ["piaa_lightning", *sys.argv[2:]]
status = 0
try:
    runpy.run_module(sys.orig_argv[3], run_name="__main__")
except SystemExit as left:
    status = left.code
    if isinstance(status, str):
        print(status)
print("IMPORTED", *sorted({name.split(".")[0] for name in sys.modules}))
"""


def run(tmp_path: Path, module: str, *arguments: str) -> tuple[str, set[str]]:
    """Return what a command line printed, and the top-level modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    said, _, imported = done.stdout.rpartition("IMPORTED ")
    assert imported, done.stderr
    return said, set(imported.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--help"], "Usage: python -m piaa_lightning experiment=NAME"),
        (["--version"], f"piaa_lightning {__version__}"),
        (["mode=foo"], "mode=foo: there is no such mode; choose one of run, check"),
        (["experiment=blg_piaa", "judge=val"], "judge is called evaluate_on now"),
    ],
)
def test_answered_without_hydra(tmp_path, arguments, sentence):
    said, imported = run(tmp_path, "piaa_lightning", *arguments)
    assert sentence in said
    assert imported & {*HEAVY, *HYDRA, "numpy"} == set()
    assert list(tmp_path.iterdir()) == [], "nothing was done, so nothing is left"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name an experiment"),
        (["experiment=blg_piaa", "shotss=3"], "did you mean shots?"),
        (["experiment=blg_pia"], "there is no such experiment"),
        (["experiment=blg_piaa", "data.root=/nowhere"], "data.root=/nowhere: there is no such directory"),
        (["mode=check", "data.root=/nowhere"], "data.root=/nowhere: there is no such directory"),
        (["experiment=blg_piaa", "backbone.weights=/no/w.pth"], "backbone.weights=/no/w.pth: no such file"),
        (["mode=predict"], "say where the photographs are with photos=DIR"),
        (["mode=predict", "photos=/nowhere"], "photos=/nowhere: this does not exist"),
        (["mode=web", "photos=/nowhere"], "photos=/nowhere: this does not exist"),
        (["mode=predict", "photos=.", "person=no.safetensors"], "person=no.safetensors: there is no such personal"),
        (["mode=adapt", "photos=.", "ratings=no.csv"], "ratings=no.csv: there is no such file"),
        (["mode=cover", "photos=.", "prior=./no"], "prior=./no: there is no published prior"),
    ],
)
def test_answered_without_torch(tmp_path, arguments, sentence):
    said, imported = run(tmp_path, "piaa_lightning", *arguments)
    assert sentence in said
    assert imported & {*HEAVY, "numpy"} == set()


@pytest.mark.parametrize(
    "module", ["piaa_lightning.cli.app", "piaa_lightning.cli.configuration.schema", "piaa_lightning.__main__"]
)
def test_the_command_line_can_be_imported_without_torch(module):
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert "piaa_lightning" in done.stdout, done.stderr
    assert set(done.stdout.split()) & {*HEAVY, "numpy"} == set()


def test_the_manual_lists_every_group_and_option(tmp_path):
    from piaa_lightning.cli.configuration.config_dir import config_dir
    from piaa_lightning.cli.manual import manual

    told = manual()
    assert "$" not in told
    assert max(map(len, told.splitlines())) <= 125
    for file in config_dir().glob("*/*.yaml"):
        if file.parent.name != "hydra":
            assert f"{file.parent.name}: " in told
            assert file.stem in told


def test_a_reader_that_has_had_enough_is_no_error(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m piaa_lightning --help | head -1",
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("piaa_lightning: ")
    assert done.stderr == ""
