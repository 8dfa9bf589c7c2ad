"""The first page and the pages of docs/: their commands, links and tables of names are right."""

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

import piaa_lightning
from piaa_lightning.cli.app import MODES
from piaa_lightning.simulation import embedded

from composing import config_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
STUDIES = sorted(ROOT.glob("experiments/*/README.md"))
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
COMMANDS = sorted(set(re.findall(r"^ *\.venv/bin/python -m piaa_lightning (.+)$", TEXT, re.MULTILINE)))


def test_there_are_commands():
    assert len(COMMANDS) >= 20
    assert any("-m " in command for command in COMMANDS)
    own = re.findall(r"^\.venv/bin/python -m piaa_lightning (.+)$", README.read_text(), re.MULTILINE)
    assert len(own) >= 5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_composes(command):
    words = [word for word in shlex.split(command) if not word.startswith("-")]
    jobs = [[]]
    for word in words:  # a sweep is every combination of its comma-separated values
        key, _, value = word.partition("=")
        values = [value] if value.startswith("[") else value.split(",")
        jobs = [[*job, f"{key}={value}"] for job in jobs for value in values]
    for job in jobs:
        cfg = config_of(*job)
        assert cfg.methods or cfg.mode in MODES


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z]+(?:-[a-z]+)*)\b", TEXT, re.MULTILINE))))
def test_every_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def slug(heading: str) -> str:
    """What GitHub, and the site, make of a heading."""
    words = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", heading).strip().lower())
    return re.sub(r"\s", "-", words)


def test_every_linked_file_and_heading_exists():
    broken = []
    for page in [*PAGES, *STUDIES]:
        for link, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8")):
            target = page.parent / link if link else page
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE) if target.suffix == ".md" else []
            if not target.exists() or (anchor and anchor not in map(slug, headings)):
                broken.append(f"{page.relative_to(ROOT)}: {link}#{anchor}")
    assert not broken


def test_the_first_page_is_short_and_narrow():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 160
    assert max(map(len, lines)) <= 120


def test_the_first_page_answers_the_five_questions():
    """docs/five_questions.md says which section answers what; here are the answers."""
    parts = re.split(r"^## (.+)$", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert "make setup" in section["Installation"]
    assert "piaa DIR" in section["For a photographer"]
    assert "experiment=talk_blg_piaa data.root=DIR" in section["For the command line"]
    assert "(docs/extending.md)" in section["Where to read on"]
    assert "## A method" in (ROOT / "docs" / "extending.md").read_text()
    assert "<!-- table: experiments/networks_and_layers/short.csv all -->\n| networks |" in section["What was found"]
    told = (ROOT / "docs" / "five_questions.md").read_text()
    assert all(f"*{name}*" in told for name in ("Installation", "For a photographer", "For the command line"))


def test_sizes_of_databases_are_those_of_their_classes():
    own = [getattr(piaa_lightning, name) for name in piaa_lightning.__all__ if name != "__version__"]
    told = {cls.SOURCE.name: cls.__doc__ for cls in own if hasattr(cls, "SOURCE") and hasattr(cls.SOURCE, "name")}
    for page in (README, ROOT / "docs" / "databases.md"):
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+)\|", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len({name for name, _ in rows}) == 10
        for name, what in rows:
            for number in re.findall(r"\d+,\d{3}|\b\d{3}\b", what):
                assert number in told[name], f"{page.name}: {name} has {number}"


def test_every_command_for_photographs_is_one():
    from piaa_lightning.cli.piaa import COMMANDS as KNOWN

    named = set(re.findall(r"^(?:\.venv/bin/)?piaa ([a-z]+)\b", TEXT, re.MULTILINE))
    assert len(named) >= 5
    assert named <= set(KNOWN)


def test_ones_own_ratings(command, cache, tmp_path):
    """``data=ratings_csv data.root=DIR`` with nothing but ratings.csv and images/."""
    source = embedded.ensure("flickr_aes", "tiny", cache)
    table = pd.read_csv(next(source.glob("*worker.csv")), skipinitialspace=True)
    table.columns = ["user", "image", "score"]
    table.drop_duplicates(["user", "image"]).to_csv(tmp_path / "ratings.csv", index=False)
    (tmp_path / "images").symlink_to(source / "40K")
    done = command(
        "experiment=blg_piaa", "data=ratings_csv", f"data.root={tmp_path}", "shots=10", "logger=none",
        "trainer.fast_dev_run=true", "trainer.enable_progress_bar=false",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())
    assert summary["data"].startswith("ratings_csv")
    rows = {row["method"]: row for row in summary["rows"]}
    assert rows["generic"]["srocc"] == rows["generic + affine"]["srocc"]
    assert "ceiling (true taste)" in summary["left_out"]
