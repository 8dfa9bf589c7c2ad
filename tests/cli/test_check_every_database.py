"""``mode=check`` on the embedded copy of each database, as it is written and after every sort of damage."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.cli.app import dispatch
from piaa_lightning.cli.commands.check import inspect
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.open_data import read_table
from piaa_lightning.simulation import aadb, ava, embedded, eva, flickr_aes, lapis, para, psychoflickr, real_cur

from composing import config_of


def cell(column: int, delimiter: str = ",") -> Callable[[str, str], str]:
    """Replace a cell of a line."""

    def change(line: str, value: str) -> str:
        cells = line.split(delimiter)
        return delimiter.join([*cells[:column], value, *cells[column + 1 :]])

    return change


@dataclass(frozen=True)
class Database:
    """What is in an embedded copy, and how it can be damaged.

    Args:
        counts: lines of the check, by what was looked at, as the writer's layout gives them.
        labels: the file of labels.
        score: replaces the label in one of its lines.
        too_high: a label out of range.
        said: of that label.
        image: replaces the name of the image, or what of it is in the file.
        doubled: what is said of a line that stands there twice more: the check's line and its first word.
        needed: files and directories without which nothing can be read, and what is said to be looked for.
    """

    counts: dict[str, int]
    labels: str
    score: Callable[[str, str], str]
    too_high: str
    said: str
    image: Callable[[str, str], str]
    doubled: tuple[str, str]
    needed: dict[str, str]


def crowd(layout, **more: int) -> dict[str, int]:
    """Counts of a layout with an amount; one line of ratings is there twice unless ``more`` says otherwise."""
    amount = layout.amount
    again = more.get("duplicated ratings", 1)
    counts = {"images": amount.images, "users": amount.users, "ratings": amount.ratings + again}
    return counts | {"duplicated ratings": again, "missing images": 1, **more}


FLICKR, PSYCHO, CUR = (module.LAYOUTS["tiny"] for module in (flickr_aes, psychoflickr, real_cur))
AADB_LISTS = "imgListFiles_label"
DATABASES = {
    "aadb": Database(
        {"images": aadb.LAYOUTS["tiny"].images, "users": 0, "ratings": 0, "missing images": 1},
        f"{AADB_LISTS}/imgListTrainRegression_score.txt",
        cell(1, " "),
        "1.01",
        r"score '1\.01' is not a number in 0\.\.1",
        cell(0, " "),
        ("duplicated images", "1"),
        {
            AADB_LISTS: "imgListFiles_label/imgListTrainRegression_score.txt or a csv with the column ImageFile",
            f"{AADB_LISTS}/imgListTestNewRegression_score.txt": "imgListTestNewRegression_score.txt",
            f"{AADB_LISTS}/imgListTrainRegression_DoF.txt": "imgListTrainRegression_DoF.txt",
        },
    ),
    "ava": Database(
        {"images": ava.LAYOUTS["tiny"].rows, "users": 0, "ratings": 0, "missing images": 0},
        "AVA.txt",
        cell(2, " "),
        "-1",
        "column 3 holds -1 instead of a whole number",
        cell(1, " "),
        ("duplicated images", "1"),
        {"AVA.txt": "AVA.txt or AVA_dataset/AVA.txt", "images": "images or image or"},
    ),
    "eva": Database(
        crowd(eva.LAYOUTS["tiny"], **{"images without labels": eva.LAYOUTS["tiny"].unrated}),
        "data/votes_filtered.csv",
        cell(2, "="),
        "11",
        r"score '11\.0' is not a number in 0\.\.10",
        cell(0, "="),
        ("duplicated ratings", "2"),
        {
            "data/votes_filtered.csv": "votes_filtered.csv or data/votes_filtered.csv",
            "data/users.csv": "users.csv or data/users.csv",
            "images": "EVA_together or images/EVA_together",
        },
    ),
    "flickr_aes": Database(
        {
            "images": FLICKR.images,
            "users": FLICKR.training_users + FLICKR.test_users,
            "ratings": FLICKR.test_ratings
            + flickr_aes.RATERS_BESIDES * FLICKR.test_images
            + FLICKR.training_ratings
            + 1,
            "duplicated ratings": 1,
            "missing images": 0,
        },
        flickr_aes.RATINGS,
        cell(2),
        "6",
        r"score '6' is not a number in 1\.\.5",
        cell(1),
        ("duplicated ratings", "2"),
        {name: name for name in (flickr_aes.RATINGS, flickr_aes.SCORES, "40K")},
    ),
    "lapis": Database(
        crowd(
            lapis.LAYOUTS["tiny"],
            **{
                "duplicated ratings": lapis.DOUBLED,
                "ratings": lapis.LAYOUTS["tiny"].amount.ratings + lapis.DOUBLED + 1,
                "ratings without user or score": 1,
                "missing images": lapis.LAYOUTS["tiny"].missing,
            },
        ),
        "annotation/LAPIS_PIAA.csv",
        cell(3),
        "101",
        r"rating '101\.0' is not a number in 0\.\.100",
        cell(2),
        ("duplicated ratings", "4"),
        {
            "annotation/LAPIS_PIAA.csv": "annotation/LAPIS_PIAA.csv or LAPIS_PIAA.csv or",
            "images": "images or datasetImages_originalSize",
        },
    ),
    "para": Database(
        crowd(para.LAYOUTS["tiny"]),
        "annotation/PARA-Images.csv",
        cell(3),
        "5.5",
        r"aestheticScore '5\.5' is not a number in 1\.\.5",
        cell(1),
        ("duplicated ratings", "2"),
        {
            "annotation/PARA-Images.csv": "annotation/PARA-Images.csv or PARA-Images.csv",
            "annotation/PARA-UserInfo.csv": "annotation/PARA-UserInfo.csv or PARA-UserInfo.csv",
            "imgs": "imgs or PARA/imgs",
        },
    ),
    "psychoflickr": Database(
        {
            "images": PSYCHO.users * PSYCHO.favourites,
            "users": PSYCHO.users,
            "ratings": PSYCHO.users * PSYCHO.favourites,
            "missing images": 0,
        },
        "traits.csv",
        cell(1),
        "9",
        r"O '9' is not a number in 1\.\.5",
        cell(0),
        ("reading", "traits.csv, line 14: user"),
        {"traits.csv": "traits.csv or *.txt"},
    ),
    "real_cur": Database(
        {
            "images": CUR.photos,
            "users": CUR.albums,
            "ratings": CUR.photos + 1,
            "duplicated ratings": 1,
            "missing images": 0,
            "images outside albums": 1,
        },
        "labels.csv",
        cell(2),
        "6",
        r"score '6\.0' is not a number in 1\.\.5",
        cell(1),
        ("duplicated ratings", "2"),
        {f"album{number:02}": "<album>/<score 1..5>/<image>" for number in [1]},
    ),
}
NAMES = sorted(DATABASES)


@pytest.fixture(scope="module")
def cfg_of(cache):
    """Compose each configuration once; the cache is that of the test session."""
    made: dict[str, DictConfig] = {}

    def cfg(name: str, **changes: object) -> DictConfig:
        if name not in made:
            overrides = ["mode=check", f"data={name}", "data.size=tiny", f"paths.cache={cache}"]
            made[name] = config_of(*overrides)
        return OmegaConf.merge(made[name], {"data": changes})

    return cfg


@pytest.fixture
def copy_of(cache, tmp_path):
    """Make a copy whose files are links: replace them, never write into them."""

    def make(name: str) -> Path:
        root = tmp_path / "copy"
        shutil.copytree(embedded.ensure(name, "tiny", cache), root, copy_function=os.link)
        if name == "real_cur":  # the embedded copy has no csv: write the one that another copy has
            rows = sorted(path.relative_to(root).parts for path in root.glob("*/[1-5]/*.JPG"))
            (root / "labels.csv").write_text(
                "worker,image_name,score\n" + "".join(f"{album},{photo},{score}\n" for album, score, photo in rows)
            )
        return root

    return make


def replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def add_line(root: Path, name: str, change: Callable[[str], str]) -> None:
    """Add a line to the labels that is their first line, changed."""
    path = root / DATABASES[name].labels
    content = path.read_bytes()
    first = content.decode("latin-1").splitlines()[0 if path.suffix == ".txt" else 1]
    replace(path, content + f"{change(first)}\n".encode("latin-1"))


def number(found: str) -> int:
    """The number that a line of the check begins with."""
    return int(found.split()[0].replace(",", "").replace("none", "0"))


def lines_of(cfg: DictConfig):
    _, findings, facts = inspect(cfg)
    return {line.what: line for line in findings}, facts


def unreadable_labels(cfg: DictConfig) -> str:
    """What is said where the labels cannot be read; the check then has no other line."""
    lines, _ = lines_of(cfg)
    assert [(line.what, line.state) for line in lines.values()] == [("reading", "WRONG")]
    assert "\n" not in lines["reading"].found
    return lines["reading"].found


def test_every_embedded_database_is_here():
    assert set(DATABASES) == set(embedded.WRITERS)


@pytest.mark.parametrize("name", NAMES)
def test_the_embedded_copy_is_fine_and_its_counts_are_those_of_the_layout(cfg_of, tmp_path, name):
    assert dispatch(cfg_of(name), tmp_path) is None
    report = json.loads((tmp_path / "check.json").read_text())
    assert not report["wrong"]
    found = {line["what"]: line["found"] for line in report["findings"]}
    counts = DATABASES[name].counts
    assert {what: number(found[what]) for what in counts} == counts
    assert report["facts"]["images"]["evaluated"] == counts["images"] - counts["missing images"]
    assert re.fullmatch("[0-9a-f]{16}", report["facts"]["split"]["hash"])


@pytest.mark.parametrize("name", NAMES)
def test_damaged_images_are_named(cfg_of, copy_of, name):
    root = copy_of(name)
    cfg = cfg_of(name, root=str(root))
    table = read_table(cfg.data, Path())[0]
    split = instantiate(cfg.data.split)(table)
    files = {part: table.image_files[split.images(part)].tolist() for part in ("train", "test")}
    cut, garbage, nothing, twin = files["train"][:4]
    original = files["test"][0]
    replace(root / cut, (root / cut).read_bytes()[:300])
    replace(root / garbage, b"<html>404</html>")
    replace(root / nothing, b"")
    replace(root / twin, (root / original).read_bytes())
    lines, facts = lines_of(cfg)
    assert set(facts["images"]["unreadable"]) == {cut, garbage, nothing}
    for name_of_one in (cut, garbage, nothing):
        assert name_of_one in facts["images"]["unreadable"][name_of_one]
    assert (lines["unreadable"].state, lines["unreadable"].found[:2]) == ("WRONG", "3 ")
    assert lines["image in two parts"].state == "WRONG"
    assert all(file in lines["image in two parts"].found for file in (twin, original))
    assert {what for what, line in lines.items() if line.state == "WRONG"} == {"unreadable", "image in two parts"}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "psychoflickr"])
def test_missing_images_are_counted_and_too_many_are_wrong(cfg_of, copy_of, name):
    root = copy_of(name)
    cfg = cfg_of(name, root=str(root), max_missing=0.02)
    OmegaConf.update(cfg, "check.decode", False)
    before = read_table(cfg.data, Path())[0]
    gone = before.image_files[-before.images // 40 :]  # 2.5 %
    first, *rest = gone
    (root / first).unlink()
    lines, _ = lines_of(cfg)
    count = DATABASES[name].counts["missing images"] + 1
    assert (lines["missing images"].state, lines["missing images"].found.split()[0]) == ("note", str(count))
    for file in rest:
        (root / file).unlink()
    lines, _ = lines_of(cfg)
    assert lines["missing images"].state == "WRONG"
    total = DATABASES[name].counts["images"]
    assert f"{count - 1 + len(gone)} of the {total} images" in lines["missing images"].found
    assert "data.max_missing=0.03" in lines["missing images"].found


def test_a_user_whose_images_are_missing_is_named(cfg_of, copy_of):
    """PsychoFlickr lists users, not images."""
    root = copy_of("psychoflickr")
    user = sorted(path.name for path in root.iterdir() if path.is_dir())[0]
    shutil.rmtree(root / user)
    found = unreadable_or_missing(cfg_of("psychoflickr", root=str(root)))
    assert f"1 of the 12 users (8.3 %) that {root}/traits.csv names are not on disk (first: {user})" in found


def unreadable_or_missing(cfg: DictConfig) -> str:
    lines, _ = lines_of(cfg)
    return (lines.get("reading") or lines["missing images"]).found


@pytest.mark.parametrize("name", NAMES)
def test_a_label_out_of_range_names_file_and_line(cfg_of, copy_of, name):
    root, database = copy_of(name), DATABASES[name]
    add_line(root, name, lambda line: database.score(line, database.too_high))
    found = unreadable_labels(cfg_of(name, root=str(root)))
    assert re.search(rf"{re.escape(database.labels)}, line \d+: {database.said}", found)


@pytest.mark.parametrize("name", NAMES)
def test_a_line_twice_is_counted_or_refused(cfg_of, copy_of, name):
    root = copy_of(name)
    add_line(root, name, lambda line: line)
    cfg = cfg_of(name, root=str(root))
    OmegaConf.update(cfg, "check.decode", False)
    what, said = DATABASES[name].doubled
    assert said in lines_of(cfg)[0][what].found


@pytest.mark.parametrize("path", ["../x.jpg", "/x.jpg", "a/../../x.jpg", "..\\x.jpg", "C:\\x.jpg", "\\\\server\\x.jpg"])
@pytest.mark.parametrize("name", NAMES)
def test_a_path_that_leaves_the_directory_is_refused(cfg_of, copy_of, name, path):
    root, database = copy_of(name), DATABASES[name]
    add_line(root, name, lambda line: database.image(line, path))
    found = unreadable_labels(cfg_of(name, root=str(root)))
    assert re.search(rf"{re.escape(database.labels)}, line \d+: ", found)
    assert path.removesuffix(".jpg") in found
    assert "leaves the directory of images" in found or name == "ava"  # whose images are numbers


@pytest.mark.parametrize(("name", "file"), [(name, file) for name in NAMES for file in DATABASES[name].needed])
def test_what_is_absent_is_named_with_where_it_was_looked_for(cfg_of, copy_of, name, file):
    root = copy_of(name)
    for path in root.glob("album*") if name == "real_cur" else [root / file]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = unreadable_labels(cfg_of(name, root=str(root)))
    assert found.startswith(str(root))
    assert DATABASES[name].needed[file] in found


@pytest.mark.parametrize("name", NAMES)
def test_byte_order_mark_and_windows_line_ends_change_nothing(cfg_of, copy_of, name):
    root, database = copy_of(name), DATABASES[name]
    path = root / database.labels
    text = path.read_bytes().decode("latin-1" if name == "lapis" else "utf-8")
    replace(path, text.replace("\n", "\r\n").encode("utf-8-sig"))
    cfg = cfg_of(name, root=str(root))
    OmegaConf.update(cfg, "check.decode", False)
    lines, facts = lines_of(cfg)
    assert {what: number(lines[what].found) for what in database.counts} == database.counts
    untouched = cfg_of(name)
    OmegaConf.update(untouched, "check.decode", False)
    assert facts["split"]["hash"] == lines_of(untouched)[1]["split"]["hash"]


@pytest.mark.parametrize("name", NAMES)
def test_an_encoding_that_cannot_be_guessed_is_a_sentence_about_the_file(cfg_of, copy_of, name):
    root = copy_of(name)
    path = root / DATABASES[name].labels
    replace(path, path.read_bytes().decode("latin-1").encode("utf-16-le"))  # without the mark that tells it
    if name == "real_cur":  # a csv without the columns is a stranger, and the directories tell the scores
        assert lines_of(cfg_of(name, root=str(root)))[0]["ratings"].found == "301"
        return
    assert path.name in unreadable_labels(cfg_of(name, root=str(root)))


@pytest.mark.parametrize("name", NAMES)
def test_a_check_that_finds_damage_fails(cfg_of, copy_of, tmp_path, name):
    root, database = copy_of(name), DATABASES[name]
    add_line(root, name, lambda line: database.score(line, database.too_high))
    with pytest.raises(UserError, match=rf"^{name}.* must not be trained on as it is: reading: "):
        dispatch(cfg_of(name, root=str(root)), tmp_path)
    assert json.loads((tmp_path / "check.json").read_text())["wrong"]
