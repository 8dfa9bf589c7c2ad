"""``piaa``: what people with photographs type, what they get, and what they are told."""

from __future__ import annotations

import ast
import csv
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

import piaa_lightning
from piaa_lightning.cli import piaa, piaa_commands
from piaa_lightning.cli.plain_words import plain_words
from tests.cli.test_start_up import HEAVY, HYDRA, ROOT, run
from tests.photos.conftest import BLUE, RED, draw, make_prior

from patience import PATIENCE

pytestmark = pytest.mark.processes

JARGON = re.compile(r"\b(prior|SROCC|flickr_aes|hydra|user|support|query|config|override|experiment)\b", re.IGNORECASE)


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> str:
    directory = tmp_path_factory.mktemp("a model")
    make_prior().save(directory, "for tests")
    return str(directory)


@pytest.fixture
def folder(tmp_path):
    """Make a folder of red and blue photographs of a name, and a table that rates some of them."""

    def make(name: str) -> Path:
        root = tmp_path / name
        for number in range(3):
            draw(root / f"red {number}.jpg", RED, number)
            draw(root / f"sea {number}.jpg", BLUE, number)
        (tmp_path / "my table.csv").write_text("image,score\nred 0.jpg,1\nred 1.jpg,2\nsea 0.jpg,5\nsea 1.jpg,4\n")
        return root

    return make


