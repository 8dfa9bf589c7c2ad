"""``piaa write``: first it says, then it writes; originals stay."""

from __future__ import annotations

import csv

import pytest

from piaa_lightning.photos.read_folder import open_store
from piaa_lightning.photos.stars.stars import read_stars
from piaa_lightning.runtime.files.user_directories import cache_home, people_home
from piaa_lightning.users.home import Home
from piaa_lightning.users.rating_log import REJECT, Said
from tests.cli.commands.test_people import trips  # noqa: F401  (fixture)
from tests.cli.test_piaa import do, model, ranking  # noqa: F401  (fixtures)
from tests.photos.conftest import BLUE, draw

pytestmark = pytest.mark.processes


@pytest.fixture
def learnt(do, trips, model):  # noqa: F811
    do("learn", trips[0], "--ratings", "table.csv", "--model", model)
    return trips


def test_it_says_what_it_would_write_and_writes_it_when_told(do, learnt, model, tmp_path):  # noqa: F811
    root = tmp_path / "trip 0"
    before = {path: path.read_bytes() for path in root.iterdir()}
    said = do("write", "trip 0", "--model", model)
    assert "sea 0.jpg: 5 stars into sea 0.jpg.xmp" in said
    assert "Nothing was written; this writes 4 side-cars: piaa write 'trip 0'" in said
    assert said.rstrip().endswith("--yes")
    assert set(root.iterdir()) == set(before)
    assert "4 side-cars were written." in do("write", "trip 0", "--model", model, "--yes")
    names = ("red 0.jpg", "red 1.jpg", "sea 0.jpg", "sea 1.jpg")
    assert list(read_stars(root, names).values()) == [1, 1, 5, 5]
    assert {path: path.read_bytes() for path in before} == before
    assert "4 say it already" in do("write", "trip 0", "--model", model)


def test_guesses_are_marked_and_not_learnt_from(do, learnt, model, tmp_path):  # noqa: F811
    said = do("write", "trip 1", "--model", model)
    assert "There are no stars to write: none of the 6 photographs has any; --stars guessed" in said
    said = do("write", "trip 1", "--model", model, "--stars", "guessed", "--label", "Blue", "--yes")
    assert "stars (guessed) into" in said
    assert "6 side-cars were written." in said
    assert "none of the 6 photographs" in do("learn", "trip 1", "--model", model)


def test_own_stars_as_a_table_and_the_best(do, learnt, model, tmp_path):  # noqa: F811
    assert "4 photographs with stars" in do("write", "trip 0", "--model", model, "--table", "stars.csv")
    with (tmp_path / "stars.csv").open() as file:
        assert {row["image"]: row["stars"] for row in csv.DictReader(file)} == {
            "red 0.jpg": "1", "red 1.jpg": "1", "sea 0.jpg": "5", "sea 1.jpg": "5"}  # fmt: skip
    assert "the best 2 of 6 photographs in the order of me" in do(
        "write", "trip 0", "--model", model, "--best", "2", "--into", "best"
    )
    assert sorted(path.name[:5] for path in (tmp_path / "best").iterdir()) == ["1 sea", "2 sea"]


def test_a_rejected_photograph_comes_last_and_is_written_as_one(do, learnt, model, tmp_path):  # noqa: F811
    people = Home(people_home())
    cache = open_store(cache_home())
    digest = cache.digest_of(tmp_path / "trip 0" / "sea 0.jpg")
    cache.close()
    people.log.say("me", {digest: Said(5, mark=REJECT)})
    assert "sea 0.jpg: reject into sea 0.jpg.xmp" in do("write", "trip 0", "--model", model)
    do("rank", "trip 0", "--model", model)
    assert ranking(tmp_path / "piaa_results" / "trip 0")[-1] == "sea 0.jpg"
    assert "sea 0.jpg" not in do("cover", "trip 0", "--model", model)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--best", "2"], "--best N goes with --into DIR"),
        (["--best", "0", "--into", "x"], "--best N goes with --into DIR"),
        (["--into", "x"], "go with --best N"),
        (["--naming", "x"], "invalid choice"),
        (["--stars", "guessed", "--person", "Tom"], "no stars of such a person"),
    ],
)
def test_every_mistake_is_one_sentence(do, trips, words, sentence):  # noqa: F811
    assert sentence in do("write", "trip 0", *words)


def test_the_best_may_be_one_of_each_group(do, learnt, model, tmp_path):  # noqa: F811
    draw(tmp_path / "trip 0" / "sea 0.png", BLUE, 0)
    do("write", "trip 0", "--model", model, "--best", "99", "--into", "all")
    do("write", "trip 0", "--model", model, "--best", "99", "--into", "each", "--group")
    stems = {into: [path.stem[-5:] for path in (tmp_path / into).iterdir()] for into in ("all", "each")}
    assert [stems[into].count("sea 0") for into in ("all", "each")] == [2, 1], "one shot in two formats is one"
    assert len(stems["all"]) == len(stems["each"]) + 1
    assert "--group go with --best N" in do("write", "trip 0", "--group", "--model", model)
