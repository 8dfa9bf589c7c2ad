from __future__ import annotations

import os

import pytest
from PIL import Image

from piaa_lightning.photos.stars.stars import EXIF_PERCENT, EXIF_RATING, TIFF_XMP, read_stars, stars_of
from piaa_lightning.photos.stars.xmp_stars import read_xmp

HEAD = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
NAMESPACE = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"'


def attribute(stars: object) -> bytes:
    return f'{HEAD}<rdf:Description {NAMESPACE} xmp:Rating="{stars}"/></rdf:RDF></x:xmpmeta>'.encode()


def element(stars: object) -> bytes:
    body = f"<rdf:Description {NAMESPACE}><xmp:Rating>{stars}</xmp:Rating></rdf:Description>"
    return f"{HEAD}{body}</rdf:RDF></x:xmpmeta>".encode()


def photo(path, exif_stars=None, xmp=None):
    exif = Image.Exif()
    if exif_stars is not None:
        exif[EXIF_RATING] = exif_stars
    options = {} if xmp is None else {"xmp": xmp}
    Image.new("RGB", (8, 8)).save(path, exif=exif, **options)


@pytest.mark.parametrize("packet", [attribute(4), element(4), b"\xef\xbb\xbf" + attribute(4) + b"\0\0"])
def test_both_ways_to_write_a_rating(packet):
    assert read_xmp(packet).rating == 4


@pytest.mark.parametrize("packet", [b"", b"<x", attribute("many"), f"{HEAD}</rdf:RDF></x:xmpmeta>".encode()])
def test_no_rating_is_none(packet):
    assert read_xmp(packet).rating is None


def test_entities_are_not_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("5")
    packet = attribute("&steal;").decode()
    for declared in (f'<!DOCTYPE a [<!ENTITY steal SYSTEM "{secret}">]>', '<!DOCTYPE a [<!ENTITY steal "5">]>'):
        for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be"):
            assert read_xmp((declared + packet).encode(encoding)).rating is None
        assert read_xmp((declared.lower() + packet).encode()).rating is None


def test_exif_and_xmp_in_the_file(tmp_path):
    photo(tmp_path / "exif.jpg", exif_stars=3)
    photo(tmp_path / "xmp.jpg", exif_stars=3, xmp=attribute(5))
    photo(tmp_path / "none.jpg")
    photo(tmp_path / "zero.jpg", exif_stars=0)
    files = ["exif.jpg", "xmp.jpg", "none.jpg", "zero.jpg"]
    assert read_stars(tmp_path, files) == {"exif.jpg": 3, "xmp.jpg": 5}


@pytest.mark.parametrize("name", ["a.xmp", "a.XMP", "a.jpg.xmp"])
def test_a_side_car_counts_more_than_the_file(tmp_path, name):
    photo(tmp_path / "a.jpg", exif_stars=5)
    (tmp_path / name).write_bytes(element(2))
    assert stars_of(tmp_path / "a.jpg") == 2


def test_a_raw_files_stars_are_its_side_cars(tmp_path):
    (tmp_path / "a.nef").write_bytes(b"raw")
    assert stars_of(tmp_path / "a.nef") is None
    (tmp_path / "a.xmp").write_bytes(attribute(4))
    assert stars_of(tmp_path / "a.nef") == 4


def test_rejected_is_one_star_and_nonsense_none(tmp_path):
    for name, given in (("rejected", -1), ("seven", 7), ("nan", "nan")):
        (tmp_path / f"{name}.jpg").write_bytes(b"no picture")
        (tmp_path / f"{name}.xmp").write_bytes(attribute(given))
    assert read_stars(tmp_path, ["rejected.jpg", "seven.jpg", "nan.jpg"]) == {"rejected.jpg": 1}


def packet(body: str, namespace: str = NAMESPACE) -> bytes:
    return f"{HEAD}<rdf:Description {namespace} {body}/></rdf:RDF></x:xmpmeta>".encode()


