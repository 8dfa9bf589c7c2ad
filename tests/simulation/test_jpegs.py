from __future__ import annotations

import errno

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.simulation import jpegs
from piaa_lightning.simulation.images import draw
from piaa_lightning.simulation.latent import draw_image

pytestmark = pytest.mark.slow


def test_files_do_not_depend_on_the_number_of_processes(tmp_path, monkeypatch):
    jobs = [(number, f"{number} of it.jpg") for number in range(8)]
    for folder, alone in (("one", 100), ("many", 0)):
        monkeypatch.setattr(jpegs, "ALONE", alone)
        monkeypatch.setattr(jpegs, "cores", lambda: 2)
        (tmp_path / folder).mkdir()
        jpegs.write_images(tmp_path / folder, 0, "ava", 48, jobs)
    one, many = ({path.name: path.read_bytes() for path in (tmp_path / f).iterdir()} for f in ("one", "many"))
    assert sorted(one) == sorted(name for _, name in jobs)
    assert one == many


def test_a_file_is_the_drawn_image(tmp_path):
    jpegs.write_images(tmp_path, 0, "ava", 96, [(5, "5.jpg")])
    latent = draw_image(0, "ava", 5)
    drawn = draw(latent, *latent.shape(96))
    with Image.open(tmp_path / "5.jpg") as image:
        assert image.size == latent.shape(96)
        read = np.asarray(image).astype(float)
    assert np.abs(read - drawn).mean() < 6  # what JPEG at quality 90 loses


def test_a_worker_s_disk_error_arrives(tmp_path, monkeypatch):
    monkeypatch.setattr(jpegs, "ALONE", 0)
    monkeypatch.setattr(jpegs, "cores", lambda: 2)
    with pytest.raises(OSError, match="No such file") as raised:
        jpegs.write_images(tmp_path, 0, "ava", 48, [(0, "missing/0.jpg"), (1, "missing/1.jpg")])
    assert raised.value.errno == errno.ENOENT
