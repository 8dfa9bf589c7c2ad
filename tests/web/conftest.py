"""A page for two visitors, on a prior that sees colours."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from piaa_lightning.web.uploads import Limits
from piaa_lightning.web.visitors import Visitors
from tests.photos.conftest import BLUE, RED, draw, make_prior


@pytest.fixture(scope="session")
def prior():
    return make_prior()


@pytest.fixture
def limits() -> Limits:
    return Limits(photos=30, bytes_each=200_000, bytes_all=2_000_000, pixels=1_000_000)


@pytest.fixture
def visitors(prior, tmp_path, limits):
    known = Visitors(tmp_path / "sessions", prior, None, limits)
    yield known
    known.close()


@pytest.fixture
def twenty(tmp_path) -> list[Path]:
    """Ten red and ten blue images."""
    found = []
    for number in range(10):
        for name, colour in (("red", RED), ("sea", BLUE)):
            path = tmp_path / "mine" / f"{name}{number}.jpg"
            draw(path, colour, seed=number + 50 * (name == "sea"))
            found.append(path)
    return found


@contextmanager
def serving(app):
    """Serve an app on a free port of this machine, in a thread; yields its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
