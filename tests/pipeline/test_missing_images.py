"""Images that are named and not on disk: a few are left out and counted, many stop the run."""

import json
import os
import shutil

import pytest

from piaa_lightning.simulation import embedded

RUN = ["+method@methods.random=random", "shots=10", "logger=none", "trainer.fast_dev_run=true", "backbone.size=32"]


@pytest.fixture
def without(cache, tmp_path):
    """Make a copy of the embedded FLICKR-AES, whose 1,316 images are links, less some of them."""

    def make(count):
        copy = tmp_path / "copy"
        shutil.copytree(embedded.ensure("flickr_aes", "tiny", cache), copy, copy_function=os.link)
        for image in sorted((copy / "40K").iterdir())[:count]:
            image.unlink()
        return copy

    return make


def test_a_few_are_counted_in_the_summary(command, without, tmp_path):
    done = command(*RUN, f"data.root={without(13)}")  # 0.99 %
    assert done.returncode == 0, done.stderr
    dropped = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())["dropped"]
    assert dropped["missing images"] == 13
    assert dropped["ratings of missing images"] >= 13


def test_one_more_stops_the_run_and_the_key_that_is_named_lets_it_through(command, without, tmp_path):
    done = command(*RUN, f"data.root={without(14)}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "14 of the 1316 images (1.1 %)" in done.stderr
    assert not (tmp_path / "runs" / "latest").exists()
    (key,) = [word for word in done.stderr.split() if word.startswith("data.max_missing=")]
    assert command(*RUN, f"data.root={tmp_path / 'copy'}", key.rstrip(".")).returncode == 0
