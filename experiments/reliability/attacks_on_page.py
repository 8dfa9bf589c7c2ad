"""Attacks on the page, which is served on this machine's own address. Each returns which variants were held."""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from attacks_on_files import Outcomes

OWN = {"X-Piaa": "1"}


class Page:
    """A page that is served in this process.

    Args:
        home: what it keeps lies there.
        token: what everybody has to know; None lets everybody in.
    """

    def __init__(self, home: Path, token: str | None = None) -> None:
        from piaa_lightning.photos.learning.built_in import open_model
        from piaa_lightning.web.serve import serve
        from piaa_lightning.web.serving.listening import listen
        from piaa_lightning.web.uploads import Limits

        listening = listen("127.0.0.1", 0, token)
        self.port, self.home, ready = listening.socket.getsockname()[1], home, threading.Event()
        model, note = _model(open_model)
        limits = Limits(photos=20, bytes_each=20_000_000, bytes_all=60_000_000)
        served = (listening, model, home / "sessions", home / "cache", None, note, limits, ready.set)
        threading.Thread(target=serve, args=served, daemon=True).start()
        ready.wait()
        time.sleep(0.5)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        patience: float = 120,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request; return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        connection.putrequest(method, path, skip_host="Host" in (headers or {}))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return told

    def visitor(self) -> dict[str, str]:
        """Return the headers of somebody who opened the page."""
        _, headers, _ = self.ask("GET", "/")
        return {"Cookie": headers["set-cookie"].split(";")[0], **OWN}

    def bring(self, visitor: Mapping[str, str], name: str, content: bytes) -> tuple[int, Any]:
        """Upload a file."""
        status, _, body = self.ask("POST", f"/api/photos?name={name}", visitor, content)
        return status, json.loads(body)


@cache
def _model(opening: Callable[[None], Any]) -> Any:
    return opening(None)


@cache
def page(home: Path) -> Page:
    """Return the page that all attacks share."""
    return Page(home)


def picture(width: int, height: int) -> bytes:
    """Return a PNG file of noise."""
    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((width, height)).save(file, "png", compress_level=1)
    return file.getvalue()


def hosts(home: Path) -> Outcomes:
    """Foreign names that were made to point to this machine."""
    shared = page(home.parent / "page")
    foreign = (
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "192.168.1.5",
        "0.0.0.0",
        "[::ffff:1]",
        "",
        "a b",
    )
    found = {f"Host: {name}": shared.ask("GET", "/", {"Host": name})[0] in (400, 421) for name in foreign}
    found["two of them"] = shared.ask("GET", "/", {"Host": "localhost", "host": "evil.example"})[0] != 200
    return found


def other_sites(home: Path) -> Outcomes:
    """Requests that other sites' pages make in a visitor's browser."""
    shared = page(home.parent / "page")
    visitor = shared.visitor()
    cookie = {"Cookie": visitor["Cookie"]}
    tries = {
        "a form": {},
        "its own origin": {**OWN, "Origin": "https://evil.example"},
        "no origin": {**OWN, "Origin": "null"},
        "another port": {**OWN, "Origin": "http://localhost:1"},
        "cross-site": {**OWN, "Sec-Fetch-Site": "cross-site"},
        "same-site": {**OWN, "Sec-Fetch-Site": "same-site"},
        "another mark": {"X-Piaa": "0"},
        "plain text": {"Content-Type": "text/plain"},
    }
    found = {}
    for name, headers in tries.items():
        for path in ("/api/people", "/api/forget"):
            status = shared.ask("POST", path, {**cookie, **headers}, b'{"name": "Eve"}')[0]
            found[f"{name}: {path}"] = status == 403
    for path in ("/api/view", "/export/ranking.csv"):
        found[f"a picture's address: {path}"] = (
            shared.ask("GET", path, {**cookie, "Sec-Fetch-Site": "cross-site"})[0] == 403
        )
    _, headers, _ = shared.ask("GET", "/")
    found["framed"] = "frame-ancestors 'none'" in headers["content-security-policy"]
    found["scripts of others"] = "script-src 'self'" in headers["content-security-policy"]
    return found


def paths(home: Path) -> Outcomes:
    """Paths that climb out of what is served."""
    shared = page(home.parent / "page")
    visitor = shared.visitor()
    climbing = (
        "/page/../routes.py",
        "/page/..%2froutes.py",
        "/page/%2e%2e/routes.py",
        "/page/..%5croutes.py",
        "/page//etc/passwd",
        "/page/%00",
        "/photo/../../etc/passwd/small",
        "/photo/..%2f..%2fetc%2fpasswd/large",
        "/photo/%2e%2e/small",
        "/export/..%2f..%2fratings.jsonl",
        "/export/ranking.csv%00",
        "/photo/" + "a" * 64 + "/large",
    )
    return {path: shared.ask("GET", path, visitor)[0] in (400, 404, 405) for path in climbing}


