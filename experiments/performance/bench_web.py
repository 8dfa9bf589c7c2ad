"""Does the page keep up? ``make bench-web`` prints it and writes ``runs/bench/bench_web.json``.

1. Images of 12 megapixels per second: JPEGs of drawn clouds, decoded, seen by both networks of the model out of the
   box and kept; by one of them alone; and again, when they are known. The seconds of a core that an image takes are
   measured too: they hardly depend on what else the machine does.
2. Seconds from a rating to the new order, at the 95th percentile, for 1,000 and 20,000 images: over HTTP, and,
   where there is a Chromium, in its page, from the key that is pressed to the tiles that have moved. What the network
   saw is drawn.
3. Memory of the process that serves 20,000, and the size of a personal file of 1,000 ratings.

``--quick`` tries everything out in small; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from harness import Results, Target, child, peak_memory
from PIL import Image
from scipy.ndimage import gaussian_filter

from piaa_lightning.data.ratings import Scale
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf, read_photos
from piaa_lightning.photos.images.store import KeptImage, NetworkView, Store
from piaa_lightning.photos.learning.built_in import built_in_model
from piaa_lightning.photos.learning.personal_file import PersonalFile
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.runtime.allocator import keep_freed_memory
from piaa_lightning.web.album import Album
from piaa_lightning.web.routes import make_app
from piaa_lightning.web.uploads import Limits
from piaa_lightning.web.visitors import COOKIE, Visitors


def clouds(path: Path, width: int, height: int, seed: int) -> None:
    """Write a JPEG with detail at every size, as images have it: about 4 MB at 12 megapixels."""
    random = np.random.default_rng(seed)
    image = random.normal(0, 9, (height, width, 3)).astype(np.float32)
    for step in (4, 16, 64, 256):
        rough = random.normal(0, 22, (height // step + 2, width // step + 2, 3)).astype(np.float32)
        image += gaussian_filter(rough, (0.8, 0.8, 0)).repeat(step, 0).repeat(step, 1)[:height, :width]
    Image.fromarray((image + 128).clip(0, 255).astype(np.uint8)).save(path, quality=88)


def reading(results: Results, quick: bool) -> None:
    """Measure 1."""
    count, size = (6, (800, 600)) if quick else (120, (4000, 3000))
    both = built_in_model().networks
    one = PhotoNetworks(build_backbone("mobilenetv2"), both.description[:1])
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for seed in range(3):
            clouds(root / f"drawn{seed}.jpg", *size, seed)
        for number in range(count):  # other files with the same pixels: what comes after a JPEG's end is not read
            content = (root / f"drawn{number % 3}.jpg").read_bytes()
            (root / f"photo{number}.jpg").write_bytes(content + str(number).encode())
        results.medians["size of an image, MB"] = len(content) / 1e6
        files = [f"photo{number}.jpg" for number in range(count)]
        torch.set_num_threads(1)
        for name, networks in (("one network", one), ("both networks", both)):
            store = Store(root / f"{name}.sqlite")
            list(read_photos(networks, store, root, ["drawn0.jpg"]))
            for what in (f"read by {name}", "known already")[: 1 + (networks is both)]:
                start, used = time.perf_counter(), time.process_time()
                assert not [reason for *_, reason in read_photos(networks, store, root, files) if reason]
                results.medians[f"{what}, images/s"] = count / (time.perf_counter() - start)
                results.medians[f"{what}, ms of a core each"] = 1000 * (time.process_time() - used) / count
            store.close()
    results.targets["read by both networks, images/s"] = Target(20, at_least=True)
    results.targets["read by one network, images/s"] = Target(40, at_least=True)


def drawn_album(prior: PublishedModel, directory: Path, count: int) -> Album:
    """Return an album of so many images that nobody took; all show the same small image."""
    random = np.random.default_rng(0)
    small = directory / "small.jpg"
    clouds(small, 400, 300, 0)
    store = Store(directory / "seen.sqlite")
    album = Album(prior, store, directory)
    for start in range(0, count, 1000):
        numbers = range(start, min(start + 1000, count))
        networks = prior.networks
        rows = np.abs(random.normal(0, 0.5, (len(numbers), networks.features))).astype(np.float16)
        cuts = np.cumsum(networks.blocks)[:-1]
        digests = [f"{number:064x}" for number in numbers]
        image = small.read_bytes()
        store.keep(
            KeptImage(digest, 4000, 3000, image, dict(zip(networks.keys, _views(row, cuts, random), strict=True)))
            for digest, row in zip(digests, rows, strict=True)
        )
        album.take([(f"photo{number}.jpg", digest, "") for number, digest in zip(numbers, digests, strict=True)])
    return album


def _views(row: np.ndarray, cuts: np.ndarray, random: np.random.Generator) -> list[NetworkView]:
    """Part a row into what each network saw; the last one gives a score, too."""
    parts = np.split(row, cuts)
    scores = [None] * (len(parts) - 1) + [float(random.uniform(0.3, 0.5))]
    return [NetworkView(part, score) for part, score in zip(parts, scores, strict=True)]


@contextmanager
def served(visitors: Visitors) -> Iterator[int]:
    """Serve the page on a free port."""
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(visitors, "127.0.0.1", None), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def over_http(port: int, key: str, ratings: int) -> list[float]:
    """Return the seconds of ratings, each of the image that is asked for."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"X-Piaa": "1", "Cookie": f"{COOKIE}_{port}={key}"}

    def answer(method: str, path: str, said: object = None) -> dict[str, list[dict[str, str]]]:
        connection.request(method, path, json.dumps(said), headers)
        told: dict[str, list[dict[str, str]]] = json.loads(connection.getresponse().read())
        return told

    told, seconds = answer("GET", "/api/view"), []
    for number in range(ratings):
        photo = told["ask"][0]["id"]
        start = time.perf_counter()
        told = answer("POST", "/api/rate", {"person": "me", "photo": photo, "stars": 1 + number % 5})
        seconds.append(time.perf_counter() - start)
    connection.close()
    return seconds


