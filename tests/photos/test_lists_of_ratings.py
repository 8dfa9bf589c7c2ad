"""Nothing of a list is dropped in silence: research and photographs read a csv of ratings by the same rules."""

from __future__ import annotations

import gzip
import logging
import unicodedata
from types import SimpleNamespace

import numpy as np
import pytest

from piaa_lightning.data.ratings import Scale
from piaa_lightning.data.readers import ratings_csv
from piaa_lightning.errors import UserError
from piaa_lightning.photos.read_folder import rated_once
from piaa_lightning.photos.stars.ratings import read_ratings

COMPOSED, SPLIT = (unicodedata.normalize(form, "Brücke.jpg") for form in ("NFC", "NFD"))
ASIDE = {"other.jpg": 1.0}  # so that not every name of a list is missing


def by_research(root, content, ending="", scale=(1, 5), **options):
    """Read a list as a database: every line gets one user; return scores by file, and how many were dropped."""
    (root / f"ratings.csv{ending}").write_bytes(content)
    table = ratings_csv.read(
        root,
        ratings=f"ratings.csv{ending}",
        images="photos",
        columns={"user": "who"},
        scale=scale,
        max_missing=0.9,
        **options,
    )
    scores = table.scale.from_unit(table.score).round(3).tolist()
    files = [file.removeprefix("photos/") for file in table.image_files[table.image].tolist()]
    return dict(zip(files, scores, strict=True)), table.dropped["ratings of missing images"]


def by_photographs(root, content, ending="", scale=(1, 5)):
    """Read the same list as somebody's ratings of photographs."""
    (root / f"ratings.csv{ending}").write_bytes(content)
    files = sorted(path.relative_to(root / "photos").as_posix() for path in (root / "photos").rglob("*.*"))
    found = read_ratings(str(root / f"ratings.csv{ending}"), root / "photos", files, Scale(*scale))
    return found.scores, len(found.missing)


READERS = pytest.mark.parametrize("read", [by_research, by_photographs])


def lay_out(root, *names):
    for name in ("other.jpg", *names):
        file = root / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def lines(*told, header="who,image,score", sign=","):
    rows = [header, *(f"me,{line}" for line in ("other.jpg,1", *told))]
    return "\n".join(row.replace(",", sign) for row in rows) + "\n"


@READERS
@pytest.mark.parametrize(
    ("on_disk", "told"),
    [
        ("2024/a.jpg", "2024\\a.jpg"),
        ("2024/a.jpg", ".\\2024\\a.jpg"),
        ("2024/a.jpg", "./2024//a.jpg"),
        ("2024/a.jpg", "2024/./a.jpg"),
        (SPLIT, COMPOSED),
        (COMPOSED, SPLIT),
        (f"x/{SPLIT}", f"x\\{COMPOSED}"),
        ("a.jpg", "A.JPG"),
        ("IMG_1.JPG", "img_1.jpg"),
        ("Sub/IMG.jpeg", "sub\\img.JPEG"),
        (f"Ö/{SPLIT.upper()}", f"ö/{COMPOSED}"),
        ("ﬁ.jpg", "ﬁ.jpg"),
    ],
)
def test_a_name_is_what_people_read(tmp_path, read, on_disk, told):
    lay_out(tmp_path, on_disk)
    assert read(tmp_path, lines(f"{told},4").encode()) == (ASIDE | {on_disk: 4}, 0)


@READERS
def test_names_that_two_files_answer_to_are_left_out_and_counted(tmp_path, read):
    lay_out(tmp_path, "a.jpg", "A.jpg", "b.jpg")
    found = read(tmp_path, lines("A.JPG,4", "b.jpg,2").encode())
    assert found == (ASIDE | {"b.jpg": 2}, 1)


@READERS
def test_a_name_that_fits_exactly_goes_before_one_that_is_alike(tmp_path, read):
    lay_out(tmp_path, "a.jpg", "A.jpg")
    assert read(tmp_path, lines("A.jpg,4", "a.jpg,2").encode())[0] == ASIDE | {"A.jpg": 4, "a.jpg": 2}


