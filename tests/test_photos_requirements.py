"""The part for photographs keeps within requirements/photos.txt, which is what people without a compiler install."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.photos.conftest import BLUE, RED, draw, make_prior

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "piaa_lightning"
FILE = ROOT / "requirements" / "photos.txt"
ENTRY = [
    *(file for layer in ("photos", "users", "sidecars", "web") for file in (PACKAGE / layer).rglob("*.py")),
    *(PACKAGE / "cli" / f"{name}.py" for name in ("piaa", "piaa_commands", "plain_words")),
    *(PACKAGE / "cli" / "commands" / f"{name}.py" for name in ("piaa_write", "people", "page_libraries")),
]
RESEARCH = "piaa_lightning.__main__"  # which piaa passes experiments on to; it says what is missing itself
IMPORTED_AS = {"pillow": "PIL", "pillow-heif": "pillow_heif"}
ASKED_FOR = {"onnx", "onnxruntime", "onnxscript"}  # for programs that mode=export writes
BROUGHT = {"huggingface_hub"}  # by timm
ABSENT = (
    "learn2learn", "pytorch_lightning", "lightning_fabric", "torchmetrics", "hydra", "omegaconf", "wandb", "scipy",
    "sklearn", "rich", "tensorboardX", "gym", "onnx", "onnxruntime", "onnxscript",
)  # fmt: skip


def requirements() -> list[Requirement]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def used_by(file: Path) -> set[str]:
    """Full names of what a file imports when it runs, anywhere in it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_file(module: str) -> Path | None:
    parts = module.split(".")
    for length in (len(parts), len(parts) - 1):
        place = ROOT.joinpath(*parts[:length])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.exists():
                return file
    return None


def libraries() -> dict[str, str]:
    """What the part imports from others, and a file that does."""
    seen: set[Path] = set()
    waiting, found = list(ENTRY), {}
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for module in used_by(file):
            top = module.split(".")[0]
            if top == PACKAGE.name:
                below = None if module.startswith(RESEARCH) else own_file(module)
                waiting += [] if below is None else [below]
            elif top not in sys.stdlib_module_names:
                found[top] = file.relative_to(ROOT).as_posix()
    assert len(seen) > len(ENTRY), "the part stands on other layers"
    return found


def test_imports_keep_within_the_requirements_and_these_hold_nothing_else():
    found = libraries()
    asked = {IMPORTED_AS.get(one.name, one.name) for one in requirements()}
    assert {name: file for name, file in found.items() if name not in asked | ASKED_FOR | BROUGHT} == {}
    assert asked - set(found) == set(), "nothing is installed that nobody imports"


def test_the_versions_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    known = [*project["dependencies"], *extras["photos"], *extras["web"], *extras["explain"]]
    versions = {canonicalize_name(one.name): one.specifier for one in map(Requirement, known)}
    assert {one.name: one.specifier for one in requirements()} == {
        one.name: versions[one.name] for one in requirements()
    }
    constrained = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert {one.name for one in requirements()} <= constrained


def test_the_same_commands_are_told_and_tried():
    commands = [
        "python -m pip install -c constraints.txt -r requirements/photos.txt",
        "python -m pip install --no-deps .",
        "python experiments/own_photographs/try_installed.py",
    ]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "photos.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["installed"]
    assert [step["run"] for step in job["steps"] if "run" in step] == commands
    assert {name.split("-")[0] for name in job["strategy"]["matrix"]["os"]} == {"ubuntu", "macos", "windows"}
    told = (ROOT / "docs" / "photographs.md").read_text(encoding="utf-8")
    assert [command for command in commands if command not in told] == []


# refuses to find libraries, as where they are not installed, and then runs command lines one after the other
WITHOUT = """
import importlib.util, runpy, sys
absent = set(sys.argv[1].split())
class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.split(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent)
looked = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.split(".")[0] in absent else looked(name, package)
for typed in sys.argv[2].split("\\n"):
    sys.argv = ["piaa", *typed.split("|")]
    try:
        runpy.run_module("piaa_lightning.cli.piaa", run_name="__main__", alter_sys=True)
    except SystemExit as left:
        print("LEFT", left.code)
import piaa_lightning.web.routes, piaa_lightning.web.serve, piaa_lightning.explain.gradient_map
print("ABSENT", sorted(absent & set(sys.modules)))
"""


@pytest.mark.processes
def test_it_runs_where_nothing_else_is_installed(tmp_path):
    make_prior().save(tmp_path / "model", "for tests")
    for number in range(3):
        draw(tmp_path / "trip" / f"red {number}.jpg", RED, number)
        draw(tmp_path / "trip" / f"sea {number}.jpg", BLUE, number)
    (tmp_path / "stars.csv").write_text("image,stars\nred 0.jpg,1\nsea 0.jpg,5\n")
    typed = [
        "rank|trip|--why|--ratings|stars.csv|--model|model",
        "cover|trip|--count|2|--model|model",
        "crop|trip|--shapes|1:1|--model|model",
        "learn|trip|--ratings|stars.csv|--model|model",
        "write|trip|--yes|--model|model",
        "people",
        "mode=check",
    ]
    own = {"PYTHONPATH": str(ROOT), "PIAA_CACHE": str(tmp_path / "cache"), "PIAA_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, " ".join(ABSENT), "\n".join(typed)],
        cwd=tmp_path,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "all 6 photographs" in done.stdout
    assert "2 side-cars were written" in done.stdout
    assert "me" in done.stdout
    (sentence,) = [line for line in done.stdout.splitlines() if line.startswith("LEFT")]
    assert sentence.startswith("LEFT piaa_lightning: experiments need hydra-core")
    assert done.stdout.rstrip().endswith("ABSENT []")
