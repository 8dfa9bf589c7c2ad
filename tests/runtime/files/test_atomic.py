import os
import stat

import pytest

from piaa_lightning.runtime.files import atomic
from piaa_lightning.runtime.files.atomic import replace_file, replacing


def test_bytes_take_the_place_of_what_was_there(tmp_path):
    path = tmp_path / "new" / "file.bin"
    replace_file(path, b"first")
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(path.parent) == ["file.bin"]


def test_until_all_is_written_the_old_file_stands(tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"ne")
        file.flush()
        assert path.read_bytes() == b"old"
        file.write(b"w")
    assert path.read_bytes() == b"new"


def test_what_is_renamed_is_on_the_disk_first(tmp_path, monkeypatch):
    order = []
    monkeypatch.setattr(atomic.os, "fsync", lambda handle: order.append(os.fstat(handle).st_size))
    replaced = atomic.Path.replace
    monkeypatch.setattr(atomic.Path, "replace", lambda self, to: order.append("renamed") or replaced(self, to))
    replace_file(tmp_path / "file", b"12345")
    assert order == [5, "renamed"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [b"old", None])
def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch, error, before):
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)

    def fails(handle):
        raise error

    monkeypatch.setattr(atomic.os, "fsync", fails)
    with pytest.raises(type(error)):
        replace_file(path, b"half")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == ([] if before is None else [before])


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as first, replacing(path) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first"  # the inner one is finished first
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_any_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        replace_file(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask
