from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from piaa_lightning.web.routes import make_app
from piaa_lightning.web.serving.guard import is_local


def client(visitors, host="127.0.0.1", token=None, name="localhost:8765"):
    return TestClient(make_app(visitors, host, token), base_url=f"http://{name}", follow_redirects=False)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("me", False),
    ],
)
def test_what_is_local(host, local):
    assert is_local(host) is local


@pytest.mark.parametrize("name", ["localhost:8765", "127.0.0.1:1", "[::1]:8765", "LOCALHOST"])
def test_own_names_are_answered_to(visitors, name):
    assert client(visitors, name=name).get("/").status_code == 200


@pytest.mark.parametrize("name", ["evil.example:8765", "localhost.evil.example", "127.0.0.1.nip.io", "192.168.1.5"])
def test_a_foreign_name_that_points_here_is_refused(visitors, name):
    assert client(visitors, name=name).get("/").status_code == 421


def test_a_host_that_is_none_is_refused(visitors):
    assert client(visitors).get("/", headers={"host": "[::1"}).status_code == 421
    assert client(visitors).get("/", headers={"host": ""}).status_code == 421


class TestOtherSites:
    @pytest.fixture
    def page(self, visitors):
        page = client(visitors)
        page.get("/")
        return page

    def test_the_page_itself_may_change_something(self, page):
        headers = {"X-Piaa": "1", "origin": "http://localhost:8765", "sec-fetch-site": "same-origin"}
        assert page.post("/api/people", json={"name": "Ana"}, headers=headers).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Piaa": "1", "origin": "https://evil.example"},
            {"X-Piaa": "1", "origin": "null"},
            {"X-Piaa": "1", "origin": "http://localhost:9999"},
            {"X-Piaa": "1", "sec-fetch-site": "cross-site"},
            {"X-Piaa": "1", "sec-fetch-site": "same-site"},
        ],
    )
    def test_others_may_not(self, page, headers):
        assert page.post("/api/people", json={"name": "Ana"}, headers=headers).status_code == 403

    def test_others_may_not_look_either_but_a_link_works(self, page):
        assert page.get("/api/view", headers={"sec-fetch-site": "cross-site"}).status_code == 403
        told = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        assert page.get("/", headers=told).status_code == 200


class TestToken:
    def test_nothing_is_there_without_it(self, visitors):
        page = client(visitors, "0.0.0.0", "secret", "studio.local:8765")
        for path in ("/", "/api/view", "/page/main.js", "/?token=wrong", "/?token="):
            assert page.get(path).status_code == 401
        assert page.post("/api/people", json={"name": "Ana"}, headers={"X-Piaa": "1"}).status_code == 401

    def test_it_comes_once_in_the_address_and_stays_in_a_cookie(self, visitors):
        page = client(visitors, "0.0.0.0", "secret", "studio.local:8765")
        answer = page.get("/?token=secret")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        told = answer.headers["set-cookie"].lower()
        assert "httponly" in told
        assert "samesite=lax" in told
        assert page.get("/").status_code == 200
        assert page.get("/api/view").status_code == 200
