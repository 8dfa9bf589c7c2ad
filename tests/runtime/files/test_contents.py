"""Contents, not paths, decide whether a configuration was run before."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from piaa_lightning.runtime.files.contents import by_contents


@pytest.fixture
def root(tmp_path):
    home = tmp_path / "database"
    (home / "images" / "sub").mkdir(parents=True)
    for name in ("ratings.csv", "users.csv", "lists/test.txt", "images/a.jpg", "images/sub/b.png", "w.safetensors"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(name)
    return home


def key(root, **more):
    config = {"data": {"root": str(root), "size": "tiny"}, "backbone": {"weights": str(root / "w.safetensors")}, **more}
    return json.dumps(by_contents(config), sort_keys=True)


def test_a_moved_database_is_the_same(root, tmp_path):
    before = key(root)
    shutil.move(root, tmp_path / "elsewhere")
    assert key(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("name", ["ratings.csv", "users.csv", "lists/test.txt", "w.safetensors"])
@pytest.mark.parametrize("how", ["corrected", "touched"])
def test_a_table_counts_by_its_bytes(root, name, how):
    before, file = key(root), root / name
    state = file.stat()
    if how == "corrected":
        file.write_text(file.read_text()[::-1])  # of the same length and time
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    else:
        os.utime(file, (1, 1))
    assert (key(root) == before) == (how == "touched")


@pytest.mark.parametrize("change", ["new image", "other image", "gone", "renamed", "new table", "through a link"])
def test_whatever_a_run_would_read_otherwise_makes_another_key(root, tmp_path, change):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "c.jpg").write_text("c")
    (root / "images" / "linked").symlink_to(tmp_path / "far")
    (root / "images" / "loop").symlink_to(root / "images")
    before = key(root)
    {
        "new image": lambda: (root / "images" / "d.jpg").touch(),
        "other image": lambda: (root / "images" / "a.jpg").write_text("other"),
        "gone": lambda: (root / "images" / "a.jpg").unlink(),
        "renamed": lambda: (root / "images" / "a.jpg").rename(root / "images" / "z.jpg"),
        "new table": lambda: (root / "images.csv").touch(),
        "through a link": lambda: (tmp_path / "far" / "c.jpg").write_text("longer"),
    }[change]()
    assert key(root) != before


def test_words_that_happen_to_be_names_of_files_stay_words(root, monkeypatch):
    monkeypatch.chdir(root)
    before = by_contents({"name": "images", "accelerator": "lists", "label": "10/100 shots", "no": "/no/where", "n": 1})
    assert before == {"name": "images", "accelerator": "lists", "label": "10/100 shots", "no": "/no/where", "n": 1}
    assert by_contents({"root": "images"})["root"].startswith("contents ")


@pytest.mark.parametrize("odd", ["~nobody_at_all/x", "a\0/b", "/" * 5000, "x/" * 3000, "/dev/null/x"])
def test_what_no_system_takes_for_a_path_stays_as_it_is(odd):
    assert by_contents([{"root": odd}]) == [{"root": odd}]
