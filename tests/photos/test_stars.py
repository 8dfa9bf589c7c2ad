from __future__ import annotations

import pytest
from PIL import Image

from piaa_lightning.photos.stars import EXIF_RATING, read_stars, stars_of, xmp_rating

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
    assert xmp_rating(packet) == 4


@pytest.mark.parametrize("packet", [b"", b"<x", attribute("many"), f"{HEAD}</rdf:RDF></x:xmpmeta>".encode()])
def test_no_rating_is_none(packet):
    assert xmp_rating(packet) is None


def test_entities_are_not_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("5")
    packet = attribute("&steal;").decode()
    for declared in (f'<!DOCTYPE a [<!ENTITY steal SYSTEM "{secret}">]>', '<!DOCTYPE a [<!ENTITY steal "5">]>'):
        assert xmp_rating((declared + packet).encode()) is None


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
