"""Packets as other programs write them: a star is added, and everything else stays byte for byte."""

from __future__ import annotations

import difflib

import pytest

from piaa_lightning.photos.stars.xmp_stars import read_xmp
from piaa_lightning.sidecars.packet import (
    LABEL,
    PREDICTED,
    RATING,
    WRITTEN,
    UnusablePacketError,
    values_of,
    with_values,
)

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
XMP = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
FOUR = {RATING: "4", WRITTEN: "4"}


def packet(description: str) -> str:
    return f'<?xpacket begin="\ufeff" id="x"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>\n{description}\n</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>\n'  # fmt: skip # noqa: E501


OTHERS = {
    "attributes": f'<rdf:Description rdf:about="" {XMP} xmp:CreatorTool="a > b" xmp:Label="">\n</rdf:Description>',
    "empty element": '<rdf:Description rdf:about=""/>',
    "unrated": f"<rdf:Description {XMP} xmp:Rating='0' rdf:about=''/>",
    "unrated element": f"<rdf:Description {XMP}><xmp:Rating>0</xmp:Rating></rdf:Description>",
    "another prefix": '<rdf:Description xmlns:xap="http://ns.adobe.com/xap/1.0/" xap:Rating="0"/>',
    "prefix of somebody else": '<rdf:Description xmlns:xmp="urn:other" xmp:Rating="5" xmlns:piaa="urn:x" piaa:a="1"/>',
    "development": f"""<!-- mine -->
  <rdf:Description {XMP} xmlns:crs="urn:crs" crs:Exposure="+0.35">
   <crs:Curve><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>Grüße &amp; 图片</rdf:li></rdf:Seq></crs:Curve>
   <xmp:Nested><rdf:Description xmp:Rating="2"/></xmp:Nested>
  </rdf:Description>""",
    "two descriptions": f'<rdf:Description xmlns:a="urn:a" a:b="c"/><rdf:Description {XMP} xmp:Rating="0"/>',
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_star_is_added_and_the_rest_stays(name, encoding):
    before = packet(OTHERS[name]).encode(encoding)
    after = with_values(before, {**FOUR, LABEL: "Red"})
    assert {key: values_of(after)[key] for key in (RATING, WRITTEN, LABEL)} == {**FOUR, LABEL: "Red"}
    if encoding != "utf-16":  # which other readers of ours do not know yet
        assert read_xmp(after).rating == 4
    old, new = before.decode(encoding), after.decode(encoding)
    # letters are put in, and a 0 or an empty label gives way
    gone = [old[a:b] for kind, a, b, _, _ in difflib.SequenceMatcher(None, old, new, False).get_opcodes() if kind != "equal"]  # fmt: skip # noqa: E501
    assert set(gone) <= {"", "0"}
    assert with_values(after, {**FOUR, LABEL: "Red"}) == after


def test_a_new_packet_is_one():
    made = with_values(b"", {**FOUR, PREDICTED: "3.80"})
    assert values_of(made) == {**FOUR, PREDICTED: "3.80"}
    assert made.startswith(b"<?xpacket begin")


def test_a_guess_is_no_star_until_somebody_changes_it():
    guess = with_values(b"", {**FOUR, PREDICTED: "3.80"})
    assert read_xmp(guess).rating is None
    assert read_xmp(guess.replace(b'xmp:Rating="4"', b'xmp:Rating="5"')).rating == 5
    assert read_xmp(with_values(guess, {PREDICTED: ""})).rating == 4
    assert read_xmp(with_values(b"", FOUR)).rating == 4


def test_values_with_signs_come_back():
    made = with_values(b"", {LABEL: "\"a\" & 'b' <c>"})
    assert values_of(made)[LABEL] == "\"a\" & 'b' <c>"
    assert values_of(with_values(made, {LABEL: "d'\"<&"}))[LABEL] == "d'\"<&"


@pytest.mark.parametrize(
    "broken",
    [
        b"no xml",
        packet("<rdf:Description>").encode(),
        packet("").encode(),
        b"\xff\xfe\x00",
        "Grüße".encode("latin-1"),
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + packet(OTHERS["attributes"]).encode(),
        packet(f"<rdf:Description {XMP}><xmp:Rating><rdf:Bag/></xmp:Rating></rdf:Description>").encode(),
        packet(f'<rdf:Description {XMP} xmp:Rating="2"/><rdf:Description {XMP} xmp:Rating="3"/>').encode(),
        b"<x/>",
    ],
)
def test_what_cannot_be_written_into_safely_is_left_alone(broken):
    with pytest.raises(UnusablePacketError):
        with_values(broken, FOUR)
