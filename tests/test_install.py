from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, UV = PYPROJECT["project"], PYPROJECT["tool"]["uv"]
PINS = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if line]
EVERYTHING = [
    *PROJECT["dependencies"],
    *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
]

pytestmark = [
    pytest.mark.processes,
    # learn2learn imports gym 0.26 and old corners of torch, both unmaintained; what they deprecate is not ours to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def test_learn2learn_is_the_last_release_and_its_compiled_parts_work():
    import learn2learn

    assert learn2learn.__version__ == version("learn2learn") == "0.2.0"
    for name in ("meta_dataset", "task_dataset", "transforms"):
        module = importlib.import_module(f"learn2learn.data.{name}")
        assert module.__file__.endswith(".so")
    images = torch.utils.data.TensorDataset(torch.arange(3))
    dataset = learn2learn.data.MetaDataset(images, indices_to_labels={0: 5, 1: 5, 2: 7})
    assert {label: sorted(rows) for label, rows in dataset.labels_to_indices.items()} == {5: [0, 1], 7: [2]}


def test_constraints_carry_no_addresses():
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"://|--index-url|--extra-index-url|--find-links|@|file:", text)


def test_plain_pip_builds_the_same_learn2learn_as_uv():
    text = (ROOT / "requirements" / "learn2learn.txt").read_text()
    (line,) = (line for line in text.splitlines() if not line.startswith("#"))
    requirement, _, setting = line.partition(" --config-settings ")
    assert requirement in PROJECT["dependencies"]
    ((key, value),) = UV["config-settings-package"]["learn2learn"].items()
    assert setting == f'"{key}={value}"'
    for needed in UV["extra-build-dependencies"]["learn2learn"]:
        assert needed in text


def test_constraints_are_exact():
    for pin in PINS:
        assert [specifier.operator for specifier in pin.specifier] == ["=="], str(pin)


@pytest.mark.parametrize("line", EVERYTHING)
def test_every_requirement_is_pinned_within_its_own_bounds(line):
    requirement = Requirement(line)
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert pins, f"run make constraints: {line} has no pin"
    for pin in pins:
        (exact,) = pin.specifier
        assert requirement.specifier.contains(exact.version, prereleases=True)


@pytest.mark.parametrize("compromised", ["2.6.2", "2.6.3"])
def test_the_compromised_releases_of_lightning_are_excluded(compromised):
    (lightning,) = (Requirement(line) for line in PROJECT["dependencies"] if line.startswith("pytorch-lightning"))
    assert not lightning.specifier.contains(compromised)
    assert lightning.specifier.contains("2.6.1")
    assert lightning.specifier.contains("2.6.6")
    assert all(f"=={compromised}" not in str(pin) for pin in PINS if pin.name == "pytorch-lightning")


def make(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], capture_output=True, text=True, check=False, **options)


def test_make_alone_lists_every_target():
    listed = make(cwd=ROOT)
    assert listed.returncode == 0, listed.stderr
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^make ([a-z-]+) +\S", listed.stdout, re.MULTILINE) == targets
    (phony,) = re.findall(r"^\.PHONY: (.*)$", make("-pn", cwd=ROOT).stdout, re.MULTILINE)
    assert sorted(phony.split()) == sorted(targets), "a file of that name must not stand in the way"


@pytest.fixture
def machine(tmp_path):
    """A copy of what setup reads, and a PATH that holds only the tools put there."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "awk", "rm", "test", "touch"):
        (tools / name).symlink_to(shutil.which(name))
    (tools / "df").write_text("#!/bin/sh\nprintf 'head\\ndisk 9 9 99999999 9%% /\\n'\n")
    (tools / "cc").write_text("#!/bin/sh\n")
    (tools / "python3").write_text("#!/bin/sh\nexit 0\n")
    for name in ("df", "cc", "python3"):
        (tools / name).chmod(0o755)
    return tmp_path


def setup_on(machine: Path, *arguments: str) -> str:
    """Run setup and return the sentence it stops with."""
    command = shutil.which("make")
    done = subprocess.run(
        [command, "setup", *arguments],
        cwd=machine,
        env={"PATH": str(machine / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert not (machine / ".venv" / ".ready").exists()
    return next(line for line in done.stderr.splitlines() if line.startswith("setup: ") and "takes minutes" not in line)


def test_setup_without_a_python_that_fits_says_so(machine):
    (machine / "tools" / "python3").write_text("#!/bin/sh\nexit 1\n")
    assert setup_on(machine).startswith("setup: no Python 3.11, 3.12 or 3.13 was found; install one")


def test_setup_refuses_the_python_named_if_it_does_not_fit(machine):
    (machine / "tools" / "old").write_text("#!/bin/sh\nexit 1\n")
    (machine / "tools" / "old").chmod(0o755)
    assert "no Python 3.11" in setup_on(machine, "PYTHON=old")


def test_setup_without_header_files_says_so(machine):
    (machine / "tools" / "python3").write_text('#!/bin/sh\ncase "$2" in *Python.h*) exit 1;; esac\n')
    assert "has no header files" in setup_on(machine)


def test_setup_without_a_compiler_says_so(machine):
    (machine / "tools" / "cc").unlink()
    assert "no C compiler was found" in setup_on(machine)


def test_setup_on_a_full_disk_says_so(machine):
    (machine / "tools" / "df").write_text("#!/bin/sh\nprintf 'head\\ndisk 9 9 9999999 9%% /\\n'\n")
    assert "less than 12 GB are free" in setup_on(machine)


def test_setup_whose_installation_fails_leaves_no_stamp(machine):
    uv = machine / "tools" / "uv"
    uv.write_text('#!/bin/sh\n[ "$1" = --version ] && echo uv 0.9.1 && exit 0\n[ "$1" = venv ]\n')
    uv.chmod(0o755)
    assert "the packages could not be installed" in setup_on(machine)


def test_setup_passes_an_old_uv_over(machine):
    uv = machine / "tools" / "uv"
    uv.write_text("#!/bin/sh\n[ $1 = --version ] && echo uv 0.4.30\n")
    uv.chmod(0o755)
    assert "uv could not be installed from the package index" in setup_on(machine)
