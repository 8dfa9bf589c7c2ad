"""Imports point down, and every file keeps to the rules of the package."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "piaa_lightning"
FILES = sorted(PACKAGE.rglob("*.py"))

# The layers, and what each may import besides itself and the base.
LAYERS = {
    "losses": set(),
    "metrics": set(),
    "data": set(),
    "simulation": set(),
    "explain": set(),
    "features": {"data"},  # decodes images
    "models": {"data"},  # frozen features are made of stored images
    "meta": {"losses", "models", "data"},
    "datamodules": {"data", "simulation"},  # embedded copies
    "tasks": {"losses", "metrics", "models", "meta", "data"},
    "callbacks": {"losses", "metrics", "models", "meta", "data"},
    "personalizers": {"losses", "metrics", "models", "meta", "data"},
    "estimators": {"metrics", "models", "data", "features", "personalizers"},  # the crowd as one user
    "evaluation": {"metrics", "data", "personalizers"},
    "studies": {"evaluation", "metrics"},
    "report": {"evaluation", "metrics", "data"},  # mode=check shows a table of ratings
    "photos": {"models", "data", "personalizers", "evaluation"},
    "users": {"photos", "data"},
    "sidecars": {"photos"},
    "web": {"users", "sidecars", "photos", "explain", "data"},
}
# The folders of a layer, from what stands lowest to what stands highest; files that lie in no folder stand above them,
# except in models, where the papers' networks are made of them.
FOLDERS = {
    "photos": ("images", "stars", "learning", "results", "."),
    "pipeline": ("specs", "parts", "training", "evaluating", "writing", "."),
    "models": ("backbones", ".", "papers"),
    "cli": ("configuration", "commands", "."),
    "runtime": ("files", "."),
    "evaluation": ("comparison", "."),
    "web": ("serving", "."),
}
MOST_FILES = 15  # unlike ones in a folder; siblings, one idea each, may be more
SIBLINGS = {"datamodules", "features", "meta", "personalizers", "report", "simulation", "tasks"}
BASE = {"errors", "runtime"}  # which everybody may use
ABOVE = {"pipeline", "cli", "__main__", "__init__"}  # which may use everything below them

# Who alone may import a library, by the file's path or by its layer.
ONLY = {
    "timm": {"models/backbones/catalogue.py"},
    "learn2learn": {"meta/_learn2learn.py"},
    "pytorch_lightning": {"tasks", "callbacks", "pipeline", "datamodules", "cli", "runtime"},
    "lightning_fabric": {"runtime/processes.py"},
    "filelock": {"runtime/files/locks.py"},
    "torchmetrics": {"metrics", "tasks"},
    "hydra": {"cli", "pipeline", "runtime", "__main__.py"},
    "omegaconf": {"cli", "pipeline", "runtime", "__main__.py"},
    "wandb": {"runtime", "callbacks", "pipeline", "cli"},
    "matplotlib": {"report", "callbacks", "datamodules"},
    "jinja2": {"report", "photos/results/contact_sheet.py"},
    "captum": {"explain"},
    "starlette": {"web"},
    "uvicorn": {"web/serve.py", "web/serving/patience.py"},
}

# What a layer's files may import besides the standard library and this package.
LIBRARIES = {
    "features": {"numpy", "scipy", "sklearn", "PIL"},
    "losses": {"torch", "numpy"},
    "metrics": {"torch", "numpy", "torchmetrics", "scipy"},
    "meta": {"torch", "learn2learn"},
    "explain": {"torch", "captum"},
    "evaluation/records.py": {"torch", "numpy"},
    "evaluation/protocol.py": {"numpy"},
    "data/batches.py": {"torch"},
    "errors.py": set(),
    "runtime/files/atomic.py": set(),
    "runtime/allocator.py": set(),
    "runtime/cores.py": set(),
    "runtime/files/csv_file.py": set(),
    "runtime/read_ahead.py": set(),
    "pipeline/specs/specs.py": {"omegaconf"},
    "pipeline/specs/spec_reader.py": {"omegaconf"},
    "runtime/distributed.py": {"torch"},
    "cli/configuration/allowed_targets.py": set(),
}


def name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def layer(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(file: Path) -> set[str]:
    """Absolute names of everything that a file imports, anywhere in it; ``from a import b`` gives ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(file)}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layers_of(file: Path) -> set[str]:
    return {
        parts[1] for parts in (module.split(".") for module in imported(file)) if parts[0] == PACKAGE.name and parts[1:]
    }


def libraries_of(file: Path) -> set[str]:
    top = {module.split(".")[0] for module in imported(file)}
    return top - set(sys.stdlib_module_names) - {PACKAGE.name, "__future__"}


def under(file: Path, places: set[str]) -> bool:
    return name(file) in places or layer(file) in places


def offenders(wrong: Callable[[Path], object]) -> dict[str, object]:
    """What is wrong in which file; every file is looked at, so that all are listed at once."""
    return {name(file): found for file in FILES if (found := wrong(file))}


