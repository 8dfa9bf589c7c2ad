"""Draw the page's screenshots in ``docs/figures``: photographs that may be shown, rated by one who likes wide views.

    python experiments/own_photographs/screenshots.py PHOTOGRAPHS [PRIOR]

PHOTOGRAPHS is a directory; whose they are stands in ``docs/figures/ATTRIBUTION.md``. PRIOR is a published model
(``mode=export``), by default the one out of the box. Needs Chromium.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from piaa_lightning.photos.images.folder import find_photos
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learning.built_in import open_model
from piaa_lightning.web.album import Album
from piaa_lightning.web.routes import make_app
from piaa_lightning.web.uploads import Limits
from piaa_lightning.web.visitors import Visitors

FIGURES = Path(__file__).parents[2] / "docs" / "figures"
RATED = 5
# by a word in the name of the file; 3 for the others
STARS = {"sunset": 5, "picos": 5, "aitzgorri": 5, "Bridge": 4, "life": 2, "friends": 2, "Picture": 1, "Wine": 2}
PATIENCE = 1000 * float(os.environ.get("PIAA_TEST_PATIENCE", "900"))  # ms


def main(photographs: str, place: str | None) -> None:
    """Serve, rate, look."""
    prior, _ = open_model(place)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        files = find_photos(Path(photographs)).files
        for file in files:
            shutil.copy(Path(photographs) / file, home)
        album = Album(prior, Store(home / "seen.sqlite"), home)
        album.read(sorted(files))
        stars = {file: next((count for word, count in STARS.items() if word in file), 3) for file in files}
        app = make_app(Visitors(home / "sessions", prior, album, Limits()), "127.0.0.1", None)
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            draw(f"http://127.0.0.1:{listening.getsockname()[1]}/", stars)
        finally:
            server.should_exit = True
            thread.join()
            album.store.close()


def draw(address: str, stars: dict[str, int]) -> None:
    """Take the images of the page on a laptop and on a phone."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        laptop = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        laptop.set_default_timeout(PATIENCE)
        page = laptop.new_page()
        page.goto(address)
        page.wait_for_selector(".tile")
        for count in range(RATED):
            page.keyboard.press(str(stars[page.get_attribute("#asked-picture", "alt") or ""]))
            expect(page.locator("#steps i.on")).to_have_count(count + 1, timeout=PATIENCE)
        settle(page)
        page.screenshot(path=FIGURES / "page_laptop.jpg", type="jpeg", quality=82)
        page.locator(".tile").nth(1).click()
        page.click("#show-crops")
        page.wait_for_selector("#crops button")
        page.keyboard.press("m")
        while not page.evaluate("document.getElementById('look-map').naturalWidth"):
            page.wait_for_timeout(200)
        settle(page)
        page.screenshot(path=FIGURES / "page_look.jpg", type="jpeg", quality=82)
        phone = browser.new_context(
            viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True, color_scheme="dark"
        )
        phone.set_default_timeout(PATIENCE)
        phone.add_cookies([{"name": c["name"], "value": c["value"], "url": address} for c in laptop.cookies()])
        page = phone.new_page()
        page.goto(address)
        page.wait_for_selector(".tile")
        settle(page)
        page.screenshot(path=FIGURES / "page_phone.jpg", type="jpeg", quality=82)
        browser.close()


def settle(page: Page) -> None:
    """Wait until everything that is seen has come."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
