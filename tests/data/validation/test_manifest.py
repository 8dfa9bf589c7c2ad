import hashlib
import os

import pytest
from PIL import Image

from piaa_lightning.data.validation import manifest as module
from piaa_lightning.data.validation.manifest import evaluate, known
from piaa_lightning.errors import UserError

FILES = ["a.png", "b.jpg", "sub/c.jpg"]


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    Image.new("RGB", (12, 8), "red").save(folder / "a.png")
    Image.new("L", (5, 9), 100).save(folder / "b.jpg")
    Image.new("CMYK", (16, 16)).save(folder / "sub" / "c.jpg")
    return folder


def test_every_file_is_hashed_and_described(root, tmp_path):
    found = evaluate(root, FILES, tmp_path, FILES)
    assert {name: (file.width, file.height, file.mode) for name, file in found.files.items()} == {
        "a.png": (12, 8, "RGB"),
        "b.jpg": (5, 9, "L"),
        "sub/c.jpg": (16, 16, "CMYK"),
    }
    for name in FILES:
        assert found.files[name].sha256 == hashlib.sha256((root / name).read_bytes()).hexdigest()
    assert found.evaluated == 3


def test_a_second_check_opens_nothing(root, tmp_path, monkeypatch):
    first = evaluate(root, FILES, tmp_path, FILES)
    monkeypatch.setattr(module, "_look", None)
    second = evaluate(root, FILES[::-1], tmp_path, FILES)
    assert (second.files, second.evaluated) == (first.files, 0)
    assert known(root, FILES, tmp_path).files == first.files


def test_a_sample_is_completed_later(root, tmp_path):
    assert evaluate(root, FILES, tmp_path, ["b.jpg"]).files.keys() == {"b.jpg"}
    rest = evaluate(root, FILES, tmp_path, FILES)
    assert (len(rest.files), rest.evaluated) == (3, 2)


@pytest.mark.parametrize("change", ["time", "size", "another file"])
def test_what_changed_is_not_taken_for_known(root, tmp_path, change):
    evaluate(root, FILES, tmp_path, FILES)
    if change == "time":
        os.utime(root / "b.jpg", ns=(1, 1))
    elif change == "size":
        times = (root / "b.jpg").stat().st_mtime_ns
        with (root / "b.jpg").open("ab") as file:
            file.write(b"x")
        os.utime(root / "b.jpg", ns=(times, times))
    assert known(root, FILES[:2] if change == "another file" else FILES, tmp_path).files == {}


def test_broken_images_say_why_and_are_looked_at_again(root, tmp_path):
    (root / "a.png").write_bytes((root / "a.png").read_bytes()[:40])
    first = evaluate(root, FILES, tmp_path, FILES)
    assert "a.png" in first.files["a.png"].broken
    assert first.files["a.png"].width == 0
    assert evaluate(root, FILES, tmp_path, FILES).evaluated == 1


def test_an_interrupted_check_keeps_what_it_found(root, tmp_path, monkeypatch):
    looked = module._look

    def stop_at_the_third(path):
        if path.name == "c.jpg":
            raise KeyboardInterrupt
        return looked(path)

    monkeypatch.setattr(module, "_look", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        evaluate(root, FILES, tmp_path, FILES)
    assert known(root, FILES, tmp_path).files.keys() == {"a.png", "b.jpg"}


def test_a_damaged_manifest_is_made_anew(root, tmp_path):
    key = evaluate(root, FILES, tmp_path, FILES).key
    (kept,) = (tmp_path / "manifests").glob(f"*/{key}.json")
    kept.write_text('{"files": {"a.png": [1')
    assert evaluate(root, FILES, tmp_path, FILES).evaluated == 3
    assert len(known(root, FILES, tmp_path).files) == 3
    assert list(kept.parent.iterdir()) == [kept]


def test_where_nobody_checked_no_file_is_looked_at(root, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_facts", None)
    assert known(root, FILES, tmp_path).files == {}
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.undo()
    evaluate(root, FILES, tmp_path, FILES)
    monkeypatch.setattr(module, "_facts", None)
    assert known(other, FILES, tmp_path).files == {}


def test_few_manifests_of_one_place_are_kept_the_newest_among_them(root, tmp_path):
    for time in range(1, 8):
        os.utime(root / "b.jpg", ns=(time, time))
        key = evaluate(root, FILES, tmp_path, FILES).key
        (made,) = (tmp_path / "manifests").glob(f"*/{key}.json")
        os.utime(made, ns=(time, time))
    kept = list(made.parent.iterdir())
    assert (len(kept), made in kept) == (module.KEPT, True)
    assert len(known(root, FILES, tmp_path).files) == 3


def test_a_cache_that_cannot_be_written_is_named(root, tmp_path):
    (tmp_path / "manifests").write_text("a file where the directory should be")
    with pytest.raises(UserError, match=r"manifest cannot be written.*paths\.cache"):
        evaluate(root, FILES, tmp_path, FILES)