@pytest.fixture
def do(tmp_path, cache, monkeypatch, capsys):
    """Type a command in an empty directory; return what it printed, or the sentence that it left with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIAA_CACHE", str(cache))
    monkeypatch.setenv("PIAA_DATA", str(tmp_path / "data"))

    def typed(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["piaa", *arguments])
        capsys.readouterr()
        try:
            piaa.main()
        except SystemExit as left:
            if left.code:
                return str(left.code)
        return capsys.readouterr().out

    return typed


def ranking(directory: Path) -> list[str]:
    with (directory / "ranking.csv").open(newline="", errors="surrogateescape") as file:
        return [row["image"] for row in csv.DictReader(file)]


NAMES = [
    "plain",
    "two words",
    "a,b",
    "[2024] (Rom) {x}",
    "a=b",
    "#1",
    "it's",
    "图片 Ελλ",
    "-dash",
    "2020.10",
    "$HOME `id`",
    os.fsdecode(b"latin1_\xe9"),
]


@pytest.mark.parametrize("name", NAMES)
def test_learning_and_the_command_that_it_prints_can_be_pasted(do, folder, model, tmp_path, name):
    root = folder(name)
    place = str(root) if name.startswith("-") else name
    said = do("learn", place, "--ratings", "my table.csv", "--person", "my taste.safetensors", "--model", model)
    assert "learnt from 4 ratings" in said
    (use,) = re.findall(r"^Use it: (.*)$", said, re.MULTILINE)
    # a shell gives the words back as they are
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {use}"], capture_output=True, check=True, cwd=tmp_path
    ).stdout.split(b"\0")[:-1]
    pasted = [os.fsdecode(word) for word in words]
    assert pasted[:2] == ["piaa", "rank"]
    said = do(*pasted[1:])
    assert "all 6 photographs" in said
    order = ranking(tmp_path / "piaa_results" / name)
    assert len(order) == 6
    assert (tmp_path / "piaa_results" / name / "contact_sheet.html").stat().st_size > 1000
    assert sorted(path.name for path in root.iterdir()) == sorted(order), "nothing is written among the photographs"


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems have no such names")
def test_a_photograph_whose_name_is_no_text(do, folder, model, tmp_path):
    root = folder("holiday")
    odd = os.fsdecode(b"caf\xe9.jpg")
    draw(root / "x.jpg", BLUE)
    (root / "x.jpg").rename(root / odd)
    said = do("rank", "holiday", "--model", model)
    assert said.isprintable() or "\n" in said
    assert "caf\\xe9.jpg" in said
    assert odd in ranking(tmp_path / "piaa_results" / "holiday")
    said = do("cover", "holiday", "--model", model, "--count", "7", "--to", "out")
    assert "caf\\xe9.jpg" in said
    do("crop", "holiday", "--model", model, "--shapes", "1:1", "--write", "--to", "out")
    assert (tmp_path / "out" / "crops" / os.fsdecode(b"caf\xe9_jpg_1x1.jpg")).exists()


def test_why_each_photograph_stands_where_it_stands(do, folder, model, tmp_path):
    folder("holiday")
    said = do("rank", "holiday", "--ratings", "my table.csv", "--why", "--model", model)
    with (tmp_path / "piaa_results" / "holiday" / "ranking.csv").open(newline="") as file:
        rows = {row["image"]: row["why"] for row in csv.DictReader(file)}
    assert len(rows) == 6
    assert "sea 0.jpg (5 stars)" in rows["sea 2.jpg"]
    assert rows["sea 0.jpg"].startswith("Judged by the other ratings, ")
    assert all(sentence in said for sentence in rows.values())
    assert "the average of this folder" not in do("rank", "holiday", "--model", model)


def test_of_a_burst_the_best_is_shown_and_the_table_has_all(do, folder, model, tmp_path):
    root = folder("holiday")
    draw(root / "sea 0.png", BLUE, 50)  # one shot in two formats
    said = do("rank", "holiday", "--ratings", "my table.csv", "--group", "--model", model)
    assert "all 7 photographs; contact_sheet.html beside it shows one of each of 6 groups" in said
    assert "  sea 0.jpg +1\n" in said
    assert "sea 0.png" not in said
    out = tmp_path / "piaa_results" / "holiday"
    with (out / "ranking.csv").open(newline="") as file:
        rows = {row["image"]: row["group"] for row in csv.DictReader(file)}
    assert len(rows) == 7
    assert {name for name, best in rows.items() if name != best} == {"sea 0.png"}
    assert rows["sea 0.png"] == "sea 0.jpg", "which has five stars"
    said = do("learn", "holiday", "--ratings", str(out / "ranking.csv"), "--person", "x.safetensors", "--model", model)
    assert "learnt from 4 ratings" in said, "other columns are no matter"
    sheet = (out / "contact_sheet.html").read_text()
    assert (sheet.count("data:image/jpeg"), sheet.count("+1</b> more like it")) == (6, 1)
    do("rank", "holiday", "--model", model)
    assert (out / "contact_sheet.html").read_text().count("data:image/jpeg") == 7
    do("cover", "holiday", "--model", model, "--count", "9", "--to", "out")
    assert len((tmp_path / "out" / "cover.csv").read_text().splitlines()) == 1 + 6
    assert not (tmp_path / "out" / "cover.jpg").exists()
    assert "the same as one picture" in do("cover", "holiday", "--model", model, "--picture", "--to", "out")
    with Image.open(tmp_path / "out" / "cover.jpg") as picture:
        assert picture.width == 2400


def test_a_name_cannot_move_the_cursor(do, folder, model):
    root = folder("escape")
    (root / "red 0.jpg").rename(root / "\x1b[2Jred.jpg")
    assert "\x1b" not in do("rank", "escape", "--model", model)


@pytest.mark.parametrize("typed", [["rate", "photos"], ["photos"], ["photos", "--port", "0"]])
def test_the_browser_is_opened_at_the_printed_address(do, folder, model, monkeypatch, typed):
    folder("photos")
    opened, served = [], []
    monkeypatch.setenv("BROWSER", "none")
    monkeypatch.setattr(piaa_commands.webbrowser, "open", opened.append)

    def serve(listening, model, sessions, cache, folder, note, ready, alone):
        assert alone
        served.append((folder.root.name, sessions))
        ready()
        listening.socket.close()

    monkeypatch.setattr("piaa_lightning.web.serve.serve", serve)
    said = do(*typed, "--model", model)
    (address,) = re.findall(r"^Open (http://127\.0\.0\.1:\d+/) in a browser", said)
    for _ in range(200):
        if not opened:
            signal.sigtimedwait([], 0.05)
    assert opened == [address]
    assert served[0][0] == "photos"
    assert served[0][1].is_absolute(), "the same sessions in whatever directory the command is typed"


def test_the_address_comes_first_and_the_page_is_there(folder, model, tmp_path, cache):
    folder("photos")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PIAA_CACHE": str(cache), "PIAA_DATA": str(tmp_path / "d")}
    server = subprocess.Popen(
        [sys.executable, "-m", "piaa_lightning.cli.piaa", "photos", "--no-browser", "--port", "0", "--model", model],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = re.fullmatch(r"Open (http://\S+) in a browser; end with Ctrl-C\.\n", server.stdout.readline())
        assert address
        with urllib.request.urlopen(address[1], timeout=PATIENCE) as answer:
            assert b"<title>" in answer.read()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=PATIENCE)


def test_photographs_are_read_without_hydra_and_lightning(folder, model, tmp_path, cache, monkeypatch):
    folder("photos")
    monkeypatch.setenv("PIAA_CACHE", str(cache))
    for command in (["rank"], ["cover", "--count", "2"], ["learn", "--ratings", "my table.csv"]):
        said, imported = run(tmp_path, "piaa_lightning.cli.piaa", command[0], "photos", *command[1:], "--model", model)
        assert "6 photographs in photos" in said
        assert "torch" in imported
        # pandas and wandb come with torch and timm where they are installed
        assert imported & {*HYDRA, "pytorch_lightning", "lightning_fabric", "learn2learn", "torchmetrics"} == set()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--help"], "usage: piaa [COMMAND] DIR"),
        (["rank", "--help"], "usage: piaa rank"),
        (["--version"], f"piaa {piaa_lightning.__version__}"),
        ([], "usage: piaa [COMMAND] DIR"),
        (["/nowhere"], "piaa: /nowhere: this does not exist; give the directory that holds the photographs."),
        (["rank", "/nowhere"], "piaa: /nowhere: this does not exist"),
        (["rnak", "photos"], "piaa: rnak: there is no such command and no such folder; did you mean rank?"),
        (["rank"], "piaa: the following arguments are required: DIR; `piaa rank --help` shows what can be given."),
        (["rank", "a", "b"], "piaa: unrecognized arguments: b; `piaa --help` shows what can be given."),
        (["rank", "full", "--person", "no.safetensors"], "--person no.safetensors: there is no such file"),
        (["learn", "full", "--ratings", "no.csv"], "--ratings no.csv: there is no such file"),
        (["cover", "full", "--count", "0"], "--count is a number from 1"),
        (["cover", "."], "there is no photograph in it"),
        (["mode=foo"], "piaa_lightning: mode=foo: there is no such mode"),
    ],
)
def test_answered_without_reading_a_photograph(tmp_path, arguments, sentence):
    if "full" in arguments:
        draw(tmp_path / "full" / "a.jpg", RED)
    said, imported = run(tmp_path, "piaa_lightning.cli.piaa", *arguments)
    assert sentence in said
    assert imported & {*HEAVY, *HYDRA} == set()
    assert JARGON.search(said) is None or "mode=" in arguments[0]


def test_another_folder_of_photographs_may_have_an_equals_sign(do, tmp_path):
    (tmp_path / "mode=predict").mkdir()
    assert "there is no photograph in it" in do("mode=predict")


def test_a_taken_port_is_no_mistake(do, folder, model, monkeypatch):
    import socket

    folder("photos")
    monkeypatch.setattr("piaa_lightning.web.serve.serve", lambda listening, *more, **named: listening.socket.close())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f":{port}/" not in do("photos", "--no-browser", "--port", str(port), "--model", model)


def sentences() -> list[str]:
    """Everything that people could be told by what ``piaa`` uses."""
    found = []
    package = Path(piaa_lightning.__file__).parent
    listening = package / "web" / "serving" / "listening.py"
    files = [*package.glob("photos/**/*.py"), listening, package / "pipeline" / "open_published.py"]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                parts = [part for part in ast.walk(node.exc) if isinstance(part, ast.JoinedStr | ast.Constant)]
                texts = [ast.unparse(part) for part in parts if isinstance(part, ast.JoinedStr)] or [
                    str(part.value) for part in parts
                ]
                found += [text.removeprefix("f").strip("'\"") for text in texts]
    return found


def test_people_are_told_of_options_and_not_of_keys():
    told = [plain_words(sentence) for sentence in sentences()]
    assert len(told) > 20
    wrong = [text for text in told if re.search(r"\b(photos|ratings|person|prior|mode|web\.\w+|paths\.\w+)=", text)]
    assert [text for text in wrong if "`python -m piaa_lightning mode=export`" not in text] == []


def test_printed_commands_are_quoted_for_the_shell():
    from piaa_lightning.runtime.terminal import command_line

    for words in (["a b", "c'd"], ["$HOME", "`id`", "*", "~"], ["#", ";", "&", "\\"], ["图片", ""]):
        assert shlex.split(command_line(words)) == words
