"""Finding and reading other users' files: every error names the file, the line and what to do."""

from __future__ import annotations

import lzma
import os
import zlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from piaa_lightning.data.images.file_names import as_named, plain
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.progress import track

CONTROL = r"[\x00-\x1f\x7f]"
ENCODINGS = ("utf-8-sig", "latin-1")
LONGEST = 200  # characters of a file that a sentence repeats
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
DELIMITERS = (",", ";", "\t")  # that a header is looked through for, where nobody says which
BYTE_ORDERS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # as Excel's "Unicode text" begins
# What a file that was cut off, or is not what its ending says, makes Python's or pandas' unpacking raise.
NOT_UNPACKED = (OSError, EOFError, zlib.error, lzma.LZMAError, ImportError)
ARCHIVES = ("zipfile", "tarfile")  # modules whose errors mean the same


def look(root: Path, variants: Sequence[str], directory: bool = False) -> Path | None:
    """Return the first of several possible places that exists, or None; spaces around the last part do not matter.

    Args:
        root: the database's directory.
        variants: paths relative to ``root``, the likeliest first; the last part may be a pattern such as ``*.txt``.
        directory: look for a directory instead of a file.

    Raises:
        UserError: ``root`` is no directory.
    """
    if not root.is_dir():
        raise UserError(f"{root} is not a directory; set the root to the unpacked copy of the database.")
    for variant in variants:
        exact = root / variant
        if exact.is_dir() if directory else exact.is_file():
            return exact
        if not exact.parent.is_dir():
            continue
        for path in sorted(exact.parent.iterdir()):
            alike = fnmatchcase(path.name.strip(), exact.name)
            if alike and (path.is_dir() if directory else path.is_file()):
                return path
    return None


def find(root: Path, variants: Sequence[str], directory: bool = False) -> Path:
    """Return what `look` finds, or stop with everything that was looked for.

    Raises:
        UserError: ``root`` is no directory, or none of the variants exists.
    """
    path = look(root, variants, directory)
    if path is None:
        kind = "directory" if directory else "file"
        raise UserError(f"{root} holds no {kind} {' or '.join(variants)}; complete the copy or correct the root.")
    return path


def read_csv(path: Path, columns: Sequence[str] = (), delimiter: str | None = ",") -> pd.DataFrame:
    """Read a csv with a header as text, whatever its byte order mark, line ends, spaces and encoding.

    Args:
        path: the file, in UTF-8, UTF-16 with its mark, or else Latin-1; it may be compressed, as its ending says.
        columns: the columns that must be there; spaces around names in the header do not matter.
        delimiter: one character; None takes the one of comma, semicolon and tab that finds the columns in the header.

    Returns:
        Stripped text, blank where a cell is missing; the index is the line number in the file.

    Raises:
        UserError: the file is empty, damaged, its header is blank, a column is absent or stands there twice, or a line
            has too many fields.
    """
    with path.open("rb") as file:
        first, rest = file.readline().removeprefix(b"\xef\xbb\xbf"), file.read(1)
    if rest and not first.strip():
        raise UserError(f"{path}: its first line is blank, where the header belongs; delete the line.")
    frame = _parse(path, delimiter_of(path, columns) if delimiter is None else delimiter)
    header = [str(name).strip() for name in frame.columns]
    _refuse_header(path, header, columns)
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes surplus leading fields for row labels
        raise UserError(
            f"{path}: its lines, from line 2 on, have more fields than its header; correct the header or them."
        )
    frame.columns = pd.Index(header)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    frame = pd.DataFrame({name: frame[name].fillna("").str.strip() for name in frame})
    frame = frame[~(frame == "").all(axis=1)]
    if frame.empty:
        raise UserError(f"{path} holds a header and nothing else; copy it again.")
    return frame


def delimiter_of(path: Path, columns: Sequence[str] = ()) -> str:
    """Return what separates the fields of a csv: of comma, semicolon and tab the one that finds most in the header.

    Args:
        path: the file.
        columns: that the header must have; where no delimiter finds them, a comma is answered.

    Raises:
        UserError: the file is empty or cannot be read.
    """
    found = {sign: [str(name).strip() for name in _parse(path, sign, lines=0).columns] for sign in DELIMITERS}
    fit = [sign for sign, header in found.items() if set(columns) <= set(header)]
    return max(fit, key=lambda sign: len(found[sign]), default=DELIMITERS[0])


