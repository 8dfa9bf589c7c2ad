"""A folder of images becomes a csv, whatever lies in it."""

from __future__ import annotations

import csv
import os

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.errors import UserError
from piaa_lightning.features.__main__ import main
from piaa_lightning.features.folder import measured
from piaa_lightning.features.planes import shrink
from piaa_lightning.features.simple import SIMPLE, simple_features

RANDOM = np.random.default_rng(0)


def save(path, height=30, width=40):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_a_line_for_every_image(tmp_path, capsys):
    own = {"b.png": save(tmp_path / "in/b.png"), "sub/a.png": save(tmp_path / "in/sub/a.png", 300, 700)}
    (tmp_path / "in/notes.txt").write_text("no image")
    (tmp_path / "in/broken.jpg").write_bytes(b"no image either")
    main([str(tmp_path / "in"), "--out", str(tmp_path / "out.csv"), "--workers", "2"])
    said = capsys.readouterr().out
    assert "17 features of 2 images" in said
    assert "1 left out" in said
    assert "broken.jpg" in said
    with (tmp_path / "out.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["file"] for line in lines] == sorted(own)
    for line in lines:
        expected = simple_features(shrink(own[line["file"]]))
        assert [float(line[name]) for name in SIMPLE] == pytest.approx(expected, rel=1e-5)


def test_names_that_are_no_utf8_stay_what_they_are(tmp_path, capsys):
    save(tmp_path / "in/a.png")
    (tmp_path / "in/a.png").rename(tmp_path / "in" / os.fsdecode(b"caf\xe9.png"))
    (tmp_path / "in" / os.fsdecode(b"\xe9.jpg")).write_bytes(b"nothing")
    main([str(tmp_path / "in"), "--out", str(tmp_path / "out.csv")])
    assert (tmp_path / "out.csv").read_bytes().splitlines()[1].startswith(b"caf\xe9.png,")
    assert "1 left out" in capsys.readouterr().out


def test_results_come_in_the_order_of_the_files(tmp_path):
    for number in range(40):
        save(tmp_path / f"{number}.png", height=16 + number)
    files = [f"{number}.png" for number in range(40)]
    heights = list(measured(tmp_path, files, lambda planes: planes.pixels.shape[0], workers=3))
    assert heights == [16 + number for number in range(40)]


@pytest.mark.parametrize(
    ("make", "arguments", "sentence"),
    [
        (lambda d: None, [], "is no folder; give one that holds images"),
        (lambda d: d.mkdir(), [], "there is no image in it"),
        (lambda d: (d.mkdir(), (d / "x.jpg").write_bytes(b"1")), [], "none of its 1 images can be read"),
        (lambda d: save(d / "x.png"), ["--workers", "0"], "give a whole number from 1"),
        (lambda d: save(d / "x.png"), ["--out", "/proc/no/features.csv"], "cannot be written"),
    ],
)
def test_mistakes_are_sentences(make, arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "in")
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "in"), *arguments])
    assert sentence in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert not (tmp_path / "features.csv").exists()


def test_a_reason_is_handed_over_and_the_rest_goes_on(tmp_path):
    save(tmp_path / "a.png")
    found = list(measured(tmp_path, ["none.png", "a.png"], lambda planes: 1))
    assert isinstance(found[0], UserError)
    assert found[1] == 1
