"""Files with the same bytes, found without reading most of them: only files of one size can be equal."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from piaa_lightning.data.images.formats import open_image

ENDS = 4096  # bytes at either end that are compared before whole files are


def equal_files(root: Path, files: Sequence[str], parts: Iterable[Iterable[int]]) -> list[list[int]]:
    """Return groups of files with the same bytes that lie in different parts.

    Sizes are compared first, then both ends, then whole files: of photographs of different scenes hardly any share even
    the ends, so that a database of a quarter of a million images is looked through in seconds.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths.
        parts: indices into ``files`` of each part; one in no part is equal to nothing.

    Returns:
        Sorted groups of indices, each from more than one part. Files that are no images are in none.
    """
    part_of = {int(index): number for number, part in enumerate(parts) for index in part}
    groups = [list(part_of)]
    for key in (_size, _ends, _whole):
        found = [_by(group, root, files, key) for group in groups]
        groups = [group for some in found for group in _apart(part_of, some)]
    return sorted(sorted(group) for group in groups)


def _by(
    indices: Iterable[int], root: Path, files: Sequence[str], key: Callable[[Path], int | bytes]
) -> list[list[int]]:
    groups: dict[int | bytes, list[int]] = defaultdict(list)
    for index in indices:
        try:
            found = key(root / files[index])
        except OSError:  # decoding it says so
            continue
        if found:
            groups[found].append(index)
    return list(groups.values())


def _apart(part_of: dict[int, int], groups: Iterable[list[int]]) -> list[list[int]]:
    return [group for group in groups if len({part_of[index] for index in group}) > 1]


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _ends(file: Path) -> bytes:
    with file.open("rb") as opened:
        first = opened.read(ENDS)
        opened.seek(max(len(first), file.stat().st_size - ENDS))
        return hashlib.sha256(first + opened.read(ENDS)).digest()


def _whole(file: Path) -> bytes:
    if not _is_image(file):  # files that were cut off are often alike, and decoding says what is wrong with them
        return b""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()


def _is_image(file: Path) -> bool:
    try:
        with open_image(file):
            return True
    except Exception:  # whatever Pillow raises for what is none
        return False