MICROSOFT = 'xmlns:m="http://ns.microsoft.com/photo/1.0/"'
ACDSEE = 'xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/"'
BOTH = f"{NAMESPACE} {MICROSOFT} {ACDSEE}"
FROM = (
    f'{HEAD}<rdf:Description {NAMESPACE} xmlns:mm="http://ns.adobe.com/xap/1.0/mm/"><mm:DerivedFrom rdf:parseType='
    '"Resource"><xmp:Rating>5</xmp:Rating></mm:DerivedFrom></rdf:Description></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize(
    ("content", "stars"),
    [
        (packet('m:Rating="75"', MICROSOFT), 4),
        (packet('m:Rating="99"', MICROSOFT), 5),
        (packet('m:Rating="1"', MICROSOFT), 1),
        (packet('m:Rating="0"', MICROSOFT), 0),
        (packet('m:Rating="75" xmp:Rating="2"', BOTH), 2),
        (packet('acdsee:rating="3"', ACDSEE), 3),
        (packet('acdsee:rating="3" xmp:Rating="5" m:Rating="1"', BOTH), 5),
        (attribute(4).decode().encode("utf-16"), 4),
        (attribute(4).decode().encode("utf-16-le"), 4),
        (attribute(4).decode().encode("utf-16-be"), 4),
        ('<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16") + attribute(4).decode().encode("utf-16-le"), 4),
        (b'<?xml version="1.0" encoding="latin-1"?>' + attribute(4), 4),
        (b'<?xpacket begin="\xef\xbb\xbf" id="W5M0"?>' + attribute(4) + b"<?xpacket end='w'?>", 4),
        (attribute("-1"), -1),
        (attribute("4.0"), 4),
        (FROM.encode(), None),
        (attribute("1e999"), None),
        (attribute("five"), None),
        (b"<a>" * 5000, None),
    ],
)
def test_stars_as_programs_write_them(content, stars):
    assert read_xmp(content).rating == stars


SHOP = 'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
CAMERA = 'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'


@pytest.mark.parametrize(
    ("side_cars", "stars"),
    [
        ({"d.xmp": attribute(4)}, {"d.nef": 4}),
        ({"d.xmp": packet(f'{SHOP} photoshop:SidecarForExtension="JPG" xmp:Rating="4"')}, {"d.jpg": 4}),
        ({"d.xmp": packet(f'{CAMERA} crs:RawFileName="D.TIF" xmp:Rating="4"')}, {"d.tif": 4}),
        ({"d.xmp": packet(f'{CAMERA} crs:RawFileName="e.nef" xmp:Rating="4"')}, {}),
        ({"d.jpg.xmp": attribute(3), "d.xmp": attribute(2)}, {"d.jpg": 3, "d.nef": 2}),
        ({"D.PNG.XMP": attribute(3)}, {"d.png": 3}),
        ({"d.jpg.xmp": packet(""), "d.nef.xmp": packet(""), "d.xmp": attribute(5)}, {"d.nef": 5}),
        ({"d.nef.xmp": attribute(0), "d.xmp": attribute(5)}, {}),
    ],
)
def test_a_side_car_is_of_one_photograph(tmp_path, side_cars, stars):
    for name in ("d.nef", "d.jpg", "d.tif", "d.png"):
        (tmp_path / name).write_bytes(b"no picture")
    for name, content in side_cars.items():
        (tmp_path / name).write_bytes(content)
    assert read_stars(tmp_path, ["d.nef", "d.jpg", "d.tif", "d.png"]) == stars


@pytest.mark.parametrize(("beside", "stars"), [(0, None), (2, 2), (-1, 1), (7, 5), ("", 5), (None, 5)])
def test_a_side_car_that_says_zero_says_that_there_are_none(tmp_path, beside, stars):
    photo(tmp_path / "a.jpg", exif_stars=5)
    (tmp_path / "a.xmp").write_bytes(packet("") if beside is None else attribute(beside))
    assert stars_of(tmp_path / "a.jpg") == stars


@pytest.mark.parametrize(("percent", "stars"), [(75, 4), (99, 5), (1, 1), (0, None), (50, 3)])
def test_the_percents_of_windows_in_a_file(tmp_path, percent, stars):
    exif = Image.Exif()
    exif[EXIF_PERCENT] = percent
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    assert stars_of(tmp_path / "a.jpg") == stars


def test_stars_within_a_dng(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.tif", tiffinfo={TIFF_XMP: attribute(3)})
    (tmp_path / "a.tif").rename(tmp_path / "a.dng")
    assert stars_of(tmp_path / "a.dng") == 3


def test_what_is_no_file_has_no_stars_and_hangs_nothing(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "a.xmp")
    assert read_stars(tmp_path, ["a.jpg"]) == {}
