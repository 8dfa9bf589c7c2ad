"""Run the commands of ``piaa``: quick checks first, and torch is imported where photographs are read."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from piaa_lightning.cli.commands.page_libraries import refuse_without_libraries
from piaa_lightning.cli.commands.people import EVERYBODY, is_file, open_home, refuse_unknown_person, the_only_person
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder import Folder, find_photos
from piaa_lightning.runtime.files.user_directories import cache_home, data_home, people_home
from piaa_lightning.runtime.quiet import quiet_libraries
from piaa_lightning.runtime.terminal import command_line, printable

if TYPE_CHECKING:
    from piaa_lightning.data.ratings import Scale
    from piaa_lightning.photos.read_folder import ReadFolder, Who


def rate(given: argparse.Namespace) -> None:
    """Serve the page and open it in the browser."""
    refuse_without_libraries("The page")
    from piaa_lightning.web.serving.listening import listen

    folder = None if given.photos is None else find_photos(given.photos)
    listening = listen("127.0.0.1", given.port, or_free=True)
    print(f"Open {listening.address} in a browser; end with Ctrl-C.", flush=True)
    if folder is not None:
        _greet(folder)
    quiet_libraries()
    from piaa_lightning.photos.learning.built_in import open_model
    from piaa_lightning.web.earlier_sessions import take_over
    from piaa_lightning.web.serve import serve

    model, note = open_model(given.model)
    home = people_home()
    take_over(data_home() / "sessions", home)
    wanted = not given.no_browser and _has_browser()
    ready = (lambda: _browse(listening.address)) if wanted else None
    serve(listening, model, home, cache_home(), folder, plain_note(note), ready=ready, alone=True)


def rank(given: argparse.Namespace) -> None:
    """Write the order of a folder."""
    read = _read(given)
    from piaa_lightning.photos.commands import predict_photos

    predict_photos(read, _results(given), _who(given, read), given.why, given.group)


def learn(given: argparse.Namespace) -> None:
    """Learn what somebody likes, and say how it is used."""
    read = _read(given)
    if is_file(given.person):
        from piaa_lightning.photos.commands import adapt_person

        named = _path(adapt_person(read, Path(given.person), given.ratings or "stars", _scale(given)))
    else:
        from piaa_lightning.users.learn_folder import learn_folder

        named = learn_folder(read, open_home(), given.person, given.ratings or "stars", _scale(given))
    model = ["--model", given.model] if given.model else []
    print(f"Use it: {command_line(['piaa', 'rank', _path(given.photos), '--person', named, *model])}")


def cover(given: argparse.Namespace) -> None:
    """Choose a cover."""
    read = _read(given)
    from piaa_lightning.photos.commands import cover_photos

    cover_photos(read, _results(given), _who(given, read), given.count, given.diversity, given.picture)


def crop(given: argparse.Namespace) -> None:
    """Find the best crops."""
    read = _read(given)
    from piaa_lightning.photos.commands import crop_photos

    crop_photos(read, _results(given), _who(given, read), given.shapes, given.write, given.limit)


def plain_note(note: str) -> str:
    """Return what is said of a model in the words of this command line."""
    from piaa_lightning.cli.plain_words import plain_words

    return plain_words(note)


def _read(given: argparse.Namespace) -> ReadFolder:
    """Look for the folder and the files, say what was found, and read the photographs."""
    folder = find_photos(given.photos)
    if given.ratings not in (None, "stars") and not Path(given.ratings).is_file():
        raise UserError(f"--ratings {given.ratings}: there is no such file; give a table, or the word stars.")
    if given.command != "learn":
        refuse_unknown_person(given.person)
    if given.command == "cover":
        _refuse_cover(given)
    _greet(folder)
    quiet_libraries()
    from piaa_lightning.photos.commands import refuse_crops
    from piaa_lightning.photos.learning.built_in import open_model
    from piaa_lightning.photos.read_folder import read_folder

    if given.command == "crop":
        refuse_crops(given.shapes, given.limit)
    model, note = open_model(given.model)
    return read_folder(folder, model, cache_home(), plain_note(note))


def _refuse_cover(given: argparse.Namespace) -> None:
    if given.count < 1 or not 0 <= given.diversity <= 1:
        raise UserError("--count is a number from 1, and --diversity one from 0 to 1.")


def _greet(folder: Folder) -> None:
    """Say what was found, at once: what comes next takes seconds."""
    print(f"{len(folder.files)} photographs in {printable(str(folder.root))}; looking at them.", flush=True)


def _who(given: argparse.Namespace, read: ReadFolder) -> Who:
    from piaa_lightning.photos.read_folder import Who

    if given.ratings is not None or is_file(given.person):
        person = Path(given.person) if is_file(given.person) else None
        return Who(person, given.ratings, _scale(given))
    name = given.person or the_only_person()
    if name in (None, EVERYBODY):
        return Who()
    from piaa_lightning.users.home import place_of
    from piaa_lightning.users.rating_log import REJECT

    home = open_home()
    home.complete(read.store, read.model.networks.keys)
    rejected = frozenset(photo for photo, said in home.log.said(name).items() if said.mark == REJECT)
    return Who(home.personal_file(name, read.model, place_of(read.root)), rejected=rejected)


def _scale(given: argparse.Namespace) -> Scale:
    from piaa_lightning.data.ratings import Scale
    from piaa_lightning.photos.stars.ratings import STARS

    return Scale(*given.scale) if given.scale else STARS


def _results(given: argparse.Namespace) -> Path:
    """Return where results go: never into the folder of photographs unless it is named."""
    to: Path | None = given.to
    return to if to is not None else Path("piaa_results") / (given.photos.resolve().name or "photographs")


def write(given: argparse.Namespace) -> None:
    """Write stars into side-cars, or copy the best photographs."""
    from piaa_lightning.cli.commands.piaa_write import refuse, write_stars

    refuse(given)
    read = _read(given)
    write_stars(read, _who(given, read), given, ["piaa", *sys.argv[1:]])


def people(given: argparse.Namespace) -> None:
    """List, rename, remove, export or import people."""
    from piaa_lightning.cli.commands.people import do

    do(given)


def _path(path: Path) -> str:
    """Return a path as an argument; one that begins with a dash would be taken for an option."""
    return f".{os.sep}{path}" if str(path).startswith("-") else str(path)


def _has_browser() -> bool:
    """Say whether there is a window for a browser: one in this terminal would take it away from the page's server."""
    return not sys.platform.startswith("linux") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


def _browse(address: str) -> None:
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
