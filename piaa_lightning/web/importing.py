"""Ratings that a visitor brings along: a personal file, a table, or the stars that other programs gave."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.learning.personal_file import load_personal_file
from piaa_lightning.photos.read_folder import rated_once
from piaa_lightning.photos.stars.ratings import equal_note, read_ratings
from piaa_lightning.photos.stars.stars import read_stars
from piaa_lightning.web.session import Session

STARS_OF_FILES = "stars"  # the name under which the page asks for those of other programs


def import_ratings(session: Session, user: str, name: str, content: bytes) -> str:
    """Add ratings to those of a user; what the user has said on this page goes before them.

    Args:
        session: the visitor's.
        user: who gets them.
        name: of the file, which says of what kind it is; ``stars`` takes those in the folder's photographs.
        content: of the file.

    Returns:
        A sentence on what was found.

    Raises:
        UserError: the file cannot be read, or holds nothing about a photograph that is here.
    """
    session.log.said(user)  # which says whether there is such a user
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "brought"
        file.write_bytes(content)
        try:
            return _import(session, user, name, file)
        except UserError as error:  # the page has no keys and no paths; what is wrong comes first
            sentence = str(error).split(";")[0].removesuffix(".")
            for known, shown in ((f"person={file}", name), (f"ratings={file}", name), (str(file), name)):
                sentence = sentence.replace(known, shown)
            raise UserError(f"{sentence}.") from error


def _import(session: Session, user: str, name: str, file: Path) -> str:
    if name == STARS_OF_FILES:
        if session.shared is None:
            raise UserError("There is no folder here; start with one, and its photographs' stars can be read.")
        shelf = session.shared.shelf()
        scores = read_stars(session.shared.root, shelf.files)
        if not scores:
            raise UserError(f"None of the {len(shelf.files)} photographs of the folder has stars of another program.")
        return _take(session, user, shelf, scores, [])
    if name.lower().endswith(".safetensors"):
        count = session.home.take_in(user, load_personal_file(file, session.prior), session.prior)
        return f"{count} ratings were added to those of {user}."
    if name.lower().endswith(".csv"):
        shelf = session.shelf()
        given = read_ratings(str(file), Path("this folder"), shelf.files)
        return _take(session, user, shelf, given.scores, given.missing)
    raise UserError(f"{name}: bring a table (csv) with the columns image,stars, or a file of a person (.safetensors)")


def _take(session: Session, user: str, shelf: Shelf, scores: Mapping[str, float], missing: list[str]) -> str:
    rated = {shelf.digests[number]: stars for number, stars in rated_once(shelf, scores).items()}
    new = session.say_new(user, rated)
    told = [f"{new} stars were added to those of {user}."]
    if new < len(rated):
        told.append(f"{len(rated) - new} photographs had your stars already, which stay.")
    if missing:
        told.append(f"{len(missing)} lines are about photographs that are not here, for instance {missing[0]}.")
    return " ".join([*told, *filter(None, [equal_note(list(scores.values()))])])
