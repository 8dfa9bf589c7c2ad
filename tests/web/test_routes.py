"""The page's routes, without a browser."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from starlette.testclient import TestClient

from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learning.personal_file import load_personal_file
from piaa_lightning.web.album import Album
from piaa_lightning.web.routes import make_app
from piaa_lightning.web.visitors import Visitors
from tests.photos.conftest import GREEN, draw
from tests.photos.images.test_opening import bomb

pytestmark = pytest.mark.slow


MARK = {"X-Piaa": "1"}


def browser(visitors, cookies=None):
    app = make_app(visitors, "127.0.0.1", None)
    client = TestClient(app, base_url="http://localhost:8765", headers=MARK, cookies=cookies)
    client.get("/")
    return client


def bring(client, paths):
    ids = []
    for path in paths:
        answer = client.post("/api/photos", params={"name": path.name}, content=path.read_bytes())
        assert answer.status_code == 200, answer.text
        ids.append(answer.json()["id"])
    return ids


def view(client, **parameters):
    return client.get("/api/view", params=parameters).json()


def rate(client, photo, stars, user="me"):
    return client.post("/api/rate", json={"person": user, "photo": photo, "stars": stars})


@pytest.fixture
def client(visitors):
    return browser(visitors)


@pytest.fixture
def rated(client, twenty):
    """A visitor who likes the sea and has said so ten times, whatever was asked."""
    bring(client, twenty)
    told = view(client)
    for _ in range(10):
        asked = told["ask"][0]
        told = rate(client, asked["id"], 5 if asked["name"].startswith("sea") else 1).json()
    return client


class TestTheWholeWay:
    def test_rate_ten_and_the_rest_falls_into_order(self, rated):
        told = view(rated)
        assert (told["total"], told["rated"], told["learns"]) == (20, 10, True)
        assert [item["place"] for item in told["items"]] == list(range(1, 21))
        assert all(item["name"].startswith("sea") for item in told["items"][:10])
        assert sorted(item["generic_place"] for item in told["items"]) == list(range(1, 21))
        assert not {item["id"] for item in told["ask"]} & {item["id"] for item in told["items"] if item["stars"]}

    def test_one_star_already_says_something_and_taking_back_works(self, client, twenty):
        ids = bring(client, twenty[:4])
        assert view(client)["learns"] is False
        told = rate(client, ids[0], 4).json()
        assert (told["rated"], told["learns"]) == (1, True)
        told = rate(client, ids[1], 2).json()
        assert [item["id"] for item in told["items"]].index(ids[0]) == 0, "four stars stand first"
        assert rate(client, ids[0], None).json()["rated"] == 1

    def test_stars_stand_where_they_are_given_with_the_guess_beside(self, rated):
        items = view(rated)["items"]
        stars = [item["stars"] for item in items]
        assert stars[: stars.count(5)] == [5] * stars.count(5)
        assert stars[-stars.count(1) :] == [1] * stars.count(1)
        for item in items:
            assert 1 <= item["score"] <= 5
            assert item["uncertainty"] > 0

    def test_it_is_there_again_after_the_server_died(self, rated, prior, limits, visitors):
        before = view(rated)
        cookie = rated.cookies["piaa_session_8765"]
        again = browser(Visitors(visitors.home, prior, None, limits), cookies={"piaa_session_8765": cookie})
        for _ in range(200):
            after = view(again)
            if after["total"] == 20:
                break
        keys = [{key: item[key] for key in ("id", "name", "score", "stars")} for item in after["items"]]
        assert keys == [{key: item[key] for key in ("id", "name", "score", "stars")} for item in before["items"]]

    def test_users_of_one_session_keep_their_own_order(self, rated, twenty):
        assert rated.post("/api/people", json={"name": "Ben"}).json() == {"person": "Ben"}
        told = view(rated, person="Ben")
        assert (told["rated"], told["learns"]) == (0, False)
        for item in told["items"][:4] + told["items"][-4:]:
            rate(rated, item["id"], 5 if item["name"].startswith("red") else 1, "Ben")
        assert view(rated, person="Ben")["items"][0]["name"].startswith("red")
        assert view(rated)["person"] == "Ben", "whoever said something last"
        assert view(rated, person="me")["items"][0]["name"].startswith("sea")
        columns = rated.get("/api/compare", params={"count": 3}).json()
        assert [column["name"] for column in columns] == ["everybody", "me", "Ben"]
        assert [len(column["items"]) for column in columns] == [3, 3, 3]

    def test_cover_crops_map_and_large_copy(self, rated):
        told = view(rated)
        photo = told["items"][0]["id"]
        cover = rated.get("/api/cover", params={"person": "me", "count": 4, "diversity": 30}).json()
        assert cover[0]["id"] == photo
        assert len({item["id"] for item in cover}) == 4
        crops = rated.get(f"/photo/{photo}/crops", params={"person": "me"}).json()
        assert [crop["shape"] for crop in crops["crops"]] == ["1:1", "16:9", "9:16", "3:2", "2:3", "4:5"]
        assert crops["better"] == any(crop["score"] > crops["whole"] for crop in crops["crops"])
        glow = Image.open(io.BytesIO(rated.get(f"/photo/{photo}/map", params={"person": "me"}).content))
        assert (glow.size, glow.mode) == ((16, 16), "RGBA")
        large = Image.open(io.BytesIO(rated.get(f"/photo/{photo}/large").content))
        assert large.size == (60, 40)

    def test_why_it_stands_there_names_what_was_rated_here(self, rated):
        items = view(rated)["items"]
        for item in (items[0], items[-1], next(item for item in items if not item["stars"])):
            told = rated.get(f"/photo/{item['id']}/why", params={"person": "me"}).json()
            assert told["text"].startswith("Judged by the other ratings") == bool(item["stars"])
            assert told["named"]
            for one in told["named"]:
                assert f"{one['name']} ({one['stars']} star" in told["text"]
                assert one["id"] != item["id"]
        assert rated.get("/photo/nothing/why", params={"person": "me"}).status_code == 400

    def test_a_crop_is_saved_at_its_full_size_with_its_name(self, rated):
        photo = view(rated)["items"][0]
        crop = rated.get(f"/photo/{photo['id']}/crops", params={"person": "me"}).json()["crops"][0]
        box = ",".join(map(str, crop["box"]))
        answer = rated.get(f"/photo/{photo['id']}/cut", params={"shape": crop["shape"], "box": box})
        left, upper, right, lower = crop["box"]
        size = (round(right * 60) - round(left * 60), round(lower * 40) - round(upper * 40))
        assert Image.open(io.BytesIO(answer.content)).size == size
        name = f"{photo['name'].removesuffix('.jpg')}_1x1.jpg"
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"

    @pytest.mark.parametrize("box", ["", "0,0,1", "0,0,0,1", "-1,0,1,1", "0,0,2,1", "nan,0,1,1", "a,b,c,d"])
    def test_a_part_that_is_none_is_refused(self, rated, box):
        photo = view(rated)["items"][0]["id"]
        assert rated.get(f"/photo/{photo}/cut", params={"shape": "1:1", "box": box}).status_code == 400
        assert rated.get(f"/photo/{photo}/cut", params={"shape": "x", "box": "0,0,1,1"}).status_code == 400

    def test_what_is_below_a_line_is_rejected_in_one_step(self, rated):
        items = view(rated)["items"]
        picked, last = items[15]["id"], items[11]["id"]
        rated.post("/api/rate", json={"person": "me", "photo": picked, "mark": "pick"})
        told = rated.post("/api/line", json={"person": "me", "show": "all", "after": last, "count": 20}).json()
        assert told["rejected"] == 7
        marks = {item["id"]: item["mark"] for item in told["items"]}
        assert [marks[item["id"]] for item in items] == [""] * 12 + ["reject"] * 3 + ["pick"] + ["reject"] * 4
        assert {item["id"]: item["stars"] for item in told["items"]} == {item["id"]: item["stars"] for item in items}
        told = rated.post("/api/undo", json={"person": "me"}).json()
        assert told["steps"] == 7
        assert [item["mark"] for item in told["items"]].count("reject") == 0
        assert rated.post("/api/line", json={"person": "me", "show": "all", "after": ""}).json()["rejected"] == 19
        assert rated.post("/api/line", json={"person": "me", "show": "all", "after": ""}).json()["rejected"] == 0
        for wrong in ({"show": "mine", "after": last}, {"show": "all", "after": "nothing"}):
            assert rated.post("/api/line", json={"person": "me", **wrong}).status_code == 400

    def test_a_cover_is_saved_as_one_picture(self, rated):
        cover = rated.get("/api/cover", params={"person": "me", "count": 4}).json()
        photos = ",".join(photo["id"] for photo in cover)
        answer = rated.get("/export/cover.jpg", params={"photos": photos})
        assert answer.headers["content-disposition"] == "attachment; filename=cover.jpg"
        assert Image.open(io.BytesIO(answer.content)).width == 2400
        for wrong in ("", "nothing", ",".join([cover[0]["id"]] * 61)):
            assert rated.get("/export/cover.jpg", params={"photos": wrong}).status_code == 400

    def test_a_tile_of_a_cover_is_replaced_and_a_rejected_one_never_on_it(self, rated):
        first = rated.get("/api/cover", params={"person": "me", "count": 3}).json()
        without = f"{first[0]['id']},nothing"
        again = rated.get("/api/cover", params={"person": "me", "count": 3, "without": without}).json()
        assert len(again) == 3
        assert first[0]["id"] not in [item["id"] for item in again]
        rated.post("/api/rate", json={"person": "me", "photo": again[0]["id"], "mark": "reject"})
        last = rated.get("/api/cover", params={"person": "me", "count": 20}).json()
        assert again[0]["id"] not in [item["id"] for item in last]
        assert len(last) == 19

    def test_exports(self, rated, prior, tmp_path):
        for what in ("ranking.csv", "contact_sheet.html", "person.safetensors", "person.md"):
            answer = rated.get(f"/export/{what}", params={"person": "me"})
            assert answer.status_code == 200
            assert answer.headers["content-disposition"] == f"attachment; filename={what}"
            (tmp_path / what).write_bytes(answer.content)
        assert (tmp_path / "ranking.csv").read_text().count("\n") == 21
        user = load_personal_file(tmp_path / "person.safetensors", prior)
        assert (user.name, len(user.scores)) == ("me", 10)
        assert (tmp_path / "contact_sheet.html").read_text().count("data:image/jpeg") == 20
        assert rated.get("/export/secrets", params={"person": "me"}).status_code == 400

    def test_a_personal_file_without_stars_is_refused(self, client, twenty):
        bring(client, twenty[:1])
        answer = client.get("/export/person.safetensors", params={"person": "me"})
        assert (answer.status_code, answer.json()["error"][:32]) == (400, "Nothing can be learned yet; rate")

    def test_pages_of_a_long_order(self, rated, monkeypatch):
        from piaa_lightning.web import answers

        monkeypatch.setattr(answers, "PAGE", 8)
        parts = [view(rated, start=start)["items"] for start in (0, 8, 16)]
        assert [len(part) for part in parts] == [8, 8, 4]
        assert [item["place"] for part in parts for item in part] == list(range(1, 21))

    def test_forgetting_removes_everything(self, rated, visitors):
        (directory,) = visitors.home.iterdir()
        assert list(directory.rglob("*.jpg"))
        assert rated.post("/api/forget", json={}).status_code == 200
        assert not directory.exists()


class TestASharedFolder:
    def test_everybody_sees_it_and_their_own(self, prior, tmp_path, limits, photos, twenty):
        store = Store(tmp_path / "seen.sqlite")
        shared = Album(prior, store, photos)
        shared.read(sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.jpg")))
        visitors = Visitors(tmp_path / "sessions", prior, shared, limits)
        one, two = browser(visitors), browser(visitors)
        draw(tmp_path / "own.jpg", GREEN)
        bring(one, [tmp_path / "own.jpg", photos / "red" / "r0.jpg"])
        assert view(one)["total"] == 17, "what lies in the folder already is not there twice"
        assert view(two)["total"] == 16
        assert one.get(f"/photo/{view(two)['items'][0]['id']}/small").status_code == 200
        store.close()

    @pytest.fixture
    def photos(self, tmp_path):
        from tests.photos.conftest import BLUE, RED

        for number in range(8):
            draw(tmp_path / "photos" / "red" / f"r{number}.jpg", RED, number)
            draw(tmp_path / "photos" / "sea" / f"b{number}.jpg", BLUE, 100 + number)
        return tmp_path / "photos"


class TestTwoVisitors:
    def test_they_see_nothing_of_each_other(self, rated, visitors, twenty):
        other = browser(visitors)
        assert view(other)["total"] == 0
        photo = view(rated)["items"][0]["id"]
        for path in (f"/photo/{photo}/large", f"/photo/{photo}/map", f"/photo/{photo}/crops", f"/photo/{photo}/small"):
            assert rated.get(path, params={"person": "me"}).status_code == 200
            assert other.get(path, params={"person": "me"}).status_code in (400, 404)
        assert rate(other, photo, 5).status_code == 400
        assert len(list(visitors.home.iterdir())) == 2
        bring(other, twenty[:1])
        assert view(other)["rated"] == 0, "the same photograph, but not the same stars"

    def test_without_a_session_there_is_nothing(self, visitors):
        client = TestClient(make_app(visitors, "127.0.0.1", None), base_url="http://localhost:8765", headers=MARK)
        for key in ("", "short", "../../../../etc/passwd" + "x" * 21, "a" * 44):
            client.cookies.set("piaa_session_8765", key)
            assert client.get("/api/view").status_code == 401


class TestUploads:
    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("a.jpg", b"no picture", "not an image"),
            ("a.png", bomb(), "pixels"),
            ("a.html", b"<script>alert(1)</script>", "not the name of a photograph"),
            ("a.jpg", bytes(300_000), "larger than"),
        ],
    )
    def test_what_is_no_photograph_leaves_no_trace(self, client, visitors, name, content, words):
        answer = client.post("/api/photos", params={"name": name}, content=content)
        assert answer.status_code == 400
        assert words in answer.json()["error"]
        assert view(client)["total"] == 0
        assert view(client)["skipped"] == [], "told once, to whoever brought it"
        assert not [path for path in visitors.home.rglob("*") if path.suffix in (".jpg", ".png", ".html", ".part")]

    def test_a_photograph_that_comes_twice_is_there_once(self, client, visitors, twenty):
        assert len(set(bring(client, [twenty[0], twenty[0], twenty[1]]))) == 2
        assert view(client)["total"] == 2
        assert len(list(visitors.home.rglob("*.jpg"))) == 2

    def test_nonsense_is_answered_in_a_sentence(self, client, twenty):
        (photo,) = bring(client, twenty[:1])
        for content in (
            b"",
            b"[1]",
            b"{",
            b"[" * 9000,
            json.dumps({"person": "me", "photo": photo, "stars": 9}).encode(),
        ):
            answer = client.post("/api/rate", content=content)
            assert answer.status_code == 400
            assert answer.json()["error"].endswith(".")
        assert (
            client.post("/api/rate", content=b'{"a": "' + b"x" * 20_000 + b'"}').json()["error"].endswith("too long.")
        )
        assert client.post("/api/people", json={"name": ""}).status_code == 400
        assert view(client, start="x", person="nobody")["person"] == "me"


def test_without_photographs_there_is_an_empty_cover(client):
    assert client.get("/api/cover", params={"person": "me"}).json() == []
    assert [column["items"] for column in client.get("/api/compare").json()] == [[]]


def test_the_page_takes_nothing_from_elsewhere(client):
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    text = page.text + "".join(
        client.get(f"/page/{name}").text for name in ("main.js", "style.css", "look.js", "people.js")
    )
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_progress_tells_how_far_reading_is(prior, tmp_path, limits):
    album = Album(prior, Store(tmp_path / "seen.sqlite"), tmp_path)
    album._total, album._done = 10, 3
    told = view(browser(Visitors(tmp_path / "sessions", prior, album, limits)))
    assert told["reading"] == {"done": 3, "total": 10, "trouble": ""}
    assert isinstance(album.shelf(), Shelf)
    album.store.close()
