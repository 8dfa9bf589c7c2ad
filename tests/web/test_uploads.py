from __future__ import annotations

import asyncio

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.web.uploads import Limits, Uploads, plain_name


def send(uploads, name, content, piece=1000):
    async def body():
        for start in range(0, len(content), piece):
            yield content[start : start + piece]

    return asyncio.run(uploads.receive(name, body()))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.jpg", "/abs/a.jpg", "C:\\Windows\\a.jpg", "..\\..\\a.jpg", "a\0/../b.jpg", "...jpg.jpg"]
)
def test_no_name_leaves_the_directory(tmp_path, name):
    uploads = Uploads(tmp_path / "visitor", Limits())
    stored = send(uploads, name, b"content")
    assert (tmp_path / "visitor" / "photos" / stored).read_bytes() == b"content"
    assert {path.name for path in tmp_path.iterdir()} == {"visitor"}
    assert len(list((tmp_path / "visitor" / "photos").iterdir())) == 1
    assert "/" not in uploads.name(stored)
    assert "\\" not in uploads.name(stored)


def test_a_name_is_shown_as_it_was_given(tmp_path):
    uploads = Uploads(tmp_path, Limits())
    stored = send(uploads, "Ferien <1> 'ä'.JPG", b"x")
    assert uploads.name(stored) == "Ferien <1> 'ä'.JPG"
    assert Uploads(tmp_path, Limits()).name(stored) == "Ferien <1> 'ä'.JPG", "after a restart too"
    assert Uploads(tmp_path, Limits()).files() == [stored]


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a", "", "a.jpg.exe", "a.php"])
def test_what_is_called_no_photograph_is_refused(tmp_path, name):
    with pytest.raises(UserError, match="not the name of a photograph"):
        send(Uploads(tmp_path, Limits()), name, b"x")
    assert not list(tmp_path.rglob("*.part"))


def test_bounds_on_size_number_and_all_together(tmp_path):
    uploads = Uploads(tmp_path, Limits(photos=3, bytes_each=5000, bytes_all=9000))
    with pytest.raises(UserError, match="larger than"):
        send(uploads, "a.jpg", bytes(5001))
    send(uploads, "a.jpg", bytes(5000))
    with pytest.raises(UserError, match="larger than"):
        send(uploads, "b.jpg", bytes(4001))
    send(uploads, "b.jpg", bytes(3000))
    send(uploads, "c.jpg", bytes(1000))
    with pytest.raises(UserError, match="3 photographs already"):
        send(uploads, "d.jpg", b"x")
    assert len(list((tmp_path / "photos").iterdir())) == 3, "nothing of what was refused is left"


def test_what_a_stopped_server_left_half_written_is_removed(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / ".abc.part").write_bytes(b"half")
    uploads = Uploads(tmp_path, Limits())
    assert uploads.files() == []
    assert not list(tmp_path.rglob("*.part"))


def test_long_names_keep_their_ending():
    assert plain_name("x" * 500 + ".heic") == ("x" * 115 + ".heic")
