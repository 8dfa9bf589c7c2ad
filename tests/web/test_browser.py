"""A user's whole way, in a real browser."""

from __future__ import annotations

import shutil
from urllib.parse import urlsplit

import pytest
from playwright import sync_api

from piaa_lightning.web.routes import make_app
from piaa_lightning.web.visitors import COOKIE, Visitors
from tests.web.conftest import serving

from patience import PATIENCE

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here (Debian: apt install chromium)"),
]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
MILLISECONDS = 1000 * PATIENCE


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Open an address as a new user would; errors of the page's scripts fail the test."""
    opened, errors = [], []

    def open_(address, **options):
        context = chromium.new_context(accept_downloads=True, reduced_motion="reduce", **options)
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        opened.append(context)
        return page

    yield open_
    for context in opened:
        context.close()
    assert errors == []


def expect(locator):
    return sync_api.expect(locator)


def names(page):
    return [text.split(": ")[1].split(",")[0] for text in page.locator(".tile").evaluate_all(
        "tiles => tiles.map(tile => tile.getAttribute('aria-label'))")]  # fmt: skip


def rate(page, stars):
    done = page.locator("#steps i.on").count()
    page.keyboard.press(str(stars))
    expect(page.locator("#steps i.on")).to_have_count(done + 1, timeout=MILLISECONDS)


def test_the_whole_way(visitors, prior, limits, twenty, open_page, tmp_path):
    with serving(make_app(visitors, "127.0.0.1", None)) as address:
        page = open_page(address)
        expect(page.locator("#empty")).to_be_visible(timeout=MILLISECONDS)
        page.set_input_files("#files", [str(path) for path in twenty])
        expect(page.locator(".tile")).to_have_count(20, timeout=MILLISECONDS)
        expect(page.locator("#reading")).to_be_hidden(timeout=MILLISECONDS)
        before = names(page)

        for _ in range(10):
            rate(page, 5 if page.get_attribute("#asked-picture", "alt").startswith("sea") else 1)
        expect(page.locator("#order-title")).to_have_text("20 photographs in your order")
        after = names(page)
        assert after != before
        assert all(name.startswith("sea") for name in after[:10]), "what was liked has come first"

        page.reload()
        expect(page.locator("#steps i.on")).to_have_count(10, timeout=MILLISECONDS)
        assert names(page) == after, "a reload keeps state"

        page.locator(".tile").first.click()
        expect(page.locator("#look")).to_be_visible()
        expect(page.locator("#why-text")).to_contain_text("the average of this folder", timeout=MILLISECONDS)
        expect(page.locator("#why-named img").first).to_be_visible()
        page.keyboard.press("m")
        expect(page.locator("#look-map")).to_be_visible()
        page.click("#show-crops")
        expect(page.locator("#crops button")).to_have_count(6, timeout=MILLISECONDS)
        page.keyboard.press("ArrowRight")
        expect(page.locator("#look-name")).to_have_text(after[1])
        page.keyboard.press("Escape")
        page.click("#open-cover")
        expect(page.locator("#cover-grid img")).to_have_count(9, timeout=MILLISECONDS)
        with page.expect_download() as download:
            page.click("#save-cover")
        assert download.value.suggested_filename == "cover.jpg"
        page.keyboard.press("Escape")

        page.click("#open-export")
        for link, name in (("ranking", "ranking.csv"), ("person", "person.safetensors")):
            with page.expect_download() as download:
                page.click(f"#export-{link}")
            assert download.value.suggested_filename == name
            download.value.save_as(tmp_path / name)
        assert (tmp_path / "ranking.csv").read_text().splitlines()[1].split(",")[0] == after[0]
        assert (tmp_path / "person.safetensors").stat().st_size < 2_000_000
        page.keyboard.press("Escape")

        other = open_page(address)  # another browser: another user
        expect(other.locator("#empty")).to_be_visible(timeout=MILLISECONDS)
        other.set_input_files("#files", [str(path) for path in twenty[:4]])
        expect(other.locator(".tile")).to_have_count(4, timeout=MILLISECONDS)
        rate(other, 3)
        page.reload()
        expect(page.locator("#steps i.on")).to_have_count(10, timeout=MILLISECONDS)
        assert names(page) == after
        cookies = page.context.cookies()

    # the server has died; a new one knows the user again
    with serving(make_app(Visitors(visitors.home, prior, None, limits), "127.0.0.1", None)) as address:
        page = open_page("about:blank")
        own = f"{COOKIE}_{urlsplit(address).port}"  # a cookie is of one port, and the new server has another
        known = [{"name": own, "value": cookie["value"], "url": address} for cookie in cookies]
        page.context.add_cookies(known)
        page.goto(address)
        expect(page.locator("#steps i.on")).to_have_count(10, timeout=MILLISECONDS)
        expect(page.locator(".tile")).to_have_count(20, timeout=MILLISECONDS)
        assert names(page) == after


def test_two_users_side_by_side_on_a_phone(visitors, twenty, open_page):
    with serving(make_app(visitors, "127.0.0.1", None)) as address:
        page = open_page(address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        page.set_input_files("#files", [str(path) for path in twenty[:6]])
        expect(page.locator(".tile")).to_have_count(6, timeout=MILLISECONDS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing sticks out"
        rate(page, 5)
        rate(page, 1)
        page.get_by_text("+ person").tap()
        page.locator("#people input").fill("Ben")
        page.keyboard.press("Enter")
        expect(page.locator("#steps i.on")).to_have_count(0, timeout=MILLISECONDS)
        page.get_by_label("2 stars").first.tap()
        expect(page.locator("#steps i.on")).to_have_count(1, timeout=MILLISECONDS)
        rate(page, 4)
        page.click("#open-compare")
        expect(page.locator("#columns section h3")).to_have_text(["everybody", "me", "Ben"], timeout=MILLISECONDS)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="me, 2 rated").tap()
        expect(page.locator("#steps i.on")).to_have_count(2, timeout=MILLISECONDS)