def _refuse_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    absent = [name for name in columns if name not in header]
    if absent:
        other = "; name what separates them with delimiter" if len(header) == 1 else ""
        raise UserError(
            f"{path} has no column {' or '.join(absent)} (it has {shown(', '.join(header))}); correct the header or the"
            f" name{other}."
        )
    # pandas calls a second `score` `score.1`
    twice = [
        name
        for name in columns
        if any(other.startswith(f"{name}.") and other[len(name) + 1 :].isdigit() for other in header)
    ]
    if twice:
        raise UserError(f"{path}: the header has the column {twice[0]} twice; delete or rename one of the two.")


def read_fields(path: Path, fields: int) -> pd.DataFrame:
    """Read a file without header whose fields stand between spaces; the first field may itself hold spaces.

    Args:
        path: the file, in UTF-8 or else Latin-1.
        fields: how many fields a line has.

    Returns:
        Stripped text in columns 0 to ``fields - 1``; the index is the line number in the file.

    Raises:
        UserError: the file is empty or a line has too few fields.
    """
    lines = read_lines(path)
    frame = lines.str.rsplit(n=fields - 1, expand=True)
    whole = np.array([len(line.split()) >= fields for line in lines])
    if not whole.all():
        line = int(lines.index[int(np.argmin(whole))])
        raise UserError(
            f"{path}, line {line}: '{shown(lines[line])}' has not {fields} fields; correct or delete the line."
        )
    return frame


def read_lines(path: Path) -> pd.Series[str]:
    """Read the lines of a file that are not blank, stripped; the index is the line number.

    Raises:
        UserError: nothing is in it.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    stripped = [line.strip() for line in text.splitlines()]
    lines = pd.Series(stripped, index=pd.RangeIndex(1, len(stripped) + 1), dtype="str")
    lines = lines[lines != ""]
    if lines.empty:
        raise UserError(f"{path} is empty; copy it again.")
    return lines


def numbers(column: pd.Series[str], path: Path, low: float = -np.inf, high: float = np.inf) -> NDArray[np.float64]:
    """Turn a column of text, indexed by line number, into numbers.

    Args:
        column: text, as `read_csv` returns it.
        path: where it came from, for the error.
        low: the smallest number allowed.
        high: the greatest number allowed.

    Raises:
        UserError: a cell is blank, not a number, or out of range.
    """
    values = np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)
    bad = ~(np.isfinite(values) & (values >= low) & (values <= high))
    if bad.any():
        row = int(np.argmax(bad))
        wish = "a number" if np.isinf(low) and np.isinf(high) else f"a number in {low:g}..{high:g}"
        wish += " (with a point for the comma)" if "," in str(column.iloc[row]) else ""
        raise UserError(
            f"{path}, line {column.index[row]}: {column.name} '{shown(column.iloc[row])}' is not {wish}"
            f" ({int(bad.sum())} such lines); correct the file or the range."
        )
    return values


def refuse(column: pd.Series[str], bad: NDArray[np.bool_], path: Path, trouble: str) -> None:
    """Stop at the first bad cell of a column that is indexed by line number.

    Raises:
        UserError: there is a bad cell; the sentence ends in ``trouble``.
    """
    if bad.any():
        row = int(np.argmax(bad))
        raise UserError(f"{path}, line {column.index[row]}: {column.name} '{shown(column.iloc[row])}' {trouble}.")


def ids(column: pd.Series[str], path: Path) -> pd.Series[str]:
    """Return a column of ids in composed letters (NFC), none blank or with control characters: numpy loses some.

    Raises:
        UserError: a cell is blank, or holds a character that no id has.
    """
    refuse(column, (column == "").to_numpy(dtype=bool), path, "is blank; fill it in or delete the line")
    unique = pd.Series(column.unique(), dtype="str")  # an id stands there many times
    if unique.str.contains(CONTROL, regex=True).any():
        odd = column.str.contains(CONTROL, regex=True).to_numpy(dtype=bool)
        refuse(column, odd, path, "holds a control character; correct the line")
    return column if all(map(str.isascii, unique)) else column.str.normalize("NFC")


def shown(text: object) -> str:
    """Return the beginning of what a file says on one line, for a sentence."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text)[:LONGEST])
    return plain if len(str(text)) <= LONGEST else f"{plain}..."


