"""What no file of the package may do: run what a file says. The rules are held by reading the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "piaa_lightning"
FILES = sorted(PACKAGE.rglob("*.py"))

MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "zipfile", "tarfile"}
# who may open an archive, and why: it reads checksums of a checkpoint, and takes nothing out of it
MAY = {"runtime/checkpoints.py": {"zipfile"}}
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


@pytest.mark.parametrize("file", FILES, ids=name)
def test_no_file_reads_pickles_or_archives(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported & MODULES <= MAY.get(name(file), set())


@pytest.mark.parametrize("file", FILES, ids=name)
def test_no_file_runs_text(file):
    for called, node in calls(file):
        last = called.split(".")[-1]
        assert called not in CALLS, f"line {node.lineno}"
        assert last not in UNSAFE, f"line {node.lineno}"
        if called in ("torch.load", "torch.jit.load"):
            assert called == "torch.load"
            assert keyword(node, "weights_only") is True, f"line {node.lineno}"
        if called == "np.load":
            assert not keyword(node, "allow_pickle"), f"line {node.lineno}"
        if called.startswith("yaml."):
            assert called in ("yaml.safe_load", "yaml.safe_dump"), f"line {node.lineno}"
        if last == "fit" and any(given.arg == "ckpt_path" for given in node.keywords):
            (given,) = (given.value for given in node.keywords if given.arg == "weights_only")
            assert "True" in ast.unparse(given)
        if last in ("run", "Popen", "call") and called.startswith("subprocess."):
            assert not keyword(node, "shell"), f"line {node.lineno}"
        assert called not in ("os.system", "os.popen"), f"line {node.lineno}"


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
        "pd.read_pickle(file)",
        "subprocess.run(text, shell=True)",
        "trainer.fit(module, ckpt_path=file, weights_only=False)",
    ],
)
def test_the_rules_see_what_they_forbid(source, tmp_path, monkeypatch):
    file = tmp_path / "file.py"
    file.write_text(source)
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)

    def looked_at():
        test_no_file_reads_pickles_or_archives(file)
        test_no_file_runs_text(file)

    with pytest.raises(AssertionError):
        looked_at()
