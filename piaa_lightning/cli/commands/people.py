"""``piaa people``: whose stars are known on this computer, and what can be done with them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.user_directories import people_home
from piaa_lightning.runtime.terminal import printable

if TYPE_CHECKING:
    from piaa_lightning.users.home import Home
    from piaa_lightning.users.rating_log import RatingLog

EVERYBODY = "everybody"
SUFFIX = ".safetensors"
SHAPES = {  # what can be done, and the words behind it
    "list": (),
    "rename": ("OLD", "NEW"),
    "remove": ("NAME",),
    "export": ("NAME", "FILE"),
    "import": ("FILE", "[NAME]"),
}


def do(given: argparse.Namespace) -> None:
    """List, rename, remove, export or import people.

    Raises:
        UserError: there is nobody of that name, or a file cannot be used.
    """
    names, shape = given.names, SHAPES[given.do]
    if not len([word for word in shape if word[0] != "["]) <= len(names) <= len(shape):
        raise UserError(f"piaa people {given.do} {' '.join(shape)}: {len(names)} words were given.")
    if given.do == "list":
        _list()
    elif given.do == "rename":
        print(f"{names[0]} is called {open_log().rename_user(*names)} now.")
    elif given.do == "remove":
        log = open_log()
        count = len(log.stars(names[0]))
        log.remove_user(names[0])
        print(f"{names[0]} and {count} stars were removed.")
    elif given.do == "export":
        _export(given)
    else:
        _import(given)


def _list() -> None:
    log = open_log()
    for name in log.users():
        print(f"{printable(name)}: {len(log.stars(name))} photographs with stars")
    print(f"Kept in {printable(str(people_home()))}")


def _export(given: argparse.Namespace) -> None:
    name, file = given.names[0], Path(given.names[1])
    if file.suffix != SUFFIX:
        raise UserError(f"{file}: give a name that ends in {SUFFIX}.")
    open_log().stars(name)
    from piaa_lightning.photos.learning.built_in import open_model
    from piaa_lightning.photos.results.cards import user_card

    model, _ = open_model(given.model)
    user = open_home().personal_file(name, model)
    user.save(file, user_card(user, model))
    print(f"{printable(str(file))}: {len(user.scores)} ratings and no photograph; its card lies beside it")


def _import(given: argparse.Namespace) -> None:
    source = Path(given.names[0])
    if source.is_dir():
        from piaa_lightning.web.earlier_sessions import take_over

        count = take_over(source, people_home())
        print(f"{printable(str(source))}: {count} earlier sessions were taken over.")
        return
    if not source.is_file():
        raise UserError(
            f"{source}: there is no such file; give a file of a person, or a directory of earlier sessions."
        )
    from piaa_lightning.photos.learning.built_in import open_model
    from piaa_lightning.users.take_in import take_in

    take_in(open_home(), source, open_model(given.model)[0], *given.names[1:])


def open_log() -> RatingLog:
    """Return what people on this computer said; nothing heavy is imported."""
    from piaa_lightning.users.rating_log import RatingLog

    return RatingLog(people_home() / "ratings.jsonl")


def open_home() -> Home:
    """Return all that is kept of people on this computer."""
    from piaa_lightning.users.home import Home

    return Home(people_home())


def is_file(person: str | None) -> bool:
    """Say whether a file is meant, and not somebody's name."""
    return person is not None and (person.endswith(SUFFIX) or os.sep in person or Path(person).is_file())


def the_only_person() -> str | None:
    """Return who gave stars on this computer, if it is one; tell of several."""
    log = open_log()
    rated = [name for name in log.users() if log.stars(name)]
    if len(rated) > 1:
        print(f"In everybody's order; --person NAME takes that of {' or '.join(map(printable, rated))}.")
    return rated[0] if len(rated) == 1 else None


def refuse_unknown_person(person: str | None) -> None:
    """Stop where there is neither such a person nor such a file.

    Raises:
        UserError: it says who is known.
    """
    if person is None or person == EVERYBODY:
        return
    if is_file(person):
        if not Path(person).is_file():
            raise UserError(f"--person {person}: there is no such file; `piaa people export` writes one.")
        return
    log = open_log()
    rated = [name for name in log.users() if log.stars(name)]
    if person not in rated:
        known = ", ".join(map(printable, rated)) or "nobody"
        raise UserError(f"--person {person}: no stars of such a person are known here; {known} gave some.")
