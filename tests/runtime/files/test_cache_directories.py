from __future__ import annotations

import os
from pathlib import Path

import pytest

from piaa_lightning.runtime.files.cache_directories import finish, hold, locked, prune, remove_leftovers


def make(home: Path, name: str, used: int, size: int = 100) -> Path:
    """A finished directory of ``size`` bytes that was last used ``used`` seconds after 1970."""
    with locked(home, name) as building:
        building.mkdir()
        (building / "content").write_bytes(bytes(size))
        finish(building, home / name)
    os.utime(home / name / "in_use", (used, used))
    return home / name


def names(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir() if path.is_dir())


@pytest.mark.parametrize(("bound", "stay"), [(300, ["a", "b", "c"]), (299, ["b", "c"]), (100, ["b"]), (0, [])])
def test_the_least_recently_used_go_first(tmp_path, bound, stay):
    make(tmp_path, "c", 2)
    make(tmp_path, "b", 3)
    make(tmp_path, "a", 1)
    prune(tmp_path, bound)
    assert names(tmp_path) == stay


def test_what_is_held_stays_until_it_is_let_go(tmp_path):
    held = hold(make(tmp_path, "a", 1))
    make(tmp_path, "b", 2)
    prune(tmp_path, 0)
    assert names(tmp_path) == ["a"]
    os.close(held)
    prune(tmp_path, 0)
    assert names(tmp_path) == []


def test_holding_counts_as_use(tmp_path):
    directory = make(tmp_path, "a", 1)
    os.close(hold(directory))
    assert (directory / "in_use").stat().st_mtime > 1e9


def test_an_unfinished_directory_cannot_be_held(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(FileNotFoundError):
        hold(tmp_path / "a")


def test_a_failed_build_leaves_nothing(tmp_path):
    def fail():
        with locked(tmp_path, "a") as building:
            building.mkdir()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert names(tmp_path) == []


def test_leftovers_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    for name in ("dead.building", "half.removing"):
        (tmp_path / name).mkdir()
    with locked(tmp_path, "living") as building:
        building.mkdir()
        remove_leftovers(tmp_path)
        assert names(tmp_path) == ["living.building"]


def test_what_a_killed_builder_left_is_gone_before_the_next_builds(tmp_path):
    (tmp_path / "a.building").mkdir()
    with locked(tmp_path, "a") as building:
        assert not building.exists()


def test_finishing_replaces_a_damaged_directory(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "half").touch()
    assert sorted(path.name for path in make(tmp_path, "a", 1).iterdir()) == ["content", "in_use"]
