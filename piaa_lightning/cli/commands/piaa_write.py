"""``piaa write``: what somebody said of a folder, where other programs find it."""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np

from piaa_lightning.errors import UserError
from piaa_lightning.photos.commands import rejected_of
from piaa_lightning.photos.images.groups import best_of_groups
from piaa_lightning.photos.read_folder import ReadFolder, Who, groups_of, personal_model_of
from piaa_lightning.photos.results.ranking import order_of, stars_csv
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.terminal import command_line, printable
from piaa_lightning.sidecars.best import gather
from piaa_lightning.sidecars.plan import Entry, plan
from piaa_lightning.sidecars.wishes import OWN, wishes_of
from piaa_lightning.sidecars.write import write

SHOWN = 12  # photographs that the terminal names


def write_stars(read: ReadFolder, who: Who, given: argparse.Namespace, again: list[str]) -> None:
    """Say what would be written, or write it.

    Args:
        read: the folder.
        who: whose stars.
        given: what was typed.
        again: the command that was typed.

    Raises:
        UserError: there is nothing to write, or no room.
    """
    personal, scale, title = personal_model_of(read, who)
    ranking = order_of(personal, read.shelf, scale, rejected_of(read.shelf, who))
    files = read.shelf.files
    if given.table is not None:
        replace_file(given.table, stars_csv(ranking, files).encode(errors="surrogateescape"))
        rated = int(np.isfinite(ranking.stars).sum())
        print(f"{printable(str(given.table))}: {rated} photographs with stars {title}")
    if given.best is not None:
        order = ranking.order
        if given.group:
            order = order[best_of_groups(groups_of(read), order)[order]]
        best = [files[number] for number in order[: given.best].tolist()]
        made = gather(read.root, best, given.into, given.link)
        print(f"{printable(str(given.into))}: the best {len(made)} of {len(files)} photographs {title}")
    if given.table is not None or given.best is not None:
        return
    if scale != STARS:
        raise UserError("Side-cars hold stars from 1 to 5; this person's scale is another one.")
    wishes = wishes_of(ranking, read.shelf, given.stars, who.rejected)
    if not wishes:
        more = "; --stars guessed writes what is expected" if given.stars == OWN else ""
        raise UserError(f"There are no stars to write: none of the {len(files)} photographs has any{more}.")
    _tell(entries := plan(read.root, wishes, files, given.naming, given.label))
    new = sum(entry.content is not None for entry in entries)
    if given.yes:
        print(f"{write(entries)} side-cars were written.")
    elif new:
        print(f"Nothing was written; this writes {new} side-cars: {command_line([*again, '--yes'])}")


def _tell(entries: list[Entry]) -> None:
    """Say what would happen to which photograph, and why others stay."""
    new = [entry for entry in entries if entry.content is not None]
    for entry in new[:SHOWN]:
        guess = "" if entry.wish.predicted is None else " (guessed)"
        stars = (
            "reject"
            if entry.wish.rating < 0
            else f"{entry.wish.rating} star{'' if entry.wish.rating == 1 else 's'}{guess}"
        )
        print(f"  {printable(entry.photo)}: {stars} into {printable(entry.side_car.name)}")
    if len(new) > SHOWN:
        print(f"  and {len(new) - SHOWN} more")
    same = sum(entry.content is None and not entry.why for entry in entries)
    if same:
        print(f"  {same} say it already")
    for why, count in Counter(entry.why for entry in entries if entry.why).most_common():
        first = next(entry.photo for entry in entries if entry.why == why)
        print(f"  {count} stay as they are: {printable(why)} ({printable(first)})")


def refuse(given: argparse.Namespace) -> None:
    """Stop where the words do not belong together; told before any photograph is read.

    Raises:
        UserError: it says what is missing.
    """
    if given.best is not None and (given.best < 1 or given.into is None):
        raise UserError("--best N goes with --into DIR, and N is a number from 1.")
    if given.best is None and (given.into is not None or given.link or given.group):
        raise UserError("--into DIR, --link and --group go with --best N.")
