"""What holds for all nine readers: where they look, and that no file leads them out of the database's directory."""

from __future__ import annotations

import os
import shutil
from functools import partial

import pytest

from piaa_lightning.data.readers import aadb, ava, eva, flickr_aes, lapis, para, psychoflickr, ratings_csv, real_cur
from piaa_lightning.errors import UserError
from piaa_lightning.simulation import embedded

READERS = {
    "aadb": aadb.read,
    "ava": ava.read,
    "eva": eva.read,
    "flickr_aes": flickr_aes.read,
    "lapis": lapis.read,
    "para": para.read,
    "psychoflickr": partial(psychoflickr.read, trait_range=[1, 5]),
    "ratings_csv": ratings_csv.read,
    "real_cur": real_cur.read,
}
LOOKED_FOR = {
    "aadb": "imgListFiles_label/imgListTrainRegression_score.txt or a csv with the column ImageFile",
    "ava": "AVA.txt or AVA_dataset/AVA.txt",
    "eva": "votes_filtered.csv or data/votes_filtered.csv or eva-dataset-master/data/votes_filtered.csv",
    "flickr_aes": "FLICKR-AES_image_labeled_by_each_worker.csv or FLICKR-AES-001/FLICKR-AES_image_labeled_by",
    "lapis": "annotation/LAPIS_PIAA.csv or LAPIS_PIAA.csv or annotation/LAPIS_individualratings_metaANDdemodata.csv or",
    "para": "annotation/PARA-Images.csv or PARA-Images.csv",
    "psychoflickr": "traits.csv or *.txt",
    "ratings_csv": "ratings.csv",
    "real_cur": "<album>/<score 1..5>/<image>",
}
PATHS = ("../x.jpg", "/x.jpg", "a/../../x.jpg", "..\\x.jpg", "C:\\x.jpg", "\\\\server\\x.jpg")


@pytest.mark.parametrize("name", READERS)
def test_a_database_that_is_elsewhere_names_what_was_looked_for_and_where(tmp_path, name):
    (tmp_path / "EMBEDDED.md").touch()
    with pytest.raises(UserError) as raised:
        READERS[name](tmp_path)
    assert str(raised.value).startswith(f"{tmp_path} holds no ")
    assert LOOKED_FOR[name] in str(raised.value)
    assert "correct " in str(raised.value)


@pytest.mark.parametrize("name", READERS)
def test_a_root_that_is_no_directory_is_a_sentence(tmp_path, name):
    (tmp_path / "archive.zip").touch()
    for root in (tmp_path / "nowhere", tmp_path / "archive.zip"):
        with pytest.raises(UserError, match=rf"^{root} is not a directory; set the root to the unpacked copy"):
            READERS[name](root)


@pytest.fixture
def copy_of(cache, tmp_path):
    def make(name):
        shutil.copytree(embedded.ensure(name, "tiny", cache), tmp_path / "copy", copy_function=os.link)
        return tmp_path / "copy"

    return make


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("name", "file", "line"),
    [
        # the main file of each is in tests/stages/test_check_every_database.py; these are the others that name images
        ("flickr_aes", "FLICKR-AES_image_score.txt", "{} 0.5"),
        ("aadb", "imgListFiles_label/imgListTestNewRegression_Light.txt", "{} 0.5"),
        ("para", "annotation/PARA-GiaaTrain.csv", "{},session1,sea" + 9 * ",0" + ",3.0,0.0"),
        ("para", "annotation/PARA-Images.csv", "{},iaa_pub1_.jpg,A1,3.0,3.0" + 5 * ",3" + ",0,neutral,0,3,3,sea"),
        ("lapis", "annotation/LAPIS_GIAA_Testsplit.csv", "1,{},50"),
    ],
)
def test_a_path_that_leaves_is_refused_wherever_it_stands(copy_of, name, file, line, path):
    root = copy_of(name)
    content = (root / file).read_bytes() + f"{line.format(path)}\n".encode()
    (root / file).unlink()
    (root / file).write_bytes(content)
    with pytest.raises(UserError, match=r", line \d+: .* leaves the directory of images") as raised:
        READERS[name](root)
    assert str(raised.value).startswith(f"{root / file}, line ")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("name", "file", "lines"),
    [
        ("ratings_csv", "ratings.csv", "user,image,score\nA,{},3\n"),
        ("psychoflickr", "labels.txt", "{} 3 3 3 3 3\n"),
        ("lapis", "LAPIS_individualratings_metaANDdemodata.csv", "file,response,participant_id\n{},50,7\n"),
        ("aadb", "all.csv", "ImageFile," + ",".join(aadb.ATTRIBUTES) + ",score\n{}" + 12 * ",0.5" + "\n"),
        ("real_cur", "all.csv", "worker,image_name,score\nalbum,{},3\n"),
        ("real_cur", "all.csv", "worker,image_name,score\n{},x.jpg,3\n"),
    ],
)
def test_a_path_that_leaves_is_refused_in_the_other_layouts(tmp_path, name, file, lines, path):
    (tmp_path / "images" / "album" / "3").mkdir(parents=True)
    (tmp_path / "images" / "album" / "3" / "x.jpg").touch()
    (tmp_path / "x.jpg").touch()
    scale = {"scale": [1, 5]} if name == "ratings_csv" else {}
    (tmp_path / file).write_text(lines.format(path))
    with pytest.raises(UserError, match=r"line \d: .* leaves the directory of images"):
        READERS[name](tmp_path, **scale)
