"""Groups on the page: one of each is shown, asked for and put on a cover."""

from __future__ import annotations

import pytest

from tests.photos.conftest import BLUE, GREEN, RED, draw
from tests.web.test_people import open_folder, wait_for  # noqa: F401  (fixture)
from tests.web.test_routes import browser, rate, view


@pytest.fixture
def grouped(open_folder, tmp_path):  # noqa: F811
    """A folder with three photographs, one of them in five formats."""
    for number, kind in enumerate(("jpg", "jpeg", "png", "webp", "tif")):
        draw(tmp_path / "trip" / f"0.{kind}", RED, number)
    draw(tmp_path / "trip" / "1.jpg", BLUE)
    draw(tmp_path / "trip" / "2.jpg", GREEN)
    client = browser(open_folder(tmp_path / "trip"))
    wait_for(lambda: view(client)["shown"] == 3)
    return client


def test_one_of_each_is_shown_and_the_rest_one_step_away(grouped):
    told = view(grouped)
    assert (told["total"], sorted(item["group"] for item in told["items"])) == (7, [1, 1, 5])
    burst = next(item for item in told["items"] if item["group"] == 5)
    others = view(grouped, show=f"group {burst['id']}")["items"]
    assert len(others) == 5
    assert others[0]["id"] == burst["id"], "the best is the one that stands for them"
    assert len(view(grouped, show="all")["items"]) == 7
    assert grouped.get("/api/view", params={"show": "group nothing"}).status_code == 400


def test_one_of_each_is_asked_for_and_none_of_a_burst_that_was_rated(grouped):
    burst = next(item for item in view(grouped)["items"] if item["group"] == 5)
    assert len(view(grouped)["ask"]) == 3
    told = rate(grouped, burst["id"], 2).json()
    assert len(told["ask"]) == 2
    others = view(grouped, show=f"group {burst['id']}")["items"]
    told = rate(grouped, others[-1]["id"], 5).json()
    assert next(item["id"] for item in told["items"] if item["group"] == 5) == others[-1]["id"], (
        "the best of them is shown"
    )


def test_a_burst_goes_below_the_line_as_a_whole(grouped):
    items = view(grouped)["items"]
    place = next(place for place, item in enumerate(items) if item["group"] == 5)
    after = items[place - 1]["id"] if place else ""
    told = grouped.post("/api/line", json={"person": "me", "show": "best", "after": after}).json()
    assert told["rejected"] == 5 + len(items) - place - 1
    assert len(view(grouped, show="rejected")["items"]) == told["rejected"]


def test_one_of_each_stands_on_a_cover(grouped):
    cover = grouped.get("/api/cover", params={"person": "me", "count": 9, "diversity": 0}).json()
    assert sorted(item["group"] for item in cover) == [1, 1, 5]
