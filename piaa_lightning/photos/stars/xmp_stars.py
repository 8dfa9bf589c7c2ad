"""The stars in an XMP packet, as Adobe's programs, Windows and ACDSee write them."""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass
from xml.etree import ElementTree

MAX_PACKET = 4 * 2**20  # bytes
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMP_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
ACDSEE_RATING = "{http://ns.acdsee.com/iptc/1.0/}rating"
PERCENT = "{http://ns.microsoft.com/photo/1.0/}Rating"
EXTENSION = "{http://ns.adobe.com/photoshop/1.0/}SidecarForExtension"
RAW_NAME = "{http://ns.adobe.com/camera-raw-settings/1.0/}RawFileName"
WRITTEN = "{https://piaa-lightning.invalid/xmp/1/}Written"  # the rating that this program wrote
PREDICTED = "{https://piaa-lightning.invalid/xmp/1/}Predicted"  # the score that it guessed, where nobody said it
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
DECLARATION = re.compile(r"^<\?xml[^>]*\?>")


@dataclass(frozen=True)
class XmpStars:
    """What a packet says.

    Args:
        rating: from 1 to 5, 0 for none, -1 for rejected; None where the packet says nothing that makes sense.
        extension: of the one kind of file that it is about, in small letters; empty for any.
        raw_name: of the one file that it is about; empty for any.
    """

    rating: float | None = None
    extension: str = ""
    raw_name: str = ""


def read_xmp(packet: bytes) -> XmpStars:
    """Read a packet.

    Of several ratings ``xmp:Rating`` counts before ACDSee's and before the percents of Windows, which mean stars as
    1, 25, 50, 75 and 99. What an image was made from may have ratings of its own, deeper in the packet: these do not
    count.

    NOTE: a packet that declares a document type or entities is not read, in whichever encoding: XMP has none, attacks
    on parsers do.
    """
    text = _text(packet)
    if not text or len(packet) > MAX_PACKET or re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        return XmpStars()
    try:
        tree = ElementTree.fromstring(DECLARATION.sub("", text))
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return XmpStars()
    told: dict[str, str] = {}
    top = tree if tree.tag == f"{RDF}RDF" else tree.find(f"{RDF}RDF")
    for described in [] if top is None else top.findall(f"{RDF}Description"):
        for element in described:
            told.setdefault(str(element.tag), element.text or "")
        for name, value in described.attrib.items():
            told.setdefault(name, value)
    stars = (_stars(told.get(XMP_RATING)), _stars(told.get(ACDSEE_RATING)), stars_of_percent(told.get(PERCENT)))
    rating = next((given for given in stars if given is not None), None)
    if told.get(PREDICTED) and told.get(WRITTEN) == told.get(XMP_RATING):  # a guess that nobody has changed is no star
        rating = None
    return XmpStars(rating, told.get(EXTENSION, "").strip().lower(), told.get(RAW_NAME, "").strip())


def stars_of_percent(given: object) -> float | None:
    """Return the stars that Windows means by a percentage, None where there is none.

    Example:
        >>> [stars_of_percent(given) for given in (0, 1, 25, 50, 75, 99, 100, None)]
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, None]
    """
    percent = _number(given)
    if percent is None or not 0 <= percent <= 100:
        return None
    return float(sum(percent >= least for least in (1, 13, 38, 63, 88)))


def _text(packet: bytes) -> str:
    """Decode a packet; empty where it cannot be."""
    starts = [(mark, name) for mark, name in MARKS if packet.startswith(mark)]
    mark, encoding = starts[0] if starts else (b"", "")
    packet = packet[len(mark) :]
    if not encoding:
        encoding = next((name for start, name in UNMARKED if packet.lstrip(b" \r\n\t").startswith(start)), "utf-8")
    try:
        return packet.decode(encoding).strip("\0 \t\r\n\ufeff")
    except UnicodeDecodeError:
        return packet.decode("latin-1").strip("\0 \t\r\n") if encoding == "utf-8" else ""


def _number(given: object) -> float | None:
    try:
        number = float(str(given))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _stars(given: object) -> float | None:
    number = _number(given)
    return number if number is not None and (number in (-1, 0) or 1 <= number <= 5) else None
