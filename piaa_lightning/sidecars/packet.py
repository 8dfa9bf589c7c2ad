"""XMP packets: what a side-car says of a photograph, and the same with a little more, all else left byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from piaa_lightning.photos.stars.xmp_stars import PREDICTED, WRITTEN

XMP, OURS = "http://ns.adobe.com/xap/1.0/", WRITTEN[1:].split("}")[0]
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RATING, LABEL = f"{{{XMP}}}Rating", f"{{{XMP}}}Label"
PREFIXES = {XMP: "xmp", OURS: "piaa"}
EMPTY = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="{RDF}">
  <rdf:Description rdf:about=""/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


class UnusablePacketError(Exception):
    """A packet that is damaged, or of a form that is not written into."""


@dataclass
class _Place:
    """Where something stands in the packet's bytes."""

    start: int
    end: int


@dataclass
class _Found:
    """What a packet says, and where.

    Args:
        values: by name, in the form of ElementTree.
        places: where the values stand between their quotes or tags.
        description: the place behind the name of the first description.
        scope: namespaces by prefix there.
    """

    values: dict[str, str] = field(default_factory=dict)
    places: dict[str, _Place] = field(default_factory=dict)
    description: int = -1
    scope: dict[str, str] = field(default_factory=dict)


def values_of(packet: bytes) -> dict[str, str]:
    """Return what a packet says of stars and labels, and what this program has written before.

    Raises:
        UnusablePacketError: it cannot be read.
    """
    return _look(_text(packet)[0].encode()).values


def with_values(packet: bytes, values: Mapping[str, str]) -> bytes:
    """Return a packet with other values; everything else stays byte for byte.

    Args:
        packet: of UTF-8 or UTF-16; nothing makes a new one.
        values: by name, in the form of ElementTree.

    Raises:
        UnusablePacketError: it cannot be written into safely.
    """
    text, encoding = _text(packet) if packet else (EMPTY, "utf-8")
    before = text.encode()
    after = before
    for name, value in values.items():
        after = _with_value(after, name, value)
    _refuse_other_changes(before, after, values)
    return after.decode().encode(encoding)


def _text(packet: bytes) -> tuple[str, str]:
    """Return a packet as text, and what encodes it again."""
    encoding = "utf-8"
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if packet.startswith(mark):
            encoding = name
    try:
        text = packet.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnusablePacketError("it is neither UTF-8 nor UTF-16") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnusablePacketError("it declares a document type, which XMP never does")
    return text, encoding


def _look(packet: bytes) -> _Found:
    found, scopes, path = _Found(), [("xml", "")], list[str]()
    inside: tuple[str, int] | None = None  # an element that holds a value, and where its text begins
    parser = expat.ParserCreate("utf-8", " ")
    parser.ordered_attributes = True

    def declare(prefix: str | None, uri: str) -> None:
        scopes.append((prefix or "", uri))

    def start(name: str, attributes: list[str]) -> None:
        nonlocal inside
        top = path[-1:] == [f"{RDF} RDF"] and name == f"{RDF} Description"
        at = parser.CurrentByteIndex
        if top:
            if found.description < 0:
                found.description = at + len(re.match(rb"<[^\s/>]+", packet[at:])[0])  # type: ignore[index]
                found.scope = dict(scopes)
            tag = packet[at : _end_of_tag(packet, at)]
            for key, value in zip(attributes[::2], attributes[1::2], strict=True):
                if key.split(" ")[0] in PREFIXES:
                    _keep(found, key, value, _in_tag(tag, at, key, dict(scopes)))
        elif path[-1:] == [f"{RDF} Description"] and path[-2:-1] == [f"{RDF} RDF"] and name.split(" ")[0] in PREFIXES:
            inside = (name, _end_of_tag(packet, at))
        path.append(name)

    def end(name: str) -> None:
        nonlocal inside
        path.pop()
        if inside and inside[0] == name and path[-1:] == [f"{RDF} Description"]:
            at = parser.CurrentByteIndex
            value = packet[inside[1] : at].decode()
            if at >= inside[1] and "<" not in value:
                _keep(found, name, value.strip(), _Place(inside[1], at))
            else:
                _keep(found, name, value, None)
            inside = None

    parser.StartNamespaceDeclHandler, parser.StartElementHandler, parser.EndElementHandler = declare, start, end
    try:
        parser.Parse(packet, True)
    except expat.ExpatError as error:
        raise UnusablePacketError(f"it is damaged ({error})") from error
    return found


def _keep(found: _Found, key: str, value: str, place: _Place | None) -> None:
    name = "{{{}}}{}".format(*key.split(" "))
    if name in found.values and found.values[name] != value:
        raise UnusablePacketError("it says two things at once")
    found.values[name] = value
    if place:
        found.places[name] = place


def _end_of_tag(packet: bytes, at: int) -> int:
    """Return the place behind a start tag; ``>`` may stand in quotes."""
    found = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""").match(packet, at)
    return found.end() if found else len(packet)


def _in_tag(tag: bytes, at: int, key: str, scope: Mapping[str, str]) -> _Place | None:
    uri, local = key.split(" ")
    for found in re.finditer(rb"""([^\s"'<>/=]+):([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag):
        if scope.get(found[1].decode()) == uri and found[2].decode() == local:
            group = 3 if found[3] is not None else 4
            return _Place(at + found.start(group), at + found.end(group))
    return None


def _with_value(packet: bytes, name: str, value: str) -> bytes:
    found = _look(packet)
    if name in found.places:
        place = found.places[name]
        quoted = escape(value, {'"': "&quot;", "'": "&apos;"})
        return packet[: place.start] + quoted.encode() + packet[place.end :]
    if name in found.values or found.description < 0:
        raise UnusablePacketError("it is of a form that is not written into")
    uri, local = name[1:].split("}")
    known = [prefix for prefix, meant in found.scope.items() if prefix and meant == uri]
    free = [name for name in (PREFIXES[uri], f"{PREFIXES[uri]}9", f"{PREFIXES[uri]}99") if name not in found.scope]
    prefix = (known or free)[0]
    declared = "" if known else f' xmlns:{prefix}="{uri}"'
    new = f"{declared} {prefix}:{local}={quoteattr(value)}"
    return packet[: found.description] + new.encode() + packet[found.description :]


def _refuse_other_changes(before: bytes, after: bytes, values: Mapping[str, str]) -> None:
    """Stop where anything but the values would change.

    Raises:
        UnusablePacketError: it would.
    """
    try:
        old, new = (list(_facts(ElementTree.fromstring(packet), values)) for packet in (before, after))
    except ElementTree.ParseError as error:
        raise UnusablePacketError(f"it is damaged ({error})") from error
    if old != new or any(_look(after).values.get(name) != value for name, value in values.items()):
        raise UnusablePacketError("it is of a form that is not written into")


def _facts(element: ElementTree.Element, without: Mapping[str, str]) -> list[object]:
    attributes = sorted((name, value) for name, value in element.attrib.items() if name not in without)
    below = [_facts(child, without) for child in element if child.tag not in without]
    return [element.tag, attributes, (element.text or "").strip(), below]


__all__ = ["LABEL", "PREDICTED", "RATING", "WRITTEN", "UnusablePacketError", "values_of", "with_values"]
