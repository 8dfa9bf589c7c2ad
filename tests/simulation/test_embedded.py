from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.simulation import embedded
from piaa_lightning.simulation.embedded import Writer, ensure

from patience import PATIENCE


@pytest.fixture
def writers(monkeypatch):
    """One database that is a single small file; counts how often it is written."""
    calls = []

    def write(root, size, seed):
        calls.append((size, seed))
        (root / "file.txt").write_text(f"{size} {seed}")

    monkeypatch.setattr(embedded, "WRITERS", {"ava": Writer(write, lambda size: (3, 72))})
    return calls


def failing(monkeypatch, error):
    def write(root, size, seed):
        (root / "half.txt").write_text("half")
        raise error

    monkeypatch.setattr(embedded, "WRITERS", {"ava": Writer(write, lambda size: (3, 72))})


def test_written_once_and_found_again(tmp_path, writers):
    first = ensure("ava", "tiny", tmp_path, seed=5)
    assert first == tmp_path / "embedded" / f"ava-tiny-seed5-v{embedded.VERSION}"
    assert (first / "file.txt").read_text() == "tiny 5"
    assert ensure("ava", "tiny", tmp_path, seed=5) == first
    assert writers == [("tiny", 5)]


def test_what_failed_halfway_is_never_taken_for_finished(tmp_path, monkeypatch, writers):
    finished_writers = embedded.WRITERS
    failing(monkeypatch, RuntimeError("power cut"))
    with pytest.raises(RuntimeError, match="power cut"):
        ensure("ava", "tiny", tmp_path)
    assert not [path for path in (tmp_path / "embedded").iterdir() if path.is_dir()]
    monkeypatch.setattr(embedded, "WRITERS", finished_writers)
    assert (ensure("ava", "tiny", tmp_path) / "file.txt").exists()


def test_leftovers_of_a_killed_run_are_cleared(tmp_path, writers):
    left = tmp_path / "embedded" / f".ava-tiny-seed0-v{embedded.VERSION}.part-killed"
    left.mkdir(parents=True)
    ensure("ava", "tiny", tmp_path)
    assert not left.exists()


@pytest.mark.parametrize(
    ("database", "size", "seed", "message"),
    [
        ("avatar", "tiny", 0, "choose one of aadb, ava, eva, flickr_aes, lapis, para, psychoflickr, real_cur"),
        ("ava", "huge", 0, "tiny, demo, full"),
        ("ava", "tiny", -1, "whole number from 0"),
    ],
)
def test_wrong_names_say_what_there_is(tmp_path, database, size, seed, message):
    with pytest.raises(UserError, match=message):
        ensure(database, size, tmp_path, seed)


def test_too_little_space_stops_before_writing(tmp_path, monkeypatch, writers):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    with pytest.raises(UserError, match="needs about 0 MB and its disk has 0 MB left"):
        ensure("ava", "tiny", tmp_path)
    assert writers == []


@pytest.mark.parametrize(("number", "message"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "cannot be written")])
def test_errors_of_the_disk_are_explained(tmp_path, monkeypatch, number, message):
    failing(monkeypatch, OSError(number, "no"))
    with pytest.raises(UserError, match=message):
        ensure("ava", "tiny", tmp_path)
    assert not [path for path in (tmp_path / "embedded").iterdir() if path.is_dir()]


def test_a_file_where_the_cache_should_be_is_explained(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        ensure("ava", "tiny", tmp_path / "cache")


@pytest.mark.processes
def test_two_processes_at_once_write_once(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from piaa_lightning.simulation import embedded\n"
        "def write(root, size, seed):\n"
        "    print('writes', flush=True); time.sleep(0.5); (root / 'file.txt').write_text('whole')\n"
        "embedded.WRITERS = {'ava': embedded.Writer(write, lambda size: (3, 72))}\n"
        "print((embedded.ensure('ava', 'tiny', Path(sys.argv[1])) / 'file.txt').read_text())"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = sorted(process.communicate(timeout=PATIENCE)[0].split() for process in running)
    assert printed == [["whole"], ["writes", "whole"]]


def test_estimate_covers_what_is_written(tmp_path):
    root = ensure("psychoflickr", "tiny", tmp_path)
    written = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    assert written < embedded.bytes_needed("psychoflickr", "tiny") < 10 * written


def test_torch_is_not_imported():
    program = "import sys, piaa_lightning.simulation.embedded; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
