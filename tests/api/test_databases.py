"""The LightningDataModules: the same data as on the command line, and errors that name the argument."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from piaa_lightning import AADB, AVA, EVA, LAPIS, OASIS, PARA, FlickrAES, PsychoFlickr, RatingsCSV, RealCUR


@pytest.mark.parametrize("database", [AADB, AVA, EVA, LAPIS, PARA, PsychoFlickr, RealCUR, FlickrAES])
def test_every_one_reads_its_copy_and_holds_out(database):
    data = database(size="tiny")
    data.prepare_data()
    assert data.name == f"{database.SOURCE.name}, embedded tiny" == data.table.database
    assert data.split.check(data.table) is data.split
    assert len(data.split.test_images)


def test_splits_are_those_of_the_command_line(cache):
    from hydra import compose, initialize_config_dir

    from piaa_lightning.cli.configuration.schema import config_dir, register
    from piaa_lightning.pipeline.parts.open_data import data_module

    register()
    for database in (AADB, AVA, EVA, LAPIS, PARA, PsychoFlickr, RealCUR, FlickrAES):
        data = database(size="tiny")
        with initialize_config_dir(str(config_dir()), version_base="1.3"):
            cfg = compose("config", [f"data={database.SOURCE.name}", "data.size=tiny", f"paths.cache={cache}"])
        theirs = data_module(cfg.data, cache)
        assert type(theirs) is database
        assert theirs.split.hash(theirs.table) == data.split.hash(data.table)
        assert theirs.unit_threshold == data.unit_threshold


def test_options_of_rule_and_reader(data):
    other = FlickrAES(size="tiny", split={"val_users": 3}, reader={"max_missing": 0.5})
    assert len(other.split.val_users) == 3
    by_hand = FlickrAES(size="tiny", split=data.split)
    assert by_hand.split is data.split


def test_ones_own_ratings(tmp_path):
    (tmp_path / "images").mkdir()
    lines = ["who,image,stars"]
    for image in range(6):
        Image.new("RGB", (20, 20), (40 * image, 0, 0)).save(tmp_path / "images" / f"{image}.png")
        lines += [f"{user},{image}.png,{1 + (image + user) % 5}" for user in range(5)]
    (tmp_path / "ratings.csv").write_text("\n".join(lines), encoding="utf-8")
    split = {"min_ratings": 1, "test_images": 2, "val_images": 1}
    data = RatingsCSV(tmp_path, columns={"user": "who", "score": "stars"}, scale=(1, 5), split=split)
    assert (data.table.images, data.table.users, data.table.ratings) == (6, 5, 30)
    assert data.inputs_at(8).batch(np.array([5]))[0, 0].float().mean().item() == pytest.approx(200, abs=2)


def test_oasis_takes_the_options_of_the_command_line():
    assert OASIS("somewhere")._reader.keywords["columns"] == {"user": "rater", "image": "file", "score": "beauty"}


def test_a_look(data, tmp_path):
    figure = data.plot(4)
    titles = [float(axes.get_title()) for axes in figure.axes]
    assert titles == sorted(titles)
    assert len(titles) == 4
    figure.savefig(tmp_path / "images.png")


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"root": "nowhere"}, FileNotFoundError, r"^root: nowhere is not a directory"),
        ({"size": "huge"}, ValueError, r"^size=huge: choose tiny, demo, full"),
        ({"view": "votes"}, ValueError, r"^view=votes: choose one of scores, distributions"),
        ({"cache": "tape"}, ValueError, r"^cache=tape: choose disk"),
        ({"batch_size": 0}, ValueError, r"^batch_size=0: give 1"),
        ({"num_workers": -1}, ValueError, r"^num_workers=-1"),
    ],
)
def test_a_mistake_names_the_argument(arguments, kind, sentence):
    with pytest.raises(kind, match=sentence):
        FlickrAES(**arguments).table  # noqa: B018
