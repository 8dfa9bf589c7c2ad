"""What no file of the package may do: run what a file says. The rules are held by reading the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


PACKAGE = Path(__file__).parents[2] / "piaa_lightning"
FILES = sorted(PACKAGE.rglob("*.py"))

MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "zipfile", "tarfile"}
# who may open an archive, and why: it reads checksums of a checkpoint, and takes nothing out of it
MAY = {"runtime/files/checkpoints.py": {"zipfile"}}
CALLS = {"eval", "exec", "compile", "__import__"}
UNSAFE = {"read_pickle", "unpack_archive", "extractall", "unsafe_load", "full_load", "load_from_checkpoint"}


def name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def calls(file: Path) -> list[tuple[str, ast.Call]]:
    """Every call in a file with the name of what is called, ``torch.load`` for instance."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [(ast.unparse(node.func), node) for node in nodes]


def keyword(call: ast.Call, wanted: str) -> object:
    return next((ast.literal_eval(given.value) for given in call.keywords if given.arg == wanted), None)


def wrong(file: Path) -> list[str]:
    """What a file does that none may: read pickles or archives, or run text."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    found = [f"imports {module}" for module in imported & MODULES - MAY.get(name(file), set())]
    return found + [f"line {node.lineno}: {called}" for called, node in calls(file) if runs_text(called, node)]


def runs_text(called: str, node: ast.Call) -> bool:
    last = called.split(".")[-1]
    if called in CALLS or last in UNSAFE or called in ("os.system", "os.popen"):
        return True
    if called in ("torch.load", "torch.jit.load"):
        return called != "torch.load" or keyword(node, "weights_only") is not True
    if called == "np.load":
        return bool(keyword(node, "allow_pickle"))
    if called == "yaml.load":
        given = [part for argument in node.args[1:] for part in ast.walk(argument) if isinstance(part, ast.Attribute)]
        loaders = {part.attr for part in given if part.attr.endswith("Loader")}
        return not loaders or not loaders <= {"SafeLoader", "CSafeLoader"}
    if called.startswith("yaml."):
        return called not in ("yaml.safe_load", "yaml.safe_dump")
    if last == "fit" and any(given.arg == "ckpt_path" for given in node.keywords):
        safe = [ast.unparse(given.value) for given in node.keywords if given.arg == "weights_only"]
        return not safe or "True" not in safe[0]
    return last in ("run", "Popen", "call") and called.startswith("subprocess.") and bool(keyword(node, "shell"))


def test_no_file_reads_pickles_or_archives_or_runs_text():
    assert {name(file): found for file in FILES if (found := wrong(file))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from dill import loads",
        "eval('1')",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "np.load(file, allow_pickle=True)",
        "yaml.load(text)",
        "yaml.load(text, yaml.FullLoader)",
        "pd.read_pickle(file)",
        "subprocess.run(text, shell=True)",
        "trainer.fit(module, ckpt_path=file, weights_only=False)",
    ],
)
def test_the_rules_see_what_they_forbid(source, tmp_path, monkeypatch):
    file = tmp_path / "file.py"
    file.write_text(source)
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)

    assert len(wrong(file)) == 1
