"""A taste that goes along: ratings of all folders, wherever the next one lies."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.learning.personal_file import PersonalFile
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.runtime.files.user_directories import people_home
from piaa_lightning.users.home import Home, place_of
from piaa_lightning.users.rating_log import FIRST, Said
from tests.photos.conftest import BLUE, RED, draw, make_prior, read


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two folders of red and blue photographs, no two alike."""
    for place in range(2):
        for number in range(6):
            draw(tmp_path / f"trip {place}" / f"red {number}.jpg", RED, 10 * place + number)
            draw(tmp_path / f"trip {place}" / f"sea {number}.jpg", BLUE, 100 + 10 * place + number)
    return [tmp_path / "trip 0", tmp_path / "trip 1"]


def like_the_sea(home: Home, shelf: Shelf, store, root: Path, count: int = 3) -> dict[int, float]:
    """Rate some photographs of a folder, and keep what the page keeps."""
    rated = {}
    for number, file in enumerate(shelf.files):
        if int(file[4]) < count:
            rated[number] = 5.0 if file.startswith("sea") else 1.0
    said = {shelf.digests[number]: Said(stars, place=place_of(root)) for number, stars in rated.items()}
    home.say(FIRST, said, store)
    return rated


def in_order(personal: PersonalModel, shelf: Shelf) -> list[float]:
    return personal.predict(shelf.seen).scores.tolist()


def model_of(home: Home, prior, shelf: Shelf, root: Path) -> PersonalModel:
    told = home.told(FIRST, prior, place_of(root))
    return PersonalModel(prior.population.process(shelf.statistics + told.elsewhere), told.seen, told.scores)


def test_elsewhere_it_is_the_same_as_a_personal_file(prior, store, folders, tmp_path):
    first, second = (read(prior, store, folder) for folder in folders)
    home = Home(tmp_path / "home")
    rated = like_the_sea(home, first, store, folders[0])
    home.folders.keep(place_of(folders[0]), prior.networks.keys, first.statistics)
    file = PersonalFile.learnt("me", prior, first, rated, STARS)
    for again in (home, Home(tmp_path / "home")):
        found = in_order(model_of(again, prior, second, folders[1]), second)
        assert found == pytest.approx(in_order(file.personal_model(prior, second), second), abs=1e-5)
        # in the folder itself it is what the ratings there say, as before
        process = prior.population.process(first.statistics)
        scores = STARS.to_unit(np.array(list(rated.values())))
        own = PersonalModel(process, first.seen[list(rated)], torch.from_numpy(scores))
        assert in_order(model_of(again, prior, first, folders[0]), first) == pytest.approx(
            in_order(own, first), abs=1e-6
        )
    exported = home.personal_file(FIRST, prior, place_of(folders[0]), first)
    assert in_order(exported.personal_model(prior, second), second) == pytest.approx(found, abs=1e-5)


def test_ratings_of_all_folders_are_learnt_from_and_a_lost_cache_takes_nothing(prior, store, folders, tmp_path):
    home = Home(tmp_path / "home")
    for root in folders:
        shelf = read(prior, store, root)
        like_the_sea(home, shelf, store, root)
    store.close()
    told = home.told(FIRST, prior)
    assert (len(told.digests), told.unseen) == (12, 0)
    assert sorted(told.scores.tolist()) == [0.0] * 6 + [1.0] * 6


def test_networks_that_have_not_seen_a_photograph_are_told_of_and_catch_up(prior, store, folders, tmp_path):
    other = make_prior(seed=9)
    home = Home(tmp_path / "home")
    like_the_sea(home, read(prior, store, folders[0]), store, folders[0])
    told = home.told(FIRST, other)
    assert (len(told.digests), told.unseen) == (0, 6)
    read(other, store, folders[0])
    home.complete(store, other.networks.keys)
    assert (len(home.told(FIRST, other).digests), home.told(FIRST, other).unseen) == (6, 0)


def test_of_copies_the_last_word_counts_once(prior, store, folders, tmp_path):
    root = folders[0]
    with (root / "sea 0.jpg").open("rb") as file:
        (root / "sea 0 edited.jpg").write_bytes(file.read() + b"\0note")  # the same pixels in another file
    shelf, home = read(prior, store, root), Home(tmp_path / "home")
    one, two = shelf.files.index("sea 0.jpg"), shelf.files.index("sea 0 edited.jpg")
    assert shelf.digests[one] != shelf.digests[two]
    home.say(FIRST, {shelf.digests[one]: Said(2)}, store)
    home.say(FIRST, {shelf.digests[two]: Said(5)}, store)
    told = home.told(FIRST, prior)
    assert (told.digests, told.scores.tolist()) == ([shelf.digests[two]], [1.0])


def test_a_personal_file_is_taken_in_once_and_own_words_go_before_it(prior, store, folders, tmp_path):
    first, second = (read(prior, store, folder) for folder in folders)
    theirs = Home(tmp_path / "theirs")
    rated = like_the_sea(theirs, first, store, folders[0])
    file = theirs.personal_file(FIRST, prior, place_of(folders[0]), first)
    mine = Home(tmp_path / "mine")
    changed = next(iter(rated))
    mine.say(FIRST, {first.digests[changed]: Said(3)}, store)
    assert mine.take_in(FIRST, file, prior) == 5
    assert mine.take_in(FIRST, file, prior) == 0
    told = mine.told(FIRST, prior, place_of(folders[1]))
    others = [(stars - 1) / 4 for number, stars in rated.items() if number != changed]
    assert sorted(told.scores.tolist()) == sorted([0.5, *others])
    assert told.elsewhere.count == len(first.files)
    assert mine.log.undo(FIRST), "all of it is one step"
    assert len(mine.log.stars(FIRST)) == 1
    alone = Home(tmp_path / "alone")
    alone.take_in(FIRST, file, prior)
    found = in_order(model_of(alone, prior, second, folders[1]), second)
    assert found == pytest.approx(in_order(file.personal_model(prior, second), second), abs=1e-4)


def test_damaged_statistics_are_left_out(prior, store, folders, tmp_path, caplog):
    first, home = read(prior, store, folders[0]), Home(tmp_path / "home")
    home.folders.keep("a", prior.networks.keys, first.statistics)
    (file,) = (tmp_path / "home" / "folders").iterdir()
    assert home.folders.pooled(["a", "b"], prior.networks.keys, prior.networks.features).count == 12
    file.write_bytes(b"no")
    assert home.folders.pooled(["a"], prior.networks.keys, prior.networks.features).count == 0
    assert "is damaged" in caplog.text


def test_nothing_was_said(prior, tmp_path):
    with pytest.raises(UserError, match="rate a photograph"):
        Home(tmp_path / "home").personal_file(FIRST, prior)


def test_people_are_in_one_place_whatever_the_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("PIAA_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    here = people_home()
    os.mkdir("elsewhere")
    monkeypatch.chdir("elsewhere")
    assert here == people_home() == tmp_path / "data" / "people"
