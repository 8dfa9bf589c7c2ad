"""Names of files as people read them: lists and disks write the same name in several ways."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a cell begins that a spreadsheet computes


def plain(name: str) -> str:
    r"""Return a path as people read it: ``/`` between directories, and letters composed (NFC), whatever wrote it.

    Example:
        >>> plain(".\\2024\\Bru\u0308cke.jpg") == plain("2024//Br\u00fccke.jpg") == "2024/Br\u00fccke.jpg"
        True
    """
    tidy = name.replace("\\", "/")
    if "./" in tidy or "//" in tidy:
        start = "/" if tidy.startswith("/") else ""
        tidy = start + "/".join(part for part in tidy.split("/") if part not in ("", "."))
    return tidy if tidy.isascii() else unicodedata.normalize("NFC", tidy)


def in_table(name: str) -> str:
    """Return a file's name as tables have it: spreadsheets compute what begins with ``=``, ``+``, ``-`` or ``@``.

    What is put before it leads to the same file, and `plain` takes it away again.

    Example:
        >>> in_table("=HYPERLINK(1).jpg"), in_table("a.jpg")
        ('./=HYPERLINK(1).jpg', 'a.jpg')
    """
    return f"./{name}" if name.startswith(FORMULA) else name


def as_named(files: Iterable[str]) -> dict[str, str]:
    """Map names as `plain` has them to the files that are meant; where two files read alike, each keeps its own.

    Args:
        files: paths on disk.
    """
    files = list(files)
    count = Counter(map(plain, files))
    return {plain(file) if count[plain(file)] == 1 else file: file for file in files}


def in_another_case(names: Iterable[str], files: Iterable[str]) -> dict[str, str]:
    """Map names to the one file each that they differ from in case alone; some systems take both for one.

    A file that another name fits exactly is nobody else's.

    Args:
        names: that lists call images by.
        files: names on disk.
    """
    wanted, there = set(names), set(files)
    absent = wanted - there
    if not absent:
        return {}
    alike: dict[str, list[str]] = {}
    for file in there - wanted:
        alike.setdefault(file.casefold(), []).append(file)
    found = {name: alike.get(name.casefold(), []) for name in absent}
    return {name: meant[0] for name, meant in found.items() if len(meant) == 1}