IN_PAGE = """(key) => new Promise((done) => {
  const start = performance.now();
  const painted = () => requestAnimationFrame(() => setTimeout(() => done((performance.now() - start) / 1000)));
  const seen = new MutationObserver(() => { seen.disconnect(); painted(); });
  seen.observe(document.getElementById("grid"), { childList: true });
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
})"""


def in_chromium(port: int, key: str, ratings: int) -> list[float] | None:
    """Return the seconds from a key to painted tiles; None where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context()
        context.add_cookies([{"name": f"{COOKIE}_{port}", "value": key, "url": f"http://127.0.0.1:{port}"}])
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector(".tile")
        seconds = [page.evaluate(IN_PAGE, str(1 + number % 5)) for number in range(ratings)]
        browser.close()
    return seconds


def latencies(count: int, ratings: int, browser: bool) -> dict[str, float]:
    """Measure 2 and 3 for one number of images, in a process of its own."""
    keep_freed_memory()
    prior = built_in_model()
    with tempfile.TemporaryDirectory() as directory:
        album = drawn_album(prior, Path(directory), count)
        visitors = Visitors(Path(directory) / "sessions", prior, album, Limits())
        with served(visitors) as port:
            found = {"over HTTP": over_http(port, visitors.new_key(), ratings)}
            painted = in_chromium(port, visitors.new_key(), ratings) if browser else None
            if painted is not None:
                found["in Chromium"] = painted
        album.store.close()
    told = {f"{count} images, {way}, p95 s": float(np.quantile(times, 0.95)) for way, times in found.items()}
    return {**told, f"{count} images, MiB": peak_memory()}


def personal_file(results: Results) -> None:
    """Measure the personal file."""
    prior = built_in_model()
    names = [str(number) for number in range(1000)]
    seen = PhotoFeatures(torch.rand(1000, prior.networks.features).half(), torch.rand(1000))
    stars = {number: float(1 + number % 5) for number in range(1000)}
    user = PersonalFile.learnt("you", prior, Shelf(names, names, [(4, 3)] * 1000, seen), stars, Scale(1, 5))
    results.medians["personal file of 1000 ratings, MB"] = len(user.bytes()) / 1e6
    results.targets["personal file of 1000 ratings, MB"] = Target(5)


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="in small, for a try")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="where the json goes")
    parser.add_argument("--images", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    ratings = 5 if arguments.quick else 60
    if arguments.images:
        print(json.dumps(latencies(arguments.images, ratings, not arguments.quick)))
        return
    keep_freed_memory()
    results = Results()
    reading(results, arguments.quick)
    many = 300 if arguments.quick else 20_000
    for count, bound in ((many, 1.0),) if arguments.quick else ((1000, 0.3), (many, 1.0)):
        quick = ["--quick"] if arguments.quick else []
        found = child([sys.argv[0], "--images", str(count), *quick])
        results.medians |= found
        results.targets |= {name: Target(bound) for name in found if name.endswith("p95 s")}
    results.targets[f"{many} images, MiB"] = Target(2048)
    personal_file(results)
    results.print()
    results.write(arguments.out / "bench_web.json")


if __name__ == "__main__":
    main()