def uploads(home: Path) -> Outcomes:
    """Files with hostile names and contents, and more of them than there is room for."""
    shared = page(home.parent / "page")
    visitor, small = shared.visitor(), picture(64, 48)
    found = {}
    for name in ("..%2f..%2fa.png", "C:%5ca.png", "%00.png", "a.png%0d%0aX:%201", "%ff%fe.png", "x" * 3000 + ".png"):
        status, _ = shared.bring(visitor, name, small)
        found[f"a name: {name[:40]}"] = status in (200, 400)
    kept = [path for path in (shared.home / "sessions").rglob("*") if path.is_file()]
    found["nothing outside"] = all(path.is_relative_to(shared.home) for path in kept)
    for name, content in {
        "a.html": small,
        "a.svg": small,
        "a.jpg": b"%!PS",
        "b.png": b"\x89PNG\r\n\x1a\n",
        "c.gif": small,
    }.items():
        found[f"{name} of {content[:4]!r}"] = shared.bring(visitor, name, content)[0] == 400
    crowd = shared.visitor()
    large = picture(64, 48) + bytes(9_000_000)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: shared.bring(crowd, f"{number}.png", large), range(12)))
    sizes: dict[Path, int] = {}
    for path in (shared.home / "sessions").rglob("*.png"):
        sizes[path.parent] = sizes.get(path.parent, 0) + path.stat().st_size
    found["12 of 9 MB at once with room for 60"] = max(sizes.values()) <= 60_000_000
    found["no place of the server is told"] = str(shared.home) not in str(shared.bring(visitor, "a.png", b"no picture"))
    return found


def sessions(home: Path) -> Outcomes:
    """Keys that somebody else made up, and what belongs to others."""
    shared = page(home.parent / "page")
    visitor, other = shared.visitor(), shared.visitor()
    name = visitor["Cookie"].split("=")[0]
    _, told = shared.bring(visitor, "a.png", picture(80, 60))
    found = {}
    for key in ("A" * 43, "..", "", "a" * 44, "../../../../etc/passwd" + "x" * 21, '"; x="'):
        found[f"made up: {key[:20]}"] = shared.ask("GET", "/api/view", {"Cookie": f"{name}={key}", **OWN})[0] == 401
    for what in ("small", "large", "map", "crops"):
        status = shared.ask("GET", f"/photo/{told['id']}/{what}?person=me", other)[0]
        found[f"another's photograph: {what}"] = status in (400, 404)
    body = json.dumps({"person": "me", "photo": told["id"], "stars": 5}).encode()
    found["another's photograph: a star"] = shared.ask("POST", "/api/rate", other, body)[0] == 400
    for stars in ("1e999", "1.5", "true", "99", '"5"', "[5]", "-1", "NaN"):
        body = f'{{"person": "me", "photo": "{told["id"]}", "stars": {stars}}}'.encode()
        found[f"stars: {stars}"] = shared.ask("POST", "/api/rate", visitor, body)[0] == 400
    found["the visitor is not locked out"] = shared.ask("GET", "/api/view", visitor)[0] == 200
    return found


def tokens(home: Path) -> Outcomes:
    """Guesses of a token, and a right one that leads elsewhere."""
    guarded = Page(home, "secret")
    found = {}
    for path in ("/", "/api/view", "/page/main.js", "/?token=", "/?token=wrong", "/?token=secre", "/?token=secret%00"):
        found[path] = guarded.ask("GET", path)[0] == 401
    for path in ("//evil.example/?token=secret", "/%5cevil.example/?token=secret", "///evil.example?token=secret"):
        status, headers, _ = guarded.ask("GET", path)
        place = headers.get("location", "/")
        found[path] = status != 303 or (place.startswith("/") and place[1:2] not in ("/", "\\"))
    found["the right one"] = guarded.ask("GET", "/?token=secret")[0] == 303
    return found


def connections(home: Path) -> Outcomes:
    """Connections that bring half a request, more than are served at once."""
    shared = page(home.parent / "page")
    begun = (
        b"",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"POST /api/rate HTTP/1.1\r\nHost: loc",
    )
    held = []
    for number in range(240):
        one = socket.create_connection(("127.0.0.1", shared.port))
        one.sendall(begun[number % len(begun)])
        held.append(one)
    end, served = time.monotonic() + 60, False
    while not served and time.monotonic() < end:
        time.sleep(1)
        served = shared.ask("GET", "/")[0] == 200
    for one in held:
        one.close()
    return {f"half a request, {number}": served for number in range(len(held))}


def shares(home: Path) -> Outcomes:
    """Eighty crops of an 8-megapixel picture at once, while another visitor asks for one."""
    shared = page(home.parent / "page")
    greedy, other = shared.visitor(), shared.visitor()
    _, many = shared.bring(greedy, "large.png", picture(3264, 2448))
    _, one = shared.bring(other, "small.png", picture(320, 240))
    done: list[str] = []

    def crops(who: Mapping[str, str], photo: str, name: str, patience: float) -> int:
        try:
            status = shared.ask("GET", f"/photo/{photo}/crops?person=me", who, patience=patience)[0]
        except TimeoutError:
            return 0
        done.append(name)
        return status

    with ThreadPoolExecutor(90) as pool:
        asked = [pool.submit(crops, greedy, many["id"], "greedy", 30) for _ in range(80)]
        time.sleep(1)
        status = pool.submit(crops, other, one["id"], "other", 100).result()
        before = done.index("other") if "other" in done else len(done)
        answers = [wish.result() for wish in asked]
    # those that wait longer than they like give up, which costs the server nothing
    held = status == 200 and before <= 20 and set(answers) <= {0, 200, 429}
    return {f"crop {number}": held for number in range(80)}


ATTACKS: Mapping[str, Callable[[Path], Outcomes]] = {
    made.__name__: made for made in (hosts, other_sites, paths, uploads, sessions, tokens, connections, shares)
}
