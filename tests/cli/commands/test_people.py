"""``piaa people``, and a taste that goes along from folder to folder."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from piaa_lightning.users.home import Home
from piaa_lightning.users.rating_log import RatingLog, Said
from tests.cli.test_piaa import do, model, ranking  # noqa: F401  (fixtures)
from tests.photos.conftest import BLUE, RED, draw

pytestmark = pytest.mark.processes


@pytest.fixture
def trips(tmp_path) -> list[str]:
    """Two folders, and a table of somebody who likes the sea, about the first."""
    for trip in range(2):
        for number in range(3):
            draw(tmp_path / f"trip {trip}" / f"red {number}.jpg", RED, 10 * trip + number)
            draw(tmp_path / f"trip {trip}" / f"sea {number}.jpg", BLUE, 10 * trip + number)
    (tmp_path / "table.csv").write_text("image,score\nred 0.jpg,1\nred 1.jpg,1\nsea 0.jpg,5\nsea 1.jpg,5\n")
    return ["trip 0", "trip 1"]


def home(tmp_path: Path) -> Path:
    return tmp_path / "data" / "people"


def test_what_was_learnt_in_one_folder_orders_the_next(do, trips, model, tmp_path):  # noqa: F811
    said = do("learn", trips[0], "--ratings", "table.csv", "--model", model)
    assert "4 stars were added to those of me, who has 4 now." in said
    assert "Use it: piaa rank 'trip 0' --person me" in said
    said = do("rank", trips[1], "--model", model)
    assert "in the order of me" in (tmp_path / "piaa_results" / "trip 1" / "contact_sheet.html").read_text()
    assert all(name.startswith("sea") for name in ranking(tmp_path / "piaa_results" / "trip 1")[:3])
    do("rank", trips[0], "--model", model)
    with (tmp_path / "piaa_results" / "trip 0" / "ranking.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["stars"] for row in rows if row["stars"]] == ["5", "5", "1", "1"]
    do("rank", trips[1], "--model", model, "--person", "everybody", "--to", "all")
    assert "in everybody" in (tmp_path / "all" / "contact_sheet.html").read_text()
    for command in (["cover", "--count", "2"], ["crop", "--shapes", "1:1", "--limit", "1"]):
        assert "in the order of me" in do(command[0], trips[1], *command[1:], "--model", model)


def test_learning_again_adds_what_is_new_and_changes_nothing(do, trips, model, tmp_path):  # noqa: F811
    do("learn", trips[0], "--ratings", "table.csv", "--model", model)
    (tmp_path / "table.csv").write_text("image,score\nred 0.jpg,3\nsea 2.jpg,4\n")
    said = do("learn", trips[0], "--ratings", "table.csv", "--model", model)
    assert "1 stars were added to those of me, who has 5 now." in said
    assert "1 photographs had stars of me already, which stay." in said


def test_of_several_people_one_is_named(do, trips, model, tmp_path):  # noqa: F811
    do("learn", trips[0], "--ratings", "table.csv", "--model", model)
    (tmp_path / "table.csv").write_text("image,score\nred 0.jpg,5\nred 1.jpg,5\nsea 0.jpg,1\nsea 1.jpg,1\n")
    do("learn", trips[0], "--ratings", "table.csv", "--model", model, "--person", "Ana B")
    assert "--person NAME takes that of me or Ana B" in do("rank", trips[1], "--model", model)
    do("rank", trips[1], "--model", model, "--person", "Ana B")
    assert ranking(tmp_path / "piaa_results" / "trip 1")[0].startswith("red")
    assert "--person Tom: no stars of such a person are known here; me, Ana B gave some." in do(
        "rank", trips[1], "--person", "Tom"
    )


def test_people_are_listed_renamed_exported_imported_and_removed(do, trips, model, tmp_path):  # noqa: F811
    assert do("people").startswith("me: 0 photographs with stars\n")
    do("learn", trips[0], "--ratings", "table.csv", "--model", model)
    assert do("people", "rename", "me", "Ana") == "Ana is called Ana now.\n".replace("Ana is", "me is")
    assert do("people").startswith("Ana: 4 photographs with stars\n")
    assert "ana.safetensors: 4 ratings" in do("people", "export", "Ana", "ana.safetensors", "--model", model)
    assert do("people", "remove", "Ana") == "Ana and 4 stars were removed.\n"
    assert RatingLog(home(tmp_path) / "ratings.jsonl").users() == ["me"]
    assert "4 ratings were added to those of Ana" in do("people", "import", "ana.safetensors", "--model", model)
    assert "4 ratings were added to those of Ben" in do("people", "import", "ana.safetensors", "Ben", "--model", model)
    do("rank", trips[1], "--model", model, "--person", "Ben")
    assert all(name.startswith("sea") for name in ranking(tmp_path / "piaa_results" / "trip 1")[:3])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rename", "me"], "people rename OLD NEW: 1 words were given"),
        (["remove", "Tom"], "nobody called Tom"),
        (["rename", "Tom", "Ana"], "nobody called Tom"),
        (["rename", "me", " "], "1 to 40 letters"),
        (["export", "Tom", "x.safetensors"], "nobody called Tom"),
        (["export", "me", "x.csv"], "ends in .safetensors"),
        (["import", "nowhere"], "nowhere: there is no such file"),
        (["forget"], "invalid choice"),
    ],
)
def test_every_mistake_is_one_sentence(do, words, sentence):  # noqa: F811
    assert sentence in do("people", *words)


def test_earlier_sessions_go_on(do, tmp_path, model, trips):  # noqa: F811
    """What a browser's cookie led to: ratings of a folder that the cache has seen, and photographs that were added."""
    do("rank", trips[0], "--model", model)
    from piaa_lightning.photos.read_folder import open_store
    from piaa_lightning.runtime.files.user_directories import cache_home

    cache = open_store(cache_home())
    digests = [cache.digest_of(tmp_path / "trip 0" / name) for name in ("sea 0.jpg", "red 0.jpg")]
    cache.close()
    for number, stars in enumerate((5, 1)):
        session = tmp_path / "runs" / "sessions" / f"{number:032x}"
        log = RatingLog(session / "ratings.jsonl")
        log.say("me", {digests[number]: Said(stars)})
        (session / "photos").mkdir()
        (session / "photos" / f"{number}.jpg").write_bytes(b"picture")
        (session / "names.jsonl").write_text(f'["{number}.jpg", "mine {number}.jpg"]\n')
    (tmp_path / "runs" / "sessions" / "something else").mkdir()
    assert "2 earlier sessions were taken over" in do("people", "import", str(tmp_path / "runs" / "sessions"))
    people = Home(home(tmp_path))
    assert people.log.stars("me") == {digests[0]: 5, digests[1]: 1}
    assert people.store.sizes(digests).keys() == set(digests), "what networks saw comes from the cache"
    assert sorted(path.name for path in (home(tmp_path) / "photos").iterdir()) == ["0.jpg", "1.jpg"]
    assert len(list((home(tmp_path) / "taken over").iterdir())) == 2, "nothing is removed"
    people.store.close()
    assert "0 earlier sessions" in do("people", "import", str(tmp_path / "runs" / "sessions"))
    from piaa_lightning.web.uploads import Limits, Uploads

    brought = Uploads(home(tmp_path), Limits())
    assert {brought.name(file) for file in brought.files()} == {"mine 0.jpg", "mine 1.jpg"}
