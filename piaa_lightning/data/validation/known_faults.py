"""Stop a run, before anything is decoded, on faults that an earlier check or the names of images tell."""

from __future__ import annotations

from collections.abc import Sequence

from piaa_lightning.data.images.photo_ids import photo_ids
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits.split import PARTS, Split
from piaa_lightning.data.validation.equal_files import equal_files
from piaa_lightning.data.validation.image_facts import alike
from piaa_lightning.data.validation.manifest import Manifest
from piaa_lightning.data.validation.split_facts import leaks
from piaa_lightning.errors import UserError


def refuse_known_faults(table: RatingTable, split: Split, manifest: Manifest, max_broken: float) -> None:
    """Stop where an earlier ``mode=check`` found what would spoil a run, or where names tell of one image twice.

    Without an earlier check, names are looked at, and files of one size in different parts are compared.

    Args:
        table: what was split.
        split: who and what is held out.
        manifest: what is known of the images, from `known`; may be empty.
        max_broken: share of the images, in [0, 1], that a run may meet unreadable.

    Raises:
        UserError: too many images cannot be read, or one image lies in two parts of the split under two names.
    """
    files = table.image_files.tolist()
    known = [manifest.files.get(name) for name in files]
    broken = [file.broken for file in known if file is not None and file.broken]
    if len(broken) > max_broken * table.images:
        raise UserError(
            f"{table.root}: an earlier check found {len(broken)} of {table.images} images that cannot be read, and"
            f" data.max_broken={max_broken:g} allows fewer (first: {broken[0].removesuffix('.')}); replace the files"
            " or raise data.max_broken."
        )
    same: list[list[int]] = alike(["" if file is None else file.sha256 for file in known])
    if None in known:
        same = [*same, *equal_files(table.root, files, (split.images(part).tolist() for part in PARTS))]
    _refuse_twins(table, split, same, "byte for byte")
    _refuse_twins(table, split, alike(photo_ids(table.database, files)), "by the id of the image in their names")


def _refuse_twins(table: RatingTable, split: Split, groups: Sequence[Sequence[int]], how: str) -> None:
    found = leaks(split, groups)
    if found:
        first, second = (table.image_files[index] for index in found[0])
        parts = " and ".join(next(part for part in PARTS if index in split.images(part)) for index in found[0])
        raise UserError(
            f"{table.root}: {len(found)} times one image lies in two parts of the split, the same {how} (first:"
            f" {first} and {second}, in {parts}), which would leak into the results; remove one of the files of each."
        )
