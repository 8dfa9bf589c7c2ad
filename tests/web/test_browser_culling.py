"""The page in daily work: nothing is said by accident, nothing is lost, and everything can be taken back."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from piaa_lightning.photos.images.folder import find_photos
from piaa_lightning.photos.images.store import Store
from piaa_lightning.web.album import Album
from piaa_lightning.web.routes import make_app
from piaa_lightning.web.visitors import Visitors
from tests.photos.conftest import BLUE, GREEN, RED, draw
from tests.web.test_browser import MILLISECONDS, chromium, expect, names, open_page, pytestmark  # noqa: F401

MANY = 130  # photographs, more than one part of the order


@pytest.fixture
def trips(tmp_path):
    for number in range(6):
        draw(tmp_path / "trip 0" / f"red {number}.jpg", RED, number)
        draw(tmp_path / "trip 0" / f"sea {number}.jpg", BLUE, 50 + number)
        draw(tmp_path / "trip 1" / f"red {number}.jpg", RED, 100 + number)
        draw(tmp_path / "trip 1" / f"sea {number}.jpg", BLUE, 150 + number)
    return [tmp_path / "trip 0", tmp_path / "trip 1"]


@pytest.fixture
def serve(prior, tmp_path, limits):
    """Serve a folder to the people of this computer, at a port of choice, until the context ends."""

    @contextmanager
    def serving(root, port=0):
        album = Album(prior, Store(tmp_path / "cache.sqlite"), root)
        album.read(find_photos(root).files)
        visitors = Visitors(tmp_path / "people", prior, album, limits, alone=True)
        listening = socket.create_server(("127.0.0.1", port))
        config = uvicorn.Config(make_app(visitors, "127.0.0.1", None), log_level="error", ws="none")
        server = uvicorn.Server(config)
        server.config.timeout_graceful_shutdown = 1
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield listening.getsockname()[1], visitors
        finally:
            server.should_exit = True
            thread.join()
            listening.close()
            album.close()
            album.store.close()

    return serving


def wait(page, text):
    expect(page.locator("#ask-text")).to_contain_text(text, timeout=MILLISECONDS)


def asked(page):
    return page.get_attribute("#asked-picture", "alt")


def press(page, key, text):
    page.keyboard.press(key)
    wait(page, text)


def test_two_folders_two_browsers_and_a_server_that_dies(serve, trips, open_page):  # noqa: F811
    with serve(trips[0]) as (port, _):
        page = open_page(f"http://127.0.0.1:{port}/")
        expect(page.locator(".tile")).to_have_count(12, timeout=MILLISECONDS)
        for count in range(1, 5):
            press(page, "5" if asked(page).startswith("sea") else "1", f"{count} of 10 rated")
    # the server is dead: two answers wait, also over what is seen meanwhile
    page.keyboard.press("5" if asked(page).startswith("sea") else "1")
    expect(page.locator("#lost")).to_contain_text("One answer waits", timeout=MILLISECONDS)
    page.keyboard.press("5" if asked(page).startswith("sea") else "1")
    expect(page.locator("#lost")).to_contain_text("2 answers wait", timeout=MILLISECONDS)
    with serve(trips[0], port) as (_, visitors):
        expect(page.locator("#lost")).to_be_hidden(timeout=MILLISECONDS)
        wait(page, "6 of 10 rated")
        assert len(visitors.session("").log.stars("me")) == 6
        other = open_page(f"http://localhost:{port}/")  # another browser, and another name of the same computer
        wait(other, "6 of 10 rated")
        assert names(other) == names(page)
    with serve(trips[1]) as (port, _):
        page = open_page(f"http://127.0.0.1:{port}/")
        wait(page, "6 of 10 rated, 0 of them here")
        expect(page.locator("#order-title")).to_have_text("12 photographs in your order")
        assert all(name.startswith("sea") for name in names(page)[:6])


def test_nothing_is_said_by_accident(serve, trips, open_page):  # noqa: F811
    with serve(trips[0]) as (port, visitors):
        page = open_page(f"http://127.0.0.1:{port}/")
        log = visitors.session("").log
        wait(page, "0 of 10 rated")
        # Enter opens the large view; Space and a held Enter say nothing there
        page.keyboard.press("Enter")
        expect(page.locator("#look")).to_be_visible()
        assert page.evaluate("document.activeElement.id") == "look-name", "no star has the focus"
        for _ in range(3):
            page.keyboard.down("Enter")
        page.keyboard.press(" ")
        page.keyboard.press("Escape")
        # a key that is held counts once, and the photograph that was asked stays until it is answered
        first = asked(page)
        for _ in range(4):
            page.keyboard.down("3")
        page.keyboard.up("3")
        wait(page, "1 of 10 rated")
        second = asked(page)
        assert second != first
        draw(trips[0] / "new.jpg", GREEN)
        visitors.shared.read(visitors.shared.look_again())
        expect(page.locator(".tile")).to_have_count(13, timeout=MILLISECONDS)
        assert asked(page) == second, "new photographs do not change what a key means"
        # a pointer that rests on the stars lights none of the next photograph's
        page.mouse.move(0, 0)
        page.locator("#asked-stars button").nth(3).click()
        wait(page, "2 of 10 rated")
        expect(page.locator("#asked-stars.still")).to_have_count(1)
        assert page.locator("#asked-stars .on").count() == 0
        assert page.locator("#asked-stars [aria-checked=true]").count() == 0
        colours = page.locator("#asked-stars button").evaluate_all("all => all.map(one => getComputedStyle(one).color)")
        assert len(set(colours)) == 1
        assert sorted(log.stars("me").values()) == [3, 4]


def test_undo_redo_marks_and_choices(serve, trips, open_page):  # noqa: F811
    with serve(trips[0]) as (port, visitors):
        page = open_page(f"http://127.0.0.1:{port}/")
        log = visitors.session("").log
        wait(page, "0 of 10 rated")
        expect(page.locator("#undo")).to_be_disabled()
        first = asked(page)
        press(page, "4", "1 of 10 rated")
        rejected = asked(page)
        page.keyboard.press("x")
        expect(page.locator(".tile.rejected")).to_have_count(1, timeout=MILLISECONDS)
        assert names(page)[-1] == rejected
        page.keyboard.press("Control+z")
        expect(page.locator(".tile.rejected")).to_have_count(0, timeout=MILLISECONDS)
        expect(page.locator("#toasts")).to_contain_text(f"Taken back: {rejected}")
        page.reload()
        wait(page, "1 of 10 rated")
        page.keyboard.press("Backspace")
        wait(page, "0 of 10 rated")
        page.keyboard.press("Control+Shift+Z")
        wait(page, "1 of 10 rated")
        assert list(log.stars("me").values()) == [4]
        page.select_option("#show-what", "mine")
        expect(page.locator(".tile")).to_have_count(1, timeout=MILLISECONDS)
        assert names(page) == [first]
        page.select_option("#show-what", "picked")
        expect(page.locator("#none-shown")).to_be_visible(timeout=MILLISECONDS)
        page.select_option("#show-what", "all")
        expect(page.locator(".tile")).to_have_count(12, timeout=MILLISECONDS)
        # what is said in another window is seen in this one
        other = open_page(f"http://127.0.0.1:{port}/")
        wait(other, "1 of 10 rated")
        press(other, "2", "2 of 10 rated")
        wait(page, "2 of 10 rated")


def test_a_line_is_dragged_and_what_is_below_is_rejected(serve, trips, open_page):  # noqa: F811
    with serve(trips[0]) as (port, _):
        page = open_page(f"http://127.0.0.1:{port}/")
        wait(page, "0 of 10 rated")
        order = names(page)
        page.keyboard.press("l")
        line = page.get_by_role("slider")
        expect(line).to_have_attribute("aria-valuenow", "6")
        page.keyboard.press("ArrowRight")
        expect(line).to_have_attribute("aria-valuetext", "7 above, 5 below")
        assert asked(page), "an arrow on the line skips nothing"
        tile = page.locator(".tile").nth(2)
        box, start = tile.bounding_box(), line.bounding_box()
        page.mouse.move(start["x"] + 30, start["y"] + start["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        expect(line).to_have_attribute("aria-valuenow", "3")
        assert page.locator(".tile.below").count() == 9
        assert names(page) == order, "the line moves, and no photograph does"
        page.keyboard.press("End")
        expect(page.get_by_role("button", name="Reject the 0 below")).to_be_disabled()
        page.keyboard.press("Home")
        for _ in range(3):
            page.keyboard.press("ArrowDown")
        assert names(page) == order
        page.get_by_role("button", name="Reject the 9 below").click()
        expect(page.locator(".tile.rejected")).to_have_count(9, timeout=MILLISECONDS)
        expect(page.locator("#toasts")).to_contain_text("9 rejected")
        assert names(page)[:3] == order[:3]
        expect(page.locator(".line")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(page.locator(".tile.rejected")).to_have_count(0, timeout=MILLISECONDS)
        expect(page.locator("#toasts")).to_contain_text("and 8 more")
        page.select_option("#show-what", "mine")
        expect(page.locator("#open-line")).to_be_hidden(timeout=MILLISECONDS)


def test_the_large_view_goes_through_the_order_as_it_was(serve, tmp_path, open_page, limits):  # noqa: F811
    root = tmp_path / "many"
    for number in range(MANY):
        draw(root / f"{number:03}.jpg", (RED, BLUE, GREEN)[number % 3], number, size=(24, 16))
    with serve(root) as (port, _):
        page = open_page(f"http://127.0.0.1:{port}/")
        expect(page.locator(".tile")).to_have_count(120, timeout=MILLISECONDS)
        page.locator("#more").scroll_into_view_if_needed()
        expect(page.locator(".tile")).to_have_count(MANY, timeout=MILLISECONDS)
        before = names(page)
        page.locator(".tile").nth(124).click()
        page.keyboard.press("5")
        wait(page, "1 of 10 rated")
        expect(page.locator("#look-facts")).to_contain_text("Place 1.", timeout=MILLISECONDS)
        assert page.locator(".tile").count() == MANY, "nothing is cut back"
        page.keyboard.press("ArrowRight")
        expect(page.locator("#look-name")).to_have_text(before[125])
        page.keyboard.press("a")  # go on by itself
        page.keyboard.press("2")
        expect(page.locator("#look-name")).to_have_text(before[126])
        page.keyboard.press("p")
        expect(page.locator("#look-name")).to_have_text(before[127])
        page.keyboard.press("a")
        page.keyboard.press("z")
        expect(page.locator("#zoom[aria-pressed=true]")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("#look")).to_be_hidden()


def test_people_are_managed_on_the_page(serve, trips, open_page, tmp_path):  # noqa: F811
    (tmp_path / "table.csv").write_text("image,stars\nsea 0.jpg,5\nred 0.jpg,1\n")
    with serve(trips[0]) as (port, visitors):
        page = open_page(f"http://127.0.0.1:{port}/")
        wait(page, "0 of 10 rated")
        page.click("#open-person")
        page.set_input_files("#brought", str(tmp_path / "table.csv"))
        expect(page.locator("#toasts")).to_contain_text("2 stars were added to those of me.", timeout=MILLISECONDS)
        wait(page, "2 of 10 rated")
        page.click("#open-person")
        page.click("#bring-stars")
        expect(page.locator("dialog[open] #toasts")).to_contain_text("None of the 12 photographs", timeout=MILLISECONDS)
        page.fill("#new-name", "Tom")
        page.keyboard.press("Enter")
        expect(page.locator("#people")).to_contain_text("Tom", timeout=MILLISECONDS)
        page.on("dialog", lambda dialog: dialog.accept())
        page.click("#open-person")
        page.click("#remove-person")
        expect(page.get_by_role("button", name="me, 0 rated")).to_be_visible(timeout=MILLISECONDS)
        assert visitors.session("").log.users() == ["me"]


def test_dialogs_open_at_their_beginning_and_say_when_there_is_nothing(visitors, open_page):  # noqa: F811
    from tests.web.conftest import serving

    with serving(make_app(visitors, "127.0.0.1", None)) as address:
        page = open_page(address, viewport={"width": 900, "height": 300})
        expect(page.locator("#empty")).to_be_visible(timeout=MILLISECONDS)
        page.click("#open-cover")
        expect(page.locator("#cover-none")).to_be_visible(timeout=MILLISECONDS)
        page.keyboard.press("Escape")
        for name in ("compare", "help", "export"):
            page.click(f"#open-{name}")
            expect(page.locator(f"#{name}")).to_be_visible(timeout=MILLISECONDS)
            assert page.evaluate(f"document.getElementById('{name}').scrollTop") == 0
            assert page.evaluate("document.activeElement.tagName") == "H2"
            page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.id || document.activeElement.className")
        assert focused != "files", "what has the focus is seen"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_stars_stand_out(serve, trips, open_page, scheme):  # noqa: F811
    """WCAG 2.2: 4.5 to 1 for words, 3 to 1 for what else has a meaning; measured on what the browser paints."""
    with serve(trips[0]) as (port, _):
        page = open_page(f"http://127.0.0.1:{port}/", color_scheme=scheme)
        wait(page, "0 of 10 rated")
        press(page, "5", "1 of 10 rated")
        page.locator(".tile").first.click()
        expect(page.locator("#look-stars .on")).to_have_count(5)
        for selector, least in {
            ".main": 4.5, "#ask-text": 4.5, ".words span": 4.5, ".legend": 4.5, "#skip": 4.5, "#look-facts": 4.5,
            "#look-stars .on": 3, "#asked-stars button": 3, ".tile .place": 4.5, "#forget": 4.5,
        }.items():  # fmt: skip
            found = page.evaluate(CONTRAST, selector)
            assert found >= least, f"{selector}: {found:.2f}"


CONTRAST = """selector => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (below, colour) => {
    canvas.fillStyle = `rgb(${below})`; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const element = document.querySelector(selector), grounds = [];
  for (let at = element; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
  const ground = grounds.reduce(over, [255, 255, 255]);
  const [low, high] = [light(ground), light(over(ground, getComputedStyle(element).color))].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""
