from __future__ import annotations

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder import find_photos


def test_any_layout_is_walked_and_everything_else_passed_over(tmp_path):
    for name in ("b.JPG", "2024/a.heic", "2024/deep/er/c.nef", "notes.txt", ".hidden.jpg", ".thumbs/d.jpg", "e.xmp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "round").symlink_to(tmp_path)
    assert find_photos(tmp_path).files == ["2024/a.heic", "2024/deep/er/c.nef", "b.JPG"]


@pytest.mark.parametrize(
    ("name", "words"), [("none", "does not exist"), ("file", "is a file"), ("empty", "no photograph")]
)
def test_a_folder_without_photographs_is_one_sentence(tmp_path, name, words):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=words) as raised:
        find_photos(tmp_path / name)
    assert str(raised.value).count(". ") == 0


def lay_out(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize(
    "own",
    [
        "@eaDir/IMG_1.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "2024/@eaDir/a.jpg",
        "Photos Library.photoslibrary/originals/0/a.heic",
        "photos library.PHOTOSLIBRARY/a.jpg",
        "Katalog Previews.lrdata/0/a.jpg",
        "x/Lightroom Library.lrlibrary/a.jpg",
        "CaptureOne/Cache/Thumbnails/a.jpg",
        "$RECYCLE.BIN/a.jpg",
        "System Volume Information/a.jpg",
        "__MACOSX/a.jpg",
        "#recycle/a.jpg",
        "iPhoto Library.migratedphotolibrary/Masters/a.jpg",
    ],
)
def test_folders_of_programs_are_left_out_and_counted_and_can_be_taken(tmp_path, own):
    lay_out(tmp_path, "a.jpg", own, f"{own}.jpg")
    found = find_photos(tmp_path)
    assert found.files == ["a.jpg"]
    count = 2
    assert sum(found.left_out.values()) == count
    assert f"{count} pictures in folders that programs keep for themselves" in found.note
    assert len(find_photos(tmp_path, all_folders=True).files) == count + 1
    itself = tmp_path / own.rpartition("/")[0]
    assert find_photos(itself).files, "who names the folder itself means it"


def test_a_folder_of_somebodys_own_is_none_of_a_program(tmp_path):
    lay_out(tmp_path, "eaDir/a.jpg", "lrdata/b.jpg", "photoslibrary/c.jpg", "Recycle/d.jpg", "My CaptureOne/e.jpg")
    found = find_photos(tmp_path)
    assert len(found.files) == 5
    assert (found.left_out, found.note) == ({}, "")


def test_a_folder_with_nothing_else_says_what_was_left_out(tmp_path):
    lay_out(tmp_path, "@eaDir/a.jpg")
    with pytest.raises(UserError, match=r"no photograph in it.*1 pictures in folders that programs keep .*name such"):
        find_photos(tmp_path)