def test_every_layer_has_a_rule():
    assert {layer(file) for file in FILES} - set(LAYERS) - BASE - ABOVE == set()


def test_imports_point_down():
    def upwards(file: Path) -> set[str]:
        if layer(file) in LAYERS:
            return layers_of(file) - LAYERS[layer(file)] - BASE - {layer(file)}
        if layer(file) in BASE:
            return layers_of(file) & (ABOVE | {"report", "photos", "users", "sidecars", "web", "studies", "evaluation"})
        return layers_of(file) & {"cli", "__main__"} if layer(file) == "pipeline" else set()

    assert offenders(upwards) == {}


def test_within_a_layer_too():
    def upwards(file: Path) -> set[str]:
        order = FOLDERS.get(layer(file), ())
        if not order or file.name == "__init__.py":
            return set()
        own = order.index(folder(name(file).split("/")))
        beside = {module for module in imported(file) if module.startswith(f"{PACKAGE.name}.{layer(file)}.")}
        return {module for module in beside if order.index(folder(module.split(".")[1:])) > own}

    def folder(parts: list[str]) -> str:
        return parts[1] if (PACKAGE / parts[0] / parts[1]).is_dir() else "."

    assert offenders(upwards) == {}
    found = {(layer, path.name) for layer in FOLDERS for path in (PACKAGE / layer).iterdir() if any(path.glob("*.py"))}
    assert found - {(layer, folder) for layer, folders in FOLDERS.items() for folder in folders} == set()


def test_no_folder_holds_more_unlike_files_than_one_can_see_through():
    folders = {file.parent for file in FILES} - {PACKAGE / layer for layer in SIBLINGS}
    files = {
        folder.relative_to(PACKAGE).as_posix(): len({*folder.glob("*.py")} - {folder / "__init__.py"})
        for folder in folders
    }
    assert {folder: number for folder, number in files.items() if number > MOST_FILES} == {}


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_imported_where_it_belongs_and_nowhere_else(library):
    assert offenders(lambda file: library in libraries_of(file) and not under(file, ONLY[library])) == {}


@pytest.mark.parametrize("place", LIBRARIES)
def test_functions_know_little(place):
    assert any(under(file, {place}) or name(file) == place for file in FILES)
    assert offenders(lambda file: under(file, {place}) and libraries_of(file) - LIBRARIES[place]) == {}


def test_lightning_goes_by_one_name():
    # `lightning` and `pytorch_lightning` are two packages whose classes do not know each other
    assert offenders(lambda file: "lightning" in libraries_of(file)) == {}


def test_tasks_and_databases_meet_in_the_configuration_alone():
    strangers = {"tasks": ("data.readers", "data.splits", "simulation"), "data": ("tasks", "meta", "personalizers")}

    def meets(file: Path) -> list[str]:
        modules = [module.removeprefix(f"{PACKAGE.name}.") for module in imported(file)]
        return [module for module in modules if module.startswith(strangers.get(layer(file), ("never",)))]

    assert offenders(meets) == {}


def test_imports_form_no_circle():
    # the package itself names everything for type checkers, and imports a name when it is asked for
    files = [file for file in FILES if file != PACKAGE / "__init__.py"]
    graph = {module_of(file): {known for m in imported(file) for known in prefixes(m)} for file in files}
    graph = {module: {other for other in uses if other in graph and other != module} for module, uses in graph.items()}
    done: set[str] = set()
    while ready := {module for module, uses in graph.items() if module not in done and uses <= done}:
        done |= ready
    assert sorted(set(graph) - done) == []


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def prefixes(module: str) -> list[str]:
    """A module and the name it was taken from, not the packages above: these run, but they hold nothing."""
    return [module, module.rpartition(".")[0]]


def test_a_file_is_one_idea_that_says_what_it_is():
    def wrong(file: Path) -> list[str]:
        text = file.read_text(encoding="utf-8")
        first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        return [
            *(["longer than 400 lines"] if len(text.splitlines()) > 400 else []),
            *([] if first.endswith(".") else ["its docstring does not begin with a sentence"]),
            *(
                ["no annotations from __future__"]
                if text.count("\n") > 2
                and "from __future__ import annotations" not in text
                and file.name != "__init__.py"
                and file.name != "errors.py"
                else []
            ),
        ]

    assert offenders(wrong) == {}


def test_a_file_names_no_place_outside_the_repository():
    places = ("/home/", "/Users/", "/mnt/", "/root/")
    assert offenders(lambda file: [p for p in places if p in file.read_text(encoding="utf-8")]) == {}


def test_what_a_test_takes_from_another_is_there():
    # pytest --doctest-ignore-import-errors would skip the whole file and say nothing
    root = PACKAGE.parent
    modules = {file: {m.rpartition(".")[0] for m in imported(file)} for file in sorted((root / "tests").rglob("*.py"))}
    places = {(file, module) for file, used in modules.items() for module in used if module.startswith("tests.")}
    gone = {
        (file.relative_to(root).as_posix(), module)
        for file, module in places
        if not (root / f"{module.replace('.', '/')}.py").exists()
    }
    assert gone == set()
