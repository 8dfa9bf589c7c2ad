"""Try the part for photographs as it is installed: an order, a cover, side-cars, and the page, on drawn pictures.

    python experiments/own_photographs/try_installed.py

It uses the installed ``piaa`` and says how long what took; .github/workflows/photos.yml runs it on three systems.
"""

from __future__ import annotations

import csv
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from PIL import Image

COUNT = 6
ABSENT = ("learn2learn", "pytorch_lightning", "hydra", "wandb")
PAGE_SECONDS = 300


def main() -> None:
    """Draw pictures, and do with them what people do."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        root = Path(place) / "my pictures, drawn"
        root.mkdir()
        for number in range(COUNT):
            Image.effect_noise((900, 600), 15 + 25 * number).convert("RGB").save(root / f"{number}.jpg")
        table = Path(place) / "stars.csv"
        table.write_text("image,stars\n0.jpg,5\n5.jpg,1\n", encoding="utf-8")
        home = {**os.environ, "PIAA_CACHE": str(Path(place) / "cache"), "PIAA_DATA": str(Path(place) / "data")}

        piaa(home, place, "rank", str(root), "--ratings", str(table), "--why", "--to", "results")
        with (Path(place) / "results" / "ranking.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert (len(rows), rows[0]["image"], rows[-1]["image"]) == (COUNT, "0.jpg", "5.jpg"), rows
        piaa(home, place, "cover", str(root), "--count", "3", "--to", "results")
        piaa(home, place, "learn", str(root), "--ratings", str(table))
        piaa(home, place, "write", str(root), "--yes")
        assert len(list(root.glob("*.xmp"))) == 2, "one side-car for each star"
        page(home, place, root)
    print("not there, and not missed:", *(name for name in ABSENT if not there(name)))


def piaa(environment: dict[str, str], place: str, *arguments: str) -> None:
    """Run a command; a failure ends the trial."""
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "piaa_lightning.cli.piaa", *arguments], cwd=place, env=environment, check=True
    )
    print(f"piaa {arguments[0]}: {time.monotonic() - started:.1f} s", flush=True)


def page(environment: dict[str, str], place: str, root: Path) -> None:
    """Start the page, wait until it has read the pictures, and end it."""
    command = [sys.executable, "-m", "piaa_lightning.cli.piaa", str(root), "--no-browser", "--port", "0"]
    started = time.monotonic()
    with subprocess.Popen(command, cwd=place, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found, "the address comes first"
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
            assert b"<title>" in browser.open(found[0], timeout=PAGE_SECONDS).read()
            told: dict[str, int] = {}
            while told.get("total") != COUNT:
                assert time.monotonic() - started < PAGE_SECONDS, told
                time.sleep(0.2)
                told = json.load(browser.open(f"{found[0]}api/view", timeout=PAGE_SECONDS))
            print(f"page with {COUNT} photographs: {time.monotonic() - started:.1f} s", flush=True)
        finally:
            server.terminate()


def there(name: str) -> bool:
    """Say whether a library is installed, without importing it."""
    from importlib.util import find_spec

    return find_spec(name) is not None


if __name__ == "__main__":
    main()
