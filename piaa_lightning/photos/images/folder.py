"""Find the images in a folder, however it is laid out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.suffixes import SUFFIXES
from piaa_lightning.runtime.terminal import printable

# Directories that programs and systems keep for themselves, in small letters: thumbnails, copies and waste baskets.
OWN_NAMES = {
    "@eadir",
    "@recycle",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "__macosx",
    "captureone",
    "ipod photo cache",
    "lost+found",
    "recycler",
    "system volume information",
}
OWN_ENDINGS = (
    ".aplibrary",
    ".cocatalog",
    ".cosessiondb",
    ".fcpbundle",
    ".imovielibrary",
    ".lrcat-data",
    ".lrdata",
    ".lrlibrary",
    ".migratedphotolibrary",
    ".photolibrary",
    ".photoslibrary",
    ".tvlibrary",
)


@dataclass(frozen=True)
class Folder:
    """A directory and the images below it.

    Args:
        root: the directory.
        files: paths of the images relative to it, with ``/``, in the order of their names.
        left_out: how many images lie in directories that programs keep for themselves, by the directories' names.
        all_folders: whether such directories were looked into as well.
    """

    root: Path
    files: list[str]
    left_out: Mapping[str, int] = field(default_factory=dict)
    all_folders: bool = False

    @property
    def note(self) -> str:
        """Return a sentence about what is left out; empty where nothing is."""
        if not self.left_out:
            return ""
        names = ", ".join(printable(name) for name in sorted(self.left_out))
        return (
            f"{sum(self.left_out.values())} pictures in folders that programs keep for themselves ({names}) are left"
            " out; name such a folder itself to take what is in it."
        )


def find_photos(root: Path, all_folders: bool = False) -> Folder:
    """Look for images in a directory and all directories below it.

    Hidden files and directories are passed over, as are directories behind links, which could lead in circles. So are
    directories below it in which programs keep thumbnails and copies (Synology's ``@eaDir``, libraries of Apple Photos,
    previews of Lightroom, waste baskets); what lies there is counted.

    Args:
        root: the directory; it is looked into whatever it is called.
        all_folders: whether directories of programs are looked into as well.

    Raises:
        UserError: there is no such directory, or no image in it.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise UserError(f"photos={root}: this {what}; give the directory that holds the photographs.")
    files: list[str] = []
    left_out: dict[str, int] = {}
    for directory, below, names in os.walk(root):
        own = set() if all_folders else {name for name in below if _is_programs(name)}
        for name in own:
            if count := sum(len(_photos(found)) for _, _, found in os.walk(Path(directory, name))):
                left_out[name] = left_out.get(name, 0) + count
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in own)
        here = Path(directory).relative_to(root)
        files += [(here / name).as_posix() for name in _photos(names)]
    folder = Folder(root, sorted(files), left_out, all_folders)
    if not files:
        others = f" {folder.note}" if left_out else ""
        raise UserError(
            f"photos={root}: there is no photograph in it or below it; {', '.join(sorted(SUFFIXES)[:4])} and"
            f" {len(SUFFIXES) - 4} other endings are looked for.{others}"
        )
    return folder


def _photos(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES]


def _is_programs(name: str) -> bool:
    return name.lower() in OWN_NAMES or name.lower().endswith(OWN_ENDINGS)
