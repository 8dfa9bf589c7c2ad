from __future__ import annotations

import io

import pytest
import torch
from PIL import Image

from piaa_lightning.data.images.decode import squash
from piaa_lightning.errors import UserError
from piaa_lightning.photos import reading
from piaa_lightning.photos.opening import open_photo
from piaa_lightning.photos.reading import read_photos
from piaa_lightning.photos.store import Store
from tests.photos.conftest import BLUE, draw, read


def test_rows_are_what_the_prior_says_of_the_squashed_photograph(prior, store, photos):
    shelf = read(prior, store, photos)
    assert len(shelf.files) == 16
    assert shelf.sizes == [(60, 40)] * 16
    place = shelf.files.index("sea/b3.jpg")
    square = squash(open_photo(photos / "sea/b3.jpg").pixels, 16)
    expected = prior.rows(torch.from_numpy(square)[None]).float()
    assert shelf.rows[place].numpy() == pytest.approx(expected[0].numpy(), abs=1e-5)


def test_broken_files_among_good_ones_are_listed_and_skipped(prior, store, photos):
    (photos / "broken.jpg").write_text("no picture")
    (photos / "empty.png").touch()
    shelf = read(prior, store, photos)
    assert len(shelf.files) == 16
    assert set(shelf.skipped) == {"broken.jpg", "empty.png"}
    assert shelf.skipped["broken.jpg"].startswith("this is not a picture")


def test_nothing_is_decoded_twice_not_even_under_another_name(prior, store, photos, monkeypatch):
    first = read(prior, store, photos)
    (photos / "red" / "r0.jpg").rename(photos / "sea" / "renamed.jpg")

    def never(*arguments):
        raise AssertionError("decoded again")

    monkeypatch.setattr(reading, "open_photo", never)
    second = read(prior, store, photos)
    assert "sea/renamed.jpg" in second.files
    place = second.files.index("sea/renamed.jpg")
    assert torch.equal(second.rows[place], first.rows[first.files.index("red/r0.jpg")])


def test_a_changed_file_is_read_again(prior, store, photos):
    before = read(prior, store, photos)
    draw(photos / "red/r0.jpg", BLUE, 7)
    after = read(prior, store, photos)
    assert after.digests[0] != before.digests[0]
    assert not torch.equal(after.rows[0], before.rows[0])


def test_an_interrupted_reading_goes_on(prior, store, photos, monkeypatch):
    files = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.jpg"))
    for number in range(16, 60):
        draw(photos / f"more{number}.jpg", BLUE, number)
        files.append(f"more{number}.jpg")
    some = read_photos(prior, store, photos, files)
    for _ in range(20):
        next(some)
    some.close()
    opened = []
    monkeypatch.setattr(reading, "open_photo", lambda path, *rest: opened.append(path) or open_photo(path, *rest))
    assert len(list(read_photos(prior, store, photos, files))) == 60
    assert 0 < len(opened) <= 44


def test_a_thumbnail_is_a_small_jpeg(prior, store, photos):
    draw(photos / "large.jpg", BLUE, 3, size=(1200, 800))
    shelf = read(prior, store, photos)
    image = Image.open(io.BytesIO(store.thumbnail(shelf.digests[shelf.files.index("large.jpg")])))
    assert image.format == "JPEG"
    assert max(image.size) == 400
    assert store.thumbnail("0" * 64) is None


def test_originals_are_left_as_they_are(prior, store, photos):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.rglob("*.jpg")}
    read(prior, store, photos)
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.rglob("*.jpg")}


def test_a_store_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "seen.sqlite").write_bytes(b"something else" * 1000)
    with pytest.raises(UserError, match="cannot be kept there"):
        Store(tmp_path / "seen.sqlite")


def test_an_empty_shelf_has_no_rows(prior, store):
    shelf = reading.shelf_of(store, [("a.jpg", "", "broken.")])
    assert shelf.files == []
    assert len(shelf.rows) == 0