@READERS
@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (lines("a.jpg,4").encode("utf-8-sig"), ""),
        (lines("a.jpg,4").encode("utf-16"), ""),
        (lines("a.jpg,4").replace("\n", "\r\n").encode(), ""),
        (lines("a.jpg,4", sign=";").encode(), ""),
        (lines("a.jpg,4", sign="\t").encode("utf-16"), ""),
        (lines("a.jpg,4", header="who, image ,score ").encode(), ""),
        (lines('"a.jpg", 4').encode(), ""),
        (lines("a.jpg,4", "", "").replace("me,\n", "\n").encode(), ""),
        (lines("a.jpg,4.0e0").encode(), ""),
        (lines("a.jpg,2", "a.jpg,4").encode(), ""),  # the last line counts
        (lines("a.jpg,4,nice", header="who,image,score,note").replace("other.jpg,1", "other.jpg,1,").encode(), ""),
        (gzip.compress(lines("a.jpg,4").encode(), mtime=0), ".gz"),
    ],
)
def test_a_list_may_be_written_in_many_ways(tmp_path, read, content, ending):
    lay_out(tmp_path, "a.jpg")
    assert read(tmp_path, content, ending) == (ASIDE | {"a.jpg": 4}, 0)


@READERS
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lines("a.jpg,3,5"), "Expected 3 fields in line 3, saw 4"),
        (lines("a.jpg,3,"), "Expected 3 fields in line 3, saw 4"),
        (lines().replace("other.jpg,1", "other.jpg,1,5"), "from line 2 on, have more fields than its header"),
        (lines("a.jpg,3,5", sign=";").replace("3;5", "3,5"), "line 3: score '3,5' is not a number.*with a point"),
        (lines("a.jpg"), "line 3: score '' is not a number"),
        (lines("a.jpg,"), "line 3: score '' is not a number"),
        (lines("a.jpg,four"), "line 3: score 'four' is not a number"),
        (lines("a.jpg,0x4"), "line 3: score '0x4' is not a number"),
        (lines("a.jpg,1_0"), "line 3: score '1_0' is not a number"),
        (lines("a.jpg,inf"), "line 3: score 'inf' is not a number"),
        (lines(",4"), "line 3: image '' is blank"),
        (lines('"a.jpg,4'), "EOF inside string"),
        (lines('"a.jpg,4', 'b",3'), "line 3: image 'a.jpg,4.*' holds a control character"),
        (lines("a.jpg,4,5", header="who,image,score,score").replace("jpg,1", "jpg,1,1"), "the column score twice"),
        ("\n" + lines("a.jpg,4"), "its first line is blank"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, read, content, words):
    lay_out(tmp_path, "a.jpg")
    with pytest.raises(UserError, match=words):
        read(tmp_path, content.encode())


@READERS
@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zip"])
@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_archive_is_one_sentence(tmp_path, read, ending, cut):
    import bz2
    import io
    import lzma
    import zipfile

    lay_out(tmp_path)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("ratings.csv", lines() * 99)
    pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zip": lambda _: whole.getvalue()}
    content = pack[ending](lines().encode() * 99)
    with pytest.raises(
        UserError, match=r"ratings\.csv\.\w+ is damaged, or not what its name says .*; copy it again\.$"
    ):
        read(tmp_path, content[: len(content) * 2 // 3] if cut else lines().encode(), ending)


@READERS
@pytest.mark.parametrize(
    ("scale", "score"), [((5, 1), 2), ((1, 5), 4), ((6, 1), 1), ((0, -4), -1), ((10, 0), 9.5), ((1, 0), 0)]
)
def test_the_least_number_may_be_the_best(tmp_path, read, scale, score):
    """Of marks from 5 to 1, 1 is the best; unit values by hand: (score - worst) / (best - worst)."""
    lay_out(tmp_path, "a.jpg")
    content = lines(f"a.jpg,{score}").replace("other.jpg,1", f"other.jpg,{scale[0]}").encode()
    assert read(tmp_path, content, scale=scale)[0]["a.jpg"] == pytest.approx(score)
    unit = (score - scale[0]) / (scale[1] - scale[0])
    assert Scale(*scale).to_unit(np.array([score])) == pytest.approx(unit)


@pytest.mark.parametrize("scale", [5, [1], [1, 2, 3], "15", ["a", 2], [1, 1], [1, float("nan")], [True, 5], {}])
def test_a_scale_that_is_none(scale):
    with pytest.raises(UserError, match="the worst"):
        Scale.of(scale)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("23,old,25", "line 3: trait 'old' is no number, as most of this column are"),
        ("23,25 years,25", "line 3: trait '25 years'"),
        ("23,25,-", "line 4: trait '-'"),
        ("1e999,2,3", "line 2: trait '1e999'"),
        ("4,4,4;5", "line 4: trait '4;5'"),
        ("inf,1,2", "line 2: trait 'inf'"),
    ],
)
def test_one_word_in_a_column_of_numbers_is_refused(tmp_path, column, words):
    lay_out(tmp_path, "a.jpg")
    cells = column.split(",")
    (tmp_path / "users.csv").write_text("who,trait\n" + "".join(f"u{n},{cell}\n" for n, cell in enumerate(cells)))
    with pytest.raises(UserError, match=words):
        by_research(tmp_path, lines().encode(), users="users.csv")


