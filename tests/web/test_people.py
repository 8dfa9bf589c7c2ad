"""People on a computer of one's own: the same in every browser and folder, and several by name."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from piaa_lightning.photos.images.folder import find_photos
from piaa_lightning.photos.images.store import Store
from piaa_lightning.users.rating_log import RatingLog
from piaa_lightning.web.album import Album
from piaa_lightning.web.visitors import Visitors
from tests.photos.conftest import BLUE, GREEN, RED, draw
from tests.web.test_routes import bring, browser, rate, view

from patience import PATIENCE


@pytest.fixture
def open_folder(prior, tmp_path, limits):
    """Start the page on a folder, as ``piaa DIR`` does, on people who are kept in one place."""
    opened = []

    def start(root: Path | None) -> Visitors:
        shared = None
        if root is not None:
            shared = Album(prior, Store(tmp_path / "cache.sqlite"), root)
            shared.read(find_photos(root).files)
        opened.append(Visitors(tmp_path / "people", prior, shared, limits, alone=True))
        return opened[-1]

    yield start
    for visitors in opened:
        visitors.close()
        if visitors.shared:
            visitors.shared.store.close()


@pytest.fixture
def trips(tmp_path):
    for trip in range(2):
        for number in range(5):
            draw(tmp_path / f"trip {trip}" / f"red {number}.jpg", RED, 10 * trip + number)
            draw(tmp_path / f"trip {trip}" / f"sea {number}.jpg", BLUE, 100 + 10 * trip + number)
    return [tmp_path / "trip 0", tmp_path / "trip 1"]


def like_the_sea(client, count=6):
    for item in view(client)["items"][:count]:
        rate(client, item["id"], 5 if item["name"].startswith("sea") else 1)
    return view(client)


def test_every_browser_is_the_same_visitor(open_folder, trips):
    visitors = open_folder(trips[0])
    one = browser(visitors)
    told = like_the_sea(one)
    other = browser(visitors, cookies={"piaa_session": "something else"})
    assert view(other)["items"] == told["items"]
    assert (view(other)["rated"], view(other)["alone"], view(other)["folder"]) == (6, True, "trip 0")


def test_a_second_folder_is_in_my_order_at_once(open_folder, trips):
    before = view(browser(open_folder(trips[1])))
    assert (before["learns"], before["rated"]) == (False, 0)
    like_the_sea(browser(open_folder(trips[0])))
    told = view(browser(open_folder(trips[1])))
    assert (told["learns"], told["rated"], told["here"], told["unseen"]) == (True, 6, 0, 0)
    assert all(item["name"].startswith("sea") for item in told["items"][:5])
    assert all(item["stars"] is None for item in told["items"])


def test_what_was_dropped_beside_one_folder_is_not_shown_beside_another(open_folder, trips, tmp_path):
    draw(tmp_path / "green.jpg", GREEN)
    bring(browser(open_folder(trips[0])), [tmp_path / "green.jpg"])
    assert view(browser(open_folder(trips[1])))["total"] == 10
    assert view(browser(open_folder(None)))["total"] == 0
    again = browser(open_folder(trips[0]))
    wait_for(lambda: view(again)["total"] == 11)


def wait_for(true):
    for _ in range(int(20 * PATIENCE)):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_people_are_renamed_and_removed_one_by_one(open_folder, trips):
    client = browser(open_folder(trips[0]))
    like_the_sea(client)
    client.post("/api/people", json={"name": "Ana"})
    rate(client, view(client)["items"][0]["id"], 3, "Ana")
    assert client.post("/api/people", json={"do": "rename", "person": "me", "name": "Tom"}).json() == {"person": "Tom"}
    assert view(client, person="Tom")["rated"] == 6
    assert client.post("/api/people", json={"do": "remove", "person": "Ana"}).json() == {"person": "Tom"}
    assert [one["name"] for one in view(client)["people"]] == ["Tom"]
    assert client.post("/api/people", json={"do": "remove", "person": "Ana"}).status_code == 400


def test_a_photograph_that_was_added_can_be_removed_and_one_of_the_folder_not(open_folder, trips, tmp_path):
    client = browser(open_folder(trips[0]))
    draw(tmp_path / "green.jpg", GREEN)
    (photo,) = bring(client, [tmp_path / "green.jpg"])
    of_folder = next(item["id"] for item in view(client)["items"] if item["id"] != photo)
    assert client.post("/api/remove", json={"photo": of_folder}).status_code == 400
    assert client.post("/api/remove", json={"photo": photo}).status_code == 200
    assert view(client)["total"] == 10
    assert not list((tmp_path / "people").rglob("*.jpg"))
    assert len(list(trips[0].iterdir())) == 10


class TestImports:
    def test_a_personal_file(self, open_folder, trips):
        first = browser(open_folder(trips[0]))
        like_the_sea(first)
        content = first.get("/export/person.safetensors", params={"person": "me"}).content
        client = browser(open_folder(trips[1]))
        client.post("/api/people", json={"name": "Ana"})
        answer = client.post("/api/import", params={"person": "Ana", "name": "me.safetensors"}, content=content)
        assert answer.json() == {"told": "6 ratings were added to those of Ana."}
        told = view(client, person="Ana")
        assert all(item["name"].startswith("sea") for item in told["items"][:5])
        client = browser(open_folder(trips[0]))
        stars = [item["stars"] for item in view(client, person="Ana")["items"] if item["stars"]]
        assert sorted(stars) == sorted(item["stars"] for item in view(client, person="me")["items"] if item["stars"])

    def test_a_table_and_ones_own_stars_come_back(self, open_folder, trips):
        client = browser(open_folder(trips[0]))
        before = like_the_sea(client)
        table = client.get("/export/stars.csv", params={"person": "me"}).content
        assert table.decode().splitlines()[0] == "image,stars"
        assert table.count(b"\n") == 7
        client.post("/api/people", json={"name": "Ana"})
        answer = client.post("/api/import", params={"person": "Ana", "name": "stars.csv"}, content=table)
        assert answer.json()["told"] == "6 stars were added to those of Ana."
        assert view(client, person="Ana")["items"] == before["items"]
        answer = client.post("/api/import", params={"person": "Ana", "name": "stars.csv"}, content=table)
        assert "6 photographs had your stars already, which stay" in answer.json()["told"]
        client.post("/api/undo", json={"person": "Ana"})
        assert view(client, person="Ana")["rated"] == 0, "all of it is one step"

    def test_stars_of_other_programs(self, open_folder, trips):
        packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        packet += "<r:Description xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='4'/></r:RDF></x:xmpmeta>"
        (trips[0] / "sea 0.jpg.xmp").write_text(packet)
        client = browser(open_folder(trips[0]))
        answer = client.post("/api/import", params={"person": "me", "name": "stars"})
        assert answer.json()["told"].startswith("1 stars were added")
        assert [item["name"] for item in view(client)["items"] if item["stars"] == 4] == ["sea 0.jpg"]

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("a.csv", b"image,stars\nnowhere.jpg,3\n", "a.csv: rates no photograph"),
            ("a.csv", b"name;what\nx;1\n", "a.csv: the first line must name"),
            ("a.safetensors", b"no", "a.safetensors: the personal file is damaged"),
            ("a.txt", b"no", "a.txt: bring a table"),
            ("stars", b"", "None of the 10 photographs"),
        ],
    )
    def test_what_cannot_be_used_is_one_sentence(self, open_folder, trips, name, content, words):
        client = browser(open_folder(trips[0]))
        answer = client.post("/api/import", params={"person": "me", "name": name}, content=content)
        assert answer.status_code == 400
        assert words in answer.json()["error"]
        assert "/tmp" not in answer.json()["error"]


class TestMarksAndUndo:
    def test_a_rejected_photograph_comes_last_and_is_not_asked_for(self, open_folder, trips):
        client = browser(open_folder(trips[0]))
        told = like_the_sea(client, 2)
        first = told["ask"][0]["id"]
        told = client.post("/api/rate", json={"person": "me", "photo": first, "mark": "reject"}).json()
        assert (told["items"][-1]["id"], told["items"][-1]["mark"]) == (first, "reject")
        assert first not in [item["id"] for item in told["ask"]]
        assert told["rated"] == 2, "it is no star"
        told = client.post("/api/undo", json={"person": "me"}).json()
        assert told["items"][-1]["mark"] == ""
        assert told["changed"] == [first]
        told = client.post("/api/undo", json={"person": "me", "way": "redo"}).json()
        assert told["items"][-1]["mark"] == "reject"

    def test_stars_and_marks_change_each_alone(self, open_folder, trips):
        client = browser(open_folder(trips[0]))
        photo = view(client)["items"][0]["id"]
        rate(client, photo, 4)
        told = client.post("/api/rate", json={"person": "me", "photo": photo, "mark": "pick"}).json()
        assert [(item["stars"], item["mark"]) for item in told["items"] if item["id"] == photo] == [(4, "pick")]
        told = rate(client, photo, None).json()
        assert [(item["stars"], item["mark"]) for item in told["items"] if item["id"] == photo] == [(None, "pick")]
        assert client.post("/api/rate", json={"person": "me", "photo": photo, "mark": "x"}).status_code == 400

    @pytest.mark.parametrize("stars", [0, 6, 4.0, 4.5, True, "4", [4]])
    def test_the_page_gives_whole_stars(self, open_folder, trips, stars):
        client = browser(open_folder(trips[0]))
        assert rate(client, view(client)["items"][0]["id"], stars).status_code == 400

    def test_undo_goes_on_after_a_restart(self, open_folder, trips):
        photos = [item["id"] for item in like_the_sea(browser(open_folder(trips[0])), 3)["items"] if item["stars"]]
        client = browser(open_folder(trips[0]))
        for count in (2, 1, 0, 0):
            assert client.post("/api/undo", json={"person": "me"}).json()["rated"] == count
        assert len(photos) == 3

    def test_choices_of_what_is_shown(self, open_folder, trips):
        client = browser(open_folder(trips[0]))
        told = like_the_sea(client, 4)
        newest = [item["id"] for item in view(client, show="mine")["items"]]
        assert len(newest) == 4
        rate(client, newest[-1], 3)
        assert [item["id"] for item in view(client, show="mine")["items"]] == [newest[-1], *newest[:-1]]
        unrated = view(client, show="unrated")
        assert (unrated["shown"], unrated["total"]) == (6, 10)
        assert all(item["stars"] is None for item in unrated["items"])
        surprises = view(client, show="surprising")["items"]
        apart = [abs(item["stars"] - item["score"]) for item in surprises]
        assert apart == sorted(apart, reverse=True)
        assert len(surprises) == 4
        client.post("/api/rate", json={"person": "me", "photo": told["items"][-1]["id"], "mark": "pick"})
        assert [item["mark"] for item in view(client, show="picked")["items"]] == ["pick"]
        assert view(client, show="rejected")["items"] == []
        assert client.get("/api/view", params={"show": "x"}).status_code == 400


def test_copies_have_the_same_stars_and_lose_them_together(open_folder, trips):
    (trips[0] / "sea 0 copy.jpg").write_bytes((trips[0] / "sea 0.jpg").read_bytes() + b"\0")
    client = browser(open_folder(trips[0]))
    ids = {item["name"]: item["id"] for item in view(client)["items"]}
    told = rate(client, ids["sea 0.jpg"], 5).json()
    assert [item["name"] for item in told["items"] if item["stars"]] == ["sea 0 copy.jpg", "sea 0.jpg"]
    assert told["here"] == 2
    assert rate(client, ids["sea 0 copy.jpg"], None).json()["here"] == 0


class TestAFolderThatChanges:
    def test_what_comes_goes_and_changes_is_seen(self, prior, tmp_path, trips):
        store = Store(tmp_path / "cache.sqlite")
        album = Album(prior, store, trips[0])
        album.read(find_photos(trips[0]).files)
        version = album.version
        album.read(album.look_again())
        assert album.version == version, "nothing has changed, and no page need ask again"
        draw(trips[0] / "new.jpg", GREEN)
        (trips[0] / "red 0.jpg").unlink()
        draw(trips[0] / "sea 0.jpg", GREEN, 7)
        os.utime(trips[0] / "sea 0.jpg", (1, 1))
        assert album.look_again() == ["new.jpg", "sea 0.jpg"]
        assert "red 0.jpg" not in album.shelf().files
        album.read(["new.jpg", "sea 0.jpg"])
        shelf = album.shelf()
        assert sorted(shelf.files) == find_photos(trips[0]).files
        assert len(shelf.seen) == len(shelf.digests) == len(shelf.sizes) == 10
        assert album.progress().done == album.progress().total
        assert album.look_again() == []
        store.close()

    def test_of_two_copies_the_other_one_stays(self, prior, tmp_path, trips):
        (trips[0] / "a copy.jpg").write_bytes((trips[0] / "sea 0.jpg").read_bytes())
        store = Store(tmp_path / "cache.sqlite")
        album = Album(prior, store, trips[0])
        album.read(find_photos(trips[0]).files)
        assert len(album.shelf().files) == 10
        (trips[0] / "a copy.jpg").unlink()
        album.look_again()
        assert "sea 0.jpg" in album.shelf().files
        store.close()

    def test_folders_of_programs_stay_where_they_were_asked_for(self, prior, tmp_path, trips):
        (trips[0] / "@eaDir").mkdir()
        (trips[0] / "sea 0.jpg").rename(trips[0] / "@eaDir" / "sea 0.jpg")
        store = Store(tmp_path / "cache.sqlite")
        for asked, count in ((True, 10), (False, 9)):
            folder = find_photos(trips[0], asked)
            album = Album(prior, store, folder.root, all_folders=folder.all_folders)
            album.read(folder.files)
            assert album.look_again() == []
            assert len(album.shelf().files) == count
        store.close()

    def test_a_folder_that_is_away_is_not_an_empty_one(self, prior, tmp_path, trips):
        store = Store(tmp_path / "cache.sqlite")
        album = Album(prior, store, trips[0])
        album.read(find_photos(trips[0]).files)
        trips[0].rename(tmp_path / "away")
        assert album.look_again() == []
        assert len(album.shelf().files) == 10
        (tmp_path / "away").rename(trips[0])
        for file in trips[0].iterdir():
            file.unlink()
        album.look_again()
        assert album.shelf().files == []
        store.close()

    def test_reading_that_fails_is_told_and_goes_on(self, prior, tmp_path, trips, monkeypatch):
        store = Store(tmp_path / "cache.sqlite")
        album = Album(prior, store, trips[0])
        monkeypatch.setattr("piaa_lightning.web.album.PAUSE", 0.01)
        keep, full = store.keep, threading.Event()

        def on_a_full_disk(images):
            if not full.is_set():
                raise OSError(28, "No space left on device")
            keep(images)

        monkeypatch.setattr(store, "keep", on_a_full_disk)
        thread = threading.Thread(target=album.watch, args=(find_photos(trips[0]).files,))
        thread.start()
        wait_for(lambda: album.trouble)
        assert "No space left on device" in album.trouble
        full.set()
        wait_for(lambda: len(album.shelf().files) == 10 and not album.trouble)
        assert album.progress().done == album.progress().total == 10
        album.close()
        thread.join()
        store.close()


def test_what_another_window_says_moves_the_version(open_folder, trips):
    client = browser(open_folder(trips[0]))
    assert view(client)["items"]
    before = client.get("/api/version").json()
    assert client.get("/api/version").json() == before
    like_the_sea(client, 1)
    after = client.get("/api/version").json()
    assert after != before
    log = RatingLog(Path(next(trips[0].parent.glob("people/ratings.jsonl"))))
    log.undo("me")  # another server on the same people
    assert client.get("/api/version").json() not in (before, after)


def test_a_name_that_is_no_text_is_shown(open_folder, trips):
    (trips[0] / "sea 0.jpg").rename(trips[0] / os.fsdecode(b"caf\xe9.jpg"))
    (trips[0] / "sea 1.jpg").write_bytes(b"no picture")
    (trips[0] / "sea 1.jpg").rename(trips[0] / os.fsdecode(b"broken \xe9.jpg"))
    client = browser(open_folder(trips[0]))
    told = view(client)
    assert "caf\\xe9.jpg" in [item["name"] for item in told["items"]]
    assert [one["name"] for one in told["skipped"]] == ["broken \\xe9.jpg"]
    photo = next(item["id"] for item in told["items"] if item["name"].startswith("caf"))
    rate(client, photo, 5)
    for what in ("ranking.csv", "stars.csv", "contact_sheet.html"):
        assert b"caf" in client.get(f"/export/{what}", params={"person": "me"}).content
