"""Imports point down, and every file keeps to the rules of the house."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "piaa_lightning"
FILES = sorted(PACKAGE.rglob("*.py"))

# The rooms from the bottom up: functions, networks, learners, tasks, stages. A file may import from its own room, from
# what stands here, and from atomic, errors, progress, and ranks (several processes as one), which everybody may use.
ROOMS = {
    "losses": set(),
    "metrics": set(),
    "nn": {"backbones"},
    "backbones": {"nn", "data"},  # small_cnn is a network, and frozen features are made of stored pictures
    "meta": {"losses", "nn", "examples"},
    "data": {"examples"},
    "synthetic": set(),
    "personalizers": {"losses", "metrics", "nn", "meta", "data", "backbones"},
    "features": {"data"},  # decodes pictures
    "estimators": {"metrics", "nn", "data", "backbones", "features", "personalizers"},  # the crowd as one person
    "tasks": {"losses", "metrics", "nn", "meta", "examples"},
    "explain": set(),
    "evaluation": {"metrics", "data", "personalizers"},
    "studies": {"evaluation", "metrics"},
    "report": {"evaluation", "data"},  # mode=check shows a table of ratings
    "photos": {"backbones", "nn", "data", "personalizers", "evaluation"},
    "web": {"photos", "explain", "data"},
    "callbacks": {"losses", "metrics", "nn", "meta", "data", "examples"},
}
EVERYBODY = {"atomic", "errors", "progress", "ranks"}
WITHOUT_A_RULE = {
    "stages",
    "app",
    "allocator",
    "config",
    "loggers",
    "examples",
    "targets",
    "__main__",
    "__init__",
    *EVERYBODY,
}

# Who alone may import a library, by the file's path or by its room.
ONLY = {
    "timm": {"backbones/factory.py"},
    "learn2learn": {"meta/library.py"},
    "pytorch_lightning": {"tasks", "callbacks", "stages", "data/modules.py", "loggers.py", "app.py"},
    "lightning_fabric": {"stages/start_processes.py"},
    "torchmetrics": {"metrics", "tasks"},
    "hydra": {"app.py", "config.py", "__main__.py", "stages"},
    "omegaconf": {"app.py", "config.py", "__main__.py", "stages"},
    "wandb": {"loggers.py", "callbacks", "stages"},
    "matplotlib": {"report", "callbacks"},
    "jinja2": {"report", "photos/contact_sheet.py"},
    "captum": {"explain"},
    "starlette": {"web"},
    "uvicorn": {"stages/serve_page.py"},
}

# What a room's files may import besides the standard library and this package.
LIBRARIES = {
    "features": {"numpy", "scipy", "sklearn", "PIL"},
    "losses": {"torch", "numpy"},
    "metrics": {"torch", "numpy", "torchmetrics"},
    "nn": {"torch"},
    "meta": {"torch", "learn2learn"},
    "explain": {"torch", "captum"},
    "evaluation/records.py": {"torch", "numpy"},
    "evaluation/protocol.py": {"numpy"},
    "examples.py": {"torch"},
    "atomic.py": set(),
    "errors.py": set(),
    "targets.py": set(),
    "allocator.py": set(),
    "ranks.py": {"torch"},
}


def name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


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


def rooms_of(file: Path) -> set[str]:
    return {
        parts[1] for parts in (module.split(".") for module in imported(file)) if parts[0] == PACKAGE.name and parts[1:]
    }


def libraries_of(file: Path) -> set[str]:
    top = {module.split(".")[0] for module in imported(file)}
    return top - set(sys.stdlib_module_names) - {PACKAGE.name, "__future__"}


def under(file: Path, places: set[str]) -> bool:
    return name(file) in places or room(file) in places


def test_every_room_has_a_rule():
    assert {room(file) for file in FILES} - set(ROOMS) - WITHOUT_A_RULE == set()


@pytest.mark.parametrize("file", FILES, ids=name)
def test_imports_point_down(file):
    if room(file) not in ROOMS:
        return
    assert rooms_of(file) <= ROOMS[room(file)] | EVERYBODY | {room(file)}


@pytest.mark.parametrize("file", FILES, ids=name)
def test_nobody_imports_the_top(file):
    # stages are used by the app, the app by the command line, and nobody else
    top = rooms_of(file) & {"stages", "app", "__main__"}
    assert not top or room(file) in {"stages", "app", "__main__"}
    if room(file) == "stages":
        assert top <= {"stages"}


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_imported_where_it_belongs_and_nowhere_else(library):
    importers = [file for file in FILES if library in libraries_of(file)]
    strangers = [name(file) for file in importers if not under(file, ONLY[library])]
    assert strangers == []


@pytest.mark.parametrize("place", LIBRARIES)
def test_functions_know_little(place):
    files = [file for file in FILES if under(file, {place.removesuffix(".py") if "/" not in place else place})]
    assert files
    for file in files:
        assert libraries_of(file) <= LIBRARIES[place], name(file)


def test_lightning_goes_by_one_name():
    # `lightning` and `pytorch_lightning` are two packages whose classes do not know each other
    assert [name(file) for file in FILES if "lightning" in libraries_of(file)] == []


def test_tasks_and_databases_meet_in_the_configuration_alone():
    databases = ("data.readers", "data.splits", "synthetic")
    for file in FILES:
        modules = {module.removeprefix(f"{PACKAGE.name}.") for module in imported(file)}
        if room(file) == "tasks":
            assert not [module for module in modules if module.startswith(databases)], name(file)
        if room(file) == "data":
            assert not [module for module in modules if module.startswith(("tasks", "meta", "personalizers"))], name(
                file
            )


def test_imports_form_no_circle():
    graph = {module_of(file): {known for m in imported(file) for known in prefixes(m)} for file in FILES}
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


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_is_one_idea_that_says_what_it_is(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert docstring.splitlines()[0].endswith(".")
    if text.count("\n") > 2:
        assert "from __future__ import annotations" in text or file.name == "__init__.py" or room(file) == "errors"


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_names_no_place_outside_the_repository(file):
    text = file.read_text(encoding="utf-8")
    assert not [place for place in ("/home/", "/Users/", "/mnt/", "/root/") if place in text]
