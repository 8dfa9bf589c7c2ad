"""Bursts and near-duplicates."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning.photos.images.groups import ALIKE, ALIKE_SOON, LEAST, group_photos
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import read_photos
from piaa_lightning.photos.images.taken import taken_at
from tests.photos.conftest import BLUE, draw

NETWORKS = [("mobilenetv2", 2), ("nima", 2)]


def at(*degrees: float) -> PhotoFeatures:
    """Features whose cosines, the same for both networks, are those of angles."""
    angles = torch.deg2rad(torch.tensor(degrees))
    rows = torch.stack([angles.cos(), angles.sin()], dim=1)
    # of other lengths, which do not matter
    return PhotoFeatures(torch.cat([3 * rows, 0.5 * rows], dim=1), torch.zeros(len(degrees)))


def names(count: int) -> list[str]:
    return [f"{number}.jpg" for number in range(count)]


def angle(cosine: float) -> float:
    return float(np.rad2deg(np.arccos(cosine)))


def test_who_is_alike_is_one_and_time_makes_it_easier():
    near, soon, far = angle(ALIKE) - 1, angle(ALIKE_SOON) - 1, angle(ALIKE_SOON) + 1
    group = lambda degrees, taken: group_photos(names(2), at(0, degrees), NETWORKS, taken).tolist()  # noqa: E731
    assert group(near, [None, None]) == [0, 0]
    assert group(soon, [None, None]) == [0, 1]
    assert group(soon, [100.0, 109.0]) == [0, 0]
    assert group(soon, [100.0, 111.0]) == [0, 1]
    assert group(far, [100.0, 100.0]) == [0, 1], "two things at the same time"


def test_a_long_chain_of_small_steps_does_not_join_opposites():
    step, count = angle(0.95), 12
    found = group_photos(names(count), at(*(step * number for number in range(count))), NETWORKS, [None] * count)
    assert 1 < len(set(found.tolist())) < count
    for first in set(found.tolist()):
        members = np.flatnonzero(found == first)
        assert np.cos(np.deg2rad(step * (members.max() - members.min()))) >= LEAST


def test_one_shot_in_several_formats_is_one_whatever_networks_see():
    files = ["a/IMG_1.jpg", "a/IMG_1.NEF", "b/IMG_1.jpg", "a/img_1.heic", "a/IMG_2.jpg"]
    found = group_photos(files, at(0, 90, 0, 180, 270), [("unknown", 2), ("nima", 2)], [None] * 5)
    assert found.tolist() == [0, 0, 2, 0, 4], "and networks that nobody measured join nothing"


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_same_as_comparing_all_with_all(seed):
    """The oracle: every pair looked at, one after the other; groups so far apart that no chain matters."""
    random = np.random.default_rng(seed)
    centres = 60.0 * random.integers(0, 6, 1100)
    degrees = centres + random.uniform(-8, 8, 1100)
    taken = [None if random.random() < 0.3 else float(moment) for moment in random.uniform(0, 1e4, 1100)]
    found = group_photos(names(1100), at(*degrees), NETWORKS, taken)
    expected = [int(np.flatnonzero(centres % 360 == centre % 360)[0]) for centre in centres]
    assert found.tolist() == expected


def test_nothing_and_one():
    assert group_photos([], at(), NETWORKS, []).tolist() == []
    assert group_photos(names(1), at(0), NETWORKS, [None]).tolist() == [0]


class TestWhenItWasTaken:
    def draw(self, path, moment=None, fraction=None):
        exif = Image.Exif()
        told = exif.get_ifd(0x8769)
        if moment is not None:
            told[0x9003] = moment
        if fraction is not None:
            told[0x9291] = fraction
        draw(path, BLUE, exif=exif)
        return taken_at(path)

    def test_exif_says_so_to_a_fraction_of_a_second(self, tmp_path):
        first = self.draw(tmp_path / "a.jpg", "2024:05:01 10:00:00", "25")
        second = self.draw(tmp_path / "b.jpg", "2024:05:01 10:00:03", "5")
        assert second - first == pytest.approx(3.25)

    @pytest.mark.parametrize("moment", [None, "0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday"])
    def test_otherwise_nobody_knows(self, tmp_path, moment):
        assert self.draw(tmp_path / "a.jpg", moment) is None
        (tmp_path / "b.jpg").write_bytes(b"no picture")
        assert taken_at(tmp_path / "b.jpg") is None

    def test_it_is_kept_with_what_networks_saw_of_earlier_versions_too(self, prior, store, tmp_path):
        first = self.draw(tmp_path / "a.jpg", "2024:05:01 10:00:00")
        self.draw(tmp_path / "b.jpg")
        read = list(read_photos(prior.networks, store, tmp_path, ["a.jpg", "b.jpg"]))
        digests = [digest for _, digest, _ in read]
        assert store.taken(digests) == {digests[0]: first, digests[1]: None}
        store._base.execute("delete from taken")
        list(read_photos(prior.networks, store, tmp_path, ["a.jpg", "b.jpg"]))
        assert store.taken(digests) == {digests[0]: first, digests[1]: None}