def test_columns_of_words_and_users_that_are_missing_are_told(tmp_path, caplog):
    lay_out(tmp_path)
    (tmp_path / "users.csv").write_text("who,age,town\nyou,NA,Bonn\nher,41,Rome\nhim,,Oslo\n")
    with caplog.at_level(logging.INFO, "piaa_lightning"):
        by_research(tmp_path, lines().encode(), users="users.csv")
    assert "columns of words are no traits and are left out: town" in caplog.text
    assert "3 users in it rated nothing; 1 who did are not in it" in caplog.text


def test_a_table_of_images_is_read_by_the_same_rules(tmp_path, caplog):
    lay_out(tmp_path, "sub/a.jpg", SPLIT, "c.jpg", "d.jpg")
    text = f"image;kind\nsub\\a.jpg;cat\n{COMPOSED};cat\nC.JPG;dog\n"
    (tmp_path / "images.csv").write_text(text)
    (tmp_path / "ratings.csv").write_text(lines("sub/a.jpg,2", f"{COMPOSED},3", "c.jpg,4", "d.jpg,5"))
    table = ratings_csv.read(
        tmp_path, images="photos", columns={"user": "who"}, images_table="images.csv", image_group="kind"
    )
    members = {name: table.image_ids[list(found)].tolist() for name, found in table.image_lists.items()}
    assert members == {"kind=cat": [COMPOSED, "sub/a.jpg"], "kind=dog": ["c.jpg"]}
    assert "2 of the 5 rated images have no kind in it" in caplog.text


def test_a_user_is_one_however_the_name_was_composed(tmp_path):
    lay_out(tmp_path, "a.jpg")
    names = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))
    text = "who,image,score\n" + "".join(
        f"{name},{file},3\n" for name, file in zip(names, ["a.jpg", "other.jpg"], strict=True)
    )
    (tmp_path / "ratings.csv").write_text(text)
    table = ratings_csv.read(tmp_path, images="photos", columns={"user": "who"}, scale=[1, 5])
    assert (table.users, table.ratings) == (1, 2)


@pytest.mark.parametrize("images", ["..", "../photos", "/", "/tmp"])
def test_a_directory_that_is_not_below_the_root(tmp_path, images):
    lay_out(tmp_path)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "ratings.csv").write_text(lines())
    with pytest.raises(UserError, match="does not lie below"):
        ratings_csv.read(tmp_path / "root", images=images, columns={"user": "who"}, scale=[1, 5])


def test_all_images_missing_is_told_as_that(tmp_path):
    lay_out(tmp_path)
    text = lines("a.jpg,2").replace("other.jpg", "b.jpg")
    with pytest.raises(
        UserError, match=r"none of the 2 images that .* names is on disk .first: a.jpg.; correct the dir"
    ):
        by_research(tmp_path, text.encode())


@pytest.mark.parametrize(
    ("scores", "rated", "told"),
    [
        ({"a": 5, "b": 5, "c": 2}, {0: 5, 2: 2}, False),
        ({"a": 5, "b": 1, "c": 2}, {0: 1, 2: 2}, True),
        ({"b": 1, "a": 5}, {1: 5}, True),
        ({"b": 3}, {1: 3}, False),
        ({"c": 2}, {2: 2}, False),
        ({}, {}, False),
    ],
)
def test_equal_files_are_one_photograph_and_contradictions_are_told(caplog, scores, rated, told):
    shelf = SimpleNamespace(files=["a", "b", "c"], digests=["same", "same", "other"])
    assert rated_once(shelf, scores) == rated
    assert ("1 photographs lie there twice with different ratings" in caplog.text) is told
