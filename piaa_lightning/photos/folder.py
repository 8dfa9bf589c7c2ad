"""Which images lie in a folder, however it is laid out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.photos.suffixes import SUFFIXES


@dataclass(frozen=True)
class Folder:
    """A directory and the images below it.

    Args:
        root: the directory.
        files: paths of the images relative to it, with ``/``, in the order of their names.
    """

    root: Path
    files: list[str]


def find_photos(root: Path) -> Folder:
    """Look for images in a directory and all directories below it.

    Hidden files and directories are passed over, as are directories behind links, which could lead in circles.

    Raises:
        UserError: there is no such directory, or no image in it.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise UserError(f"photos={root}: this {what}; give the directory that holds the photographs.")
    files = []
    for directory, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        here = Path(directory).relative_to(root)
        files += [
            (here / name).as_posix()
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    if not files:
        raise UserError(
            f"photos={root}: there is no photograph in it or below it; {', '.join(sorted(SUFFIXES)[:4])} and"
            f" {len(SUFFIXES) - 4} other endings are looked for."
        )
    return Folder(root, sorted(files))
