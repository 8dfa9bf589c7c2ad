"""What is written beside photographs, and what never is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from piaa_lightning.errors import UserError
from piaa_lightning.photos.stars.stars import read_stars
from piaa_lightning.sidecars.best import gather
from piaa_lightning.sidecars.packet import RATING, values_of, with_values
from piaa_lightning.sidecars.plan import Wish, plan
from piaa_lightning.sidecars.write import write
from tests.photos.conftest import BLUE, draw

FILES = ["a.jpg", "b.jpg", "deep/c.png", "d.nef", "d.jpg"]
WISHES = {"a.jpg": Wish(5), "b.jpg": Wish(2, 2.31), "deep/c.png": Wish(-1), "d.nef": Wish(3), "d.jpg": Wish(4)}


@pytest.fixture
def root(tmp_path) -> Path:
    for number, file in enumerate(FILES):
        if file.endswith(".nef"):
            (tmp_path / file).write_bytes(b"raw")
        else:
            draw(tmp_path / file, BLUE, number)
    return tmp_path


def originals(root: Path) -> dict[str, tuple[bytes, int]]:
    return {file: ((root / file).read_bytes(), (root / file).stat().st_mtime_ns) for file in FILES}


def stays(entries) -> dict[str, str]:
    return {entry.photo: entry.why for entry in entries if entry.content is None}


def test_nothing_is_written_before_it_is_asked_for(root):
    before = sorted(root.rglob("*"))
    entries = plan(root, WISHES, FILES)
    assert [entry.side_car.name for entry in entries] == [
        "a.jpg.xmp",
        "b.jpg.xmp",
        "c.png.xmp",
        "d.nef.xmp",
        "d.jpg.xmp",
    ]
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("naming", ["IMG.ext.xmp", "IMG.xmp"])
def test_own_stars_come_back_and_originals_are_as_they_were(root, naming):
    before = originals(root)
    wishes = {file: wish for file, wish in WISHES.items() if file != "d.jpg" or naming == "IMG.ext.xmp"}
    assert write(plan(root, wishes, FILES, naming)) == len(wishes)
    assert originals(root) == before
    found = read_stars(root, [file for file in FILES if file != "d.jpg"])
    assert found == {"a.jpg": 5, "deep/c.png": 1, "d.nef": 3}, "a guess is no star, a reject one star"
    again = plan(root, wishes, FILES, naming)
    assert stays(again) == dict.fromkeys(wishes, ""), "it is there already"
    assert write(again) == 0
    assert not list(root.rglob("*.part"))


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="there is no exiftool here (Debian: apt install libimage-exiftool-perl)")  # fmt: skip # noqa: E501
@pytest.mark.parametrize("naming", ["IMG.ext.xmp", "IMG.xmp"])
def test_exiftool_reads_them(root, naming):
    other = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    other += '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>'
    other += "<rdf:li>sea</rdf:li><rdf:li>Grüße</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    beside = root / ("a.jpg.xmp" if naming == "IMG.ext.xmp" else "a.xmp")
    beside.write_text(other, encoding="utf-8")
    write(plan(root, {file: WISHES[file] for file in FILES[:4]}, FILES, naming, "Green"))
    side_cars = sorted(root.rglob("*.xmp"))
    found = json.loads(
        subprocess.run(
            ["exiftool", "-j", "-n", "-XMP:all", *map(str, side_cars)], capture_output=True, check=True, text=True
        ).stdout
    )
    told = {Path(one["SourceFile"]).name.split(".")[0]: one for one in found}
    assert {name: one["Rating"] for name, one in told.items()} == {"a": 5, "b": 2, "c": -1, "d": 3}
    assert {one["Label"] for one in told.values()} == {"Green"}
    assert told["a"]["Subject"] == ["sea", "Grüße"], "what others wrote stays"
    assert told["b"]["Predicted"] == 2.31
    assert not any(one.get("Warning") for one in found)


class TestWhatIsThere:
    def test_a_star_of_another_program_stays(self, root):
        for number, name in enumerate(("a.jpg.xmp", "b.xmp")):
            (root / name).write_bytes(with_values(b"", {RATING: str(number + 3)}))
        entries = plan(root, WISHES, FILES)
        assert stays(entries) == {"a.jpg": "it has 3 stars already", "b.jpg": "it has 4 stars already"}
        write(entries)
        assert values_of((root / "a.jpg.xmp").read_bytes())[RATING] == "3"

    def test_a_star_in_the_file_stays(self, root):
        exif = Image.Exif()
        exif[0x4746] = 4
        draw(root / "a.jpg", BLUE, exif=exif)
        assert stays(plan(root, {"a.jpg": Wish(5)}, FILES)) == {"a.jpg": "it has 4 stars in the file already"}
        assert stays(plan(root, {"a.jpg": Wish(4)}, FILES)) == {}, "the same may be said beside it"

    def test_an_unrated_side_car_gets_one(self, root):
        (root / "a.jpg.xmp").write_bytes(with_values(b"", {RATING: "0"}))
        write(plan(root, {"a.jpg": Wish(5)}, FILES))
        assert values_of((root / "a.jpg.xmp").read_bytes())[RATING] == "5"

    def test_what_this_program_wrote_follows_its_user_until_somebody_changes_it(self, root):
        write(plan(root, {"a.jpg": Wish(5)}, FILES))
        write(plan(root, {"a.jpg": Wish(2)}, FILES))
        side_car = root / "a.jpg.xmp"
        assert values_of(side_car.read_bytes())[RATING] == "2"
        side_car.write_bytes(side_car.read_bytes().replace(b'xmp:Rating="2"', b'xmp:Rating="3"'))
        assert stays(plan(root, {"a.jpg": Wish(5)}, FILES)) == {"a.jpg": "it has 3 stars already"}

    def test_a_guess_gives_way_to_ones_own_word(self, root):
        write(plan(root, {"a.jpg": Wish(2, 2.4)}, FILES))
        assert read_stars(root, ["a.jpg"]) == {}
        write(plan(root, {"a.jpg": Wish(2)}, FILES))
        assert read_stars(root, ["a.jpg"]) == {"a.jpg": 2}

    def test_labels_of_others_stay(self, root):
        (root / "a.jpg.xmp").write_bytes(with_values(b"", {"{http://ns.adobe.com/xap/1.0/}Label": "Rot"}))
        write(plan(root, {"a.jpg": Wish(5)}, FILES, label="Blue"))
        assert b"Rot" in (root / "a.jpg.xmp").read_bytes()

    @pytest.mark.parametrize("content", [b"<damaged", b"\xff\xff\xff", b"<!DOCTYPE a><a/>"])
    def test_damaged_side_cars_are_left_alone(self, root, content):
        (root / "a.jpg.xmp").write_bytes(content)
        entries = plan(root, WISHES, FILES)
        assert list(stays(entries)) == ["a.jpg"]
        assert "left alone" in stays(entries)["a.jpg"]
        write(entries)
        assert (root / "a.jpg.xmp").read_bytes() == content

    def test_links_are_left_alone(self, root):
        (root / "elsewhere.xmp").write_bytes(with_values(b"", {RATING: "0"}))
        (root / "a.jpg.xmp").symlink_to(root / "elsewhere.xmp")
        assert stays(plan(root, {"a.jpg": Wish(5)}, FILES)) == {"a.jpg": "the side-car is a link to another file"}

    def test_one_short_side_car_is_the_raw_files(self, root):
        entries = plan(root, {"d.nef": Wish(3), "d.jpg": Wish(4)}, FILES, "IMG.xmp")
        assert stays(entries) == {"d.jpg": "another photograph shares the side-car"}
        write(entries)
        assert values_of((root / "d.xmp").read_bytes())[RATING] == "3"
        assert [entry.side_car.name for entry in plan(root, {"d.jpg": Wish(4)}, FILES)] == ["d.jpg.xmp"]
        draw(root / "a.png", BLUE)
        two = plan(root, {"a.jpg": Wish(3), "a.png": Wish(4)}, [*FILES, "a.png"], "IMG.xmp")
        assert set(stays(two)) == {"a.jpg", "a.png"}, "nobody knows whose it is"
        same = plan(root, {"a.jpg": Wish(3), "a.png": Wish(3)}, [*FILES, "a.png"], "IMG.xmp")
        assert stays(same) == {"a.png": ""}


def test_a_full_disk_leaves_nothing_half_written(root, monkeypatch):
    (root / "b.jpg.xmp").write_bytes(before := with_values(b"", {RATING: "0"}))
    entries = plan(root, WISHES, FILES)
    real = Path.replace

    def full(self, target):
        if Path(target).name == "b.jpg.xmp":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UserError, match=r"b.jpg.xmp: cannot be written \(No space left on device\); 1 side-cars were"):
        write(entries)
    assert (root / "b.jpg.xmp").read_bytes() == before
    assert not list(root.rglob("*.part"))
    monkeypatch.undo()
    assert write(plan(root, WISHES, FILES)) == 4, "the same command goes on"


class TestTheBest:
    @pytest.mark.parametrize("link", [False, True])
    def test_they_are_copied_or_linked(self, root, tmp_path_factory, link):
        into = tmp_path_factory.mktemp("best") / "new"
        made = gather(root, ["deep/c.png", "a.jpg"], into, link)
        assert [path.name for path in made] == ["1 c.png", "2 a.jpg"]
        assert (into / "2 a.jpg").read_bytes() == (root / "a.jpg").read_bytes()
        assert (into / "2 a.jpg").is_symlink() is link
        with pytest.raises(UserError, match="is there already"):
            gather(root, ["deep/c.png"], into, link)

    def test_never_among_the_photographs(self, root):
        with pytest.raises(UserError, match="the folder of the photographs"):
            gather(root, ["a.jpg"], root)

    def test_half_a_copy_is_none(self, root, tmp_path, monkeypatch):
        def full(source, target):
            Path(target).write_bytes(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("piaa_lightning.sidecars.best.shutil.copy2", full)
        with pytest.raises(UserError, match="No space left"):
            gather(root, ["a.jpg"], tmp_path / "best")
        assert list((tmp_path / "best").iterdir()) == []
