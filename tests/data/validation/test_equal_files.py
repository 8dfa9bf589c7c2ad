"""One picture in training and in test is found by its bytes, before anything is trained."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.data.validation import equal_files as module
from piaa_lightning.data.validation.equal_files import equal_files

RANDOM = np.random.default_rng(0)
LONG = RANDOM.bytes(30_000)
MIDDLE = bytearray(LONG)
MIDDLE[15_000] ^= 1  # the same size and the same ends


@pytest.mark.parametrize(
    ("contents", "parts", "groups"),
    [
        ([b"one", b"one"], [[0], [1]], [[0, 1]]),
        ([b"one", b"one"], [[0, 1], []], []),
        ([b"one", b"two"], [[0], [1]], []),
        ([b"one", b"one"], [[0], []], []),
        ([b"", b""], [[0], [1]], []),
        ([None, None, b"x"], [[0], [1], [2]], []),
        ([LONG, LONG], [[0], [1]], [[0, 1]]),
        ([LONG, bytes(MIDDLE)], [[0], [1]], []),
        ([LONG, LONG[:-1] + b"?"], [[0], [1]], []),
        ([b"?" + LONG[1:], LONG], [[0], [1]], []),
        ([LONG, b"a", LONG, b"a", bytes(MIDDLE)], [[0, 4], [1, 2], [3]], [[0, 2], [1, 3]]),
        ([b"a"] * 6, [[0, 1], [2, 3], [4, 5]], [[0, 1, 2, 3, 4, 5]]),
    ],
)
def test_groups_are_those_of_a_slow_comparison(tmp_path, monkeypatch, contents, parts, groups):
    monkeypatch.setattr(module, "_is_image", lambda file: True)
    files = [f"{number}.jpg" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        if content is not None:
            (tmp_path / file).write_bytes(content)
    assert equal_files(tmp_path, files, parts) == groups


def test_of_different_photographs_of_one_size_the_ends_alone_are_read(tmp_path, monkeypatch):
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(RANDOM.bytes(20_000))
    monkeypatch.setattr(module, "_whole", lambda file: pytest.fail(f"{file} was read"))
    assert equal_files(tmp_path, [f"{number}.jpg" for number in range(20)], [range(10), range(10, 20)]) == []


def test_files_that_are_no_images_are_no_pictures_in_two_parts(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"cut off")
    for name in ("c.png", "d.png"):
        Image.new("RGB", (3, 2), "red").save(tmp_path / name)
    assert equal_files(tmp_path, ["a.jpg", "b.jpg", "c.png", "d.png"], [[0, 2], [1, 3]]) == [[2, 3]]
