"""Copies of the best photographs, or links to them, in a folder of their own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from piaa_lightning.errors import UserError


def gather(root: Path, files: Sequence[str], into: Path, link: bool = False) -> list[Path]:
    """Copy photographs, or link to them; nothing that is there is replaced.

    Args:
        root: the folder that they lie in.
        files: paths below it, the best first: the names of the copies begin with the place.
        into: the directory that they go to.
        link: whether links are made, which need no room.

    Returns:
        What was made.

    Raises:
        UserError: the directory is the folder itself, a name is taken, or there is no room.
    """
    if into.resolve() == root.resolve():
        raise UserError(f"{into}: this is the folder of the photographs; name another one.")
    digits = len(str(len(files)))
    targets = [into / f"{place:0{digits}} {Path(file).name}" for place, file in enumerate(files, start=1)]
    if taken := [target for target in targets if target.exists() or target.is_symlink()]:
        raise UserError(f"{taken[0]}: this is there already; name another directory, or move it away.")
    into.mkdir(parents=True, exist_ok=True)
    for file, target in zip(files, targets, strict=True):
        part = target.with_name(f".{target.name}.part")
        try:
            if link:
                target.symlink_to((root / file).resolve())
            else:
                shutil.copy2(root / file, part)
                part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UserError(f"{target}: cannot be made ({error.strerror}).") from error
    return targets
