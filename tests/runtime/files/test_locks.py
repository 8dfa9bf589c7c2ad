from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from piaa_lightning.runtime.files.locks import lock, mark_in_use, try_lock, unused

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path / "file"


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


HOLD = """
import sys
from piaa_lightning.runtime.files.locks import lock
file = open(sys.argv[1], "ab")
lock(file)
print("held", flush=True)
sys.stdin.readline()
"""


def test_one_holds_a_lock_until_the_file_is_closed(path):
    with path.open("ab") as one, path.open("ab") as other:
        assert try_lock(one)
        assert not try_lock(other)
        one.close()
        assert try_lock(other)


def test_a_killed_process_lets_go(path):
    with python(HOLD, path) as process, path.open("ab") as file:
        assert process.stdout.readline() == "held\n"
        assert not try_lock(file)
        process.kill()
        process.wait()
        lock(file)


def test_who_waits_has_it_after_the_other(path):
    with path.open("ab") as file, python(HOLD, path) as process:
        lock(file)
        file.close()
        assert process.stdout.readline() == "held\n"
        process.communicate("go\n")


def test_several_share_a_file_and_who_wants_it_unused_is_refused(path):
    readers = [os.open(path, os.O_RDONLY) for _ in range(2)]
    for reader in readers:
        mark_in_use(reader)
        with pytest.raises(BlockingIOError), unused(path):
            pass
    for reader in readers:
        os.close(reader)
    with unused(path):
        late = os.open(path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            mark_in_use(late)
        os.close(late)


def test_nothing_else_asks_for_a_module_that_windows_lacks():
    package = ROOT / "piaa_lightning"
    asks = [file.name for file in package.rglob("*.py") if "import fcntl" in file.read_text(encoding="utf-8")]
    assert asks == ["locks.py"]


def test_as_windows_has_it_an_open_file_is_lock_enough(path, monkeypatch):
    monkeypatch.setattr("piaa_lightning.runtime.files.locks.sys.platform", "win32")
    monkeypatch.delattr("piaa_lightning.runtime.files.locks.fcntl")
    reader = os.open(path, os.O_RDONLY)
    mark_in_use(reader)
    with unused(path):  # renaming would fail there, with an OSError that whoever prunes expects
        os.close(reader)
