from __future__ import annotations

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.photos.folder import find_photos


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
