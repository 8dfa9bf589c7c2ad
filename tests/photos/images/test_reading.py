from __future__ import annotations

import io
import os

import pytest
import torch
from PIL import Image

from piaa_lightning.data.images.decode import squash
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.several import Backbones
from piaa_lightning.photos.images import reading
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.images.reading import read_photos
from piaa_lightning.photos.images.store import Store
from tests.photos.conftest import BLUE, DESCRIPTION, draw, make_networks, read


def test_features_are_what_the_networks_see_in_the_squashed_photograph(prior, store, photos):
    shelf = read(prior, store, photos)
    assert len(shelf.files) == 16
    assert shelf.sizes == [(60, 40)] * 16
    place = shelf.files.index("sea/b3.jpg")
    square = squash(open_photo(photos / "sea/b3.jpg").pixels, 16, "bicubic")
    expected = prior.networks.backbone(torch.from_numpy(square)[None])
    assert shelf.seen.values.dtype == torch.float16
    assert shelf.seen.values[place].float().numpy() == pytest.approx(expected[0].numpy(), abs=1e-3)
    assert torch.allclose(shelf.statistics.mean[:-1], shelf.seen.values.double().mean(dim=0))


def test_another_network_looks_and_the_first_does_not_look_again(prior, store, photos, monkeypatch):
    first = read(prior, store, photos)
    both = PhotoNetworks(
        Backbones({"small_cnn": make_networks(0).backbone, "other": make_networks(1).backbone}),
        [*DESCRIPTION, {**DESCRIPTION[0], "name": "other"}],
    )
    assert both.keys[0] == prior.networks.keys[0]
    assert both.keys[1] != both.keys[0]
    asked = []
    look = both.look
    monkeypatch.setattr(both, "look", lambda squares, numbers: asked.append(tuple(numbers)) or look(squares, numbers))
    read_with = list(read_photos(both, store, photos, first.files))
    assert set(asked) == {(1,)}
    shelf = reading.shelf_of(both, store, read_with)
    assert torch.equal(shelf.seen.values[:, :8], first.seen.values)
    assert not torch.equal(shelf.seen.values[:, 8:], first.seen.values)
    asked.clear()
    assert len(list(read_photos(both, store, photos, first.files))) == 16
    assert asked == []


def test_any_fault_costs_one_file_alone(prior, store, photos, monkeypatch):
    def sometimes(path, *rest):
        if path.name == "b3.jpg":
            raise RuntimeError("a fault of ours")
        return open_photo(path, *rest)

    monkeypatch.setattr(reading, "open_photo", sometimes)
    shelf = read(prior, store, photos)
    assert len(shelf.files) == 15
    assert shelf.skipped == {"sea/b3.jpg": "cannot be read (RuntimeError)."}


def test_a_name_that_is_no_utf8_is_read(prior, store, photos):
    name = os.fsdecode(b"latin1_\xe9.jpg")
    (photos / "red" / "r0.jpg").rename(photos / name)
    assert name in read(prior, store, photos).files


def test_a_pipe_is_skipped_at_once(prior, store, photos):
    os.mkfifo(photos / "pipe.jpg")
    (found,) = read_photos(prior.networks, store, photos, ["pipe.jpg"])
    assert found[2].startswith("this is no plain file")


def test_broken_files_among_good_ones_are_listed_and_skipped(prior, store, photos):
    (photos / "broken.jpg").write_text("no picture")
    (photos / "empty.png").touch()
    shelf = read(prior, store, photos)
    assert len(shelf.files) == 16
    assert set(shelf.skipped) == {"broken.jpg", "empty.png"}
    assert shelf.skipped["broken.jpg"].startswith("this is not an image")


def test_nothing_is_decoded_twice_not_even_under_another_name(prior, store, photos, monkeypatch):
    first = read(prior, store, photos)
    (photos / "red" / "r0.jpg").rename(photos / "sea" / "renamed.jpg")

    def never(*arguments):
        raise AssertionError("decoded again")

    monkeypatch.setattr(reading, "open_photo", never)
    second = read(prior, store, photos)
    assert "sea/renamed.jpg" in second.files
    place = second.files.index("sea/renamed.jpg")
    assert torch.equal(second.seen.values[place], first.seen.values[first.files.index("red/r0.jpg")])


def test_a_changed_file_is_read_again(prior, store, photos):
    before = read(prior, store, photos)
    draw(photos / "red/r0.jpg", BLUE, 7)
    after = read(prior, store, photos)
    assert after.digests[0] != before.digests[0]
    assert not torch.equal(after.seen.values[0], before.seen.values[0])


def test_an_interrupted_reading_goes_on(prior, store, photos, monkeypatch):
    files = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.jpg"))
    for number in range(16, 60):
        draw(photos / f"more{number}.jpg", BLUE, number)
        files.append(f"more{number}.jpg")
    some = read_photos(prior.networks, store, photos, files)
    for _ in range(20):
        next(some)
    some.close()
    opened = []
    monkeypatch.setattr(reading, "open_photo", lambda path, *rest: opened.append(path) or open_photo(path, *rest))
    assert len(list(read_photos(prior.networks, store, photos, files))) == 60
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
    shelf = reading.shelf_of(prior.networks, store, [("a.jpg", "", "broken.")])
    assert shelf.files == []
    assert len(shelf.seen) == 0