def unique_ids(column: pd.Series[str], path: Path) -> pd.Series[str]:
    """Return a column of ids, none of them blank or doubled.

    Raises:
        UserError: a cell is blank, holds a control character, or stands there twice.
    """
    refuse(ids(column, path), column.duplicated().to_numpy(), path, "stands there twice; delete one of the lines")
    return column


def names(column: pd.Series[str], path: Path) -> pd.Series[str]:
    """Return a column of image names as `plain` has them, none blank and none leaving the root.

    Raises:
        UserError: a cell is blank, holds a control character, is an absolute path, or climbs with ``..``.
    """
    codes, unique = pd.factorize(ids(column, path))  # an image is rated many times: look at each name once
    tidy = pd.Series([plain(str(name)) for name in unique], dtype="str")
    unsafe = tidy.str.contains(r"^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)", regex=True).to_numpy(dtype=bool)
    refuse(column, unsafe[codes], path, "leaves the directory of images; use paths below it")
    return pd.Series(tidy.to_numpy(dtype=object)[codes], index=column.index, name=column.name, dtype="str")


def images(folder: Path) -> list[str]:
    """List the images below a folder as paths relative to it, with ``/``, in no particular order.

    Linked directories are followed; a directory is visited once.
    """
    return list(track(_walk(folder, "", set()), f"looking for images in {folder}"))


def on_disk(folder: Path, before: str) -> dict[str, str]:
    """Return the images below a folder by their names as people read them, see `file_names.plain`.

    Args:
        folder: where they lie.
        before: what stands before a path relative to the folder, see `below`.

    Returns:
        Paths, by the names that lists call them.
    """
    return {name: before + file for name, file in as_named(images(folder)).items()}


def below(root: Path, folder: Path) -> str:
    """Return what stands before a path relative to ``folder`` to make it relative to ``root``: empty or ``sub/``.

    Raises:
        UserError: the folder does not lie below the root.
    """
    if not folder.is_relative_to(root) or ".." in folder.relative_to(root).parts:
        raise UserError(f"{folder} does not lie below {root}; name a directory in it, or put a link to this one there.")
    inside = folder.relative_to(root).as_posix()
    return "" if inside == "." else f"{inside}/"


def _walk(folder: Path, prefix: str, seen: set[str]) -> Iterator[str]:
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):  # macOS leaves ._name.jpg beside every name.jpg
                continue
            if entry.name.lower().endswith(IMAGE_SUFFIXES):
                yield prefix + entry.name
            elif entry.is_dir():
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", seen)


def _parse(path: Path, delimiter: str, lines: int | None = None) -> pd.DataFrame:
    """Read a csv as text, or so many lines of it."""
    if len(delimiter) != 1 or delimiter in '\r\n"\0':
        raise UserError(
            f"delimiter='{shown(delimiter)}': give the one character that separates fields, for instance ;."
        )
    try:
        with path.open("rb") as file:
            known = BYTE_ORDERS.get(file.read(2))
        for encoding in [known] if known else ENCODINGS:
            try:
                return pd.read_csv(
                    path,
                    sep=delimiter,
                    dtype=str,
                    encoding=encoding,
                    nrows=lines,
                    keep_default_na=False,
                    skipinitialspace=True,
                    skip_blank_lines=False,  # blank lines count, so that errors can name the line
                )
            except UnicodeDecodeError:
                continue
    except pd.errors.EmptyDataError:
        raise UserError(f"{path} is empty; copy it again.") from None
    except pd.errors.ParserError as error:
        reason = str(error).split("C error: ")[-1].strip()
        raise UserError(f"{path} cannot be read: {reason}; correct that line or the delimiter.") from None
    except UnicodeError as error:
        raise UserError(f"{path} cannot be read as text ({shown(error)}); save it in UTF-8.") from None
    except Exception as error:
        if not isinstance(error, NOT_UNPACKED) and type(error).__module__ not in ARCHIVES:
            raise
        raise UserError(f"{path} is damaged, or not what its name says ({shown(error)}); copy it again.") from None
    raise UserError(f"{path} cannot be read as text; save it in UTF-8.")
