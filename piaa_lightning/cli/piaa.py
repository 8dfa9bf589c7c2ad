"""``piaa DIR``: the command line for people with photographs; paths are ordinary arguments."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from piaa_lightning import __version__
from piaa_lightning.cli.commands.people import SHAPES
from piaa_lightning.cli.plain_words import plain_words
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.choices import closest
from piaa_lightning.runtime.terminal import write_every_name

COMMANDS = ("rate", "rank", "learn", "cover", "crop", "write", "people")
OVERRIDE = re.compile(r"[+~]{0,2}[A-Za-z_][\w.@/]*=.*", re.DOTALL)
RESEARCH = ("-m", "--multirun", "--cfg", "--info", "--hydra-help")
ABOUT = """Put your photographs in the order in which you like them.

  piaa DIR                           open the photographs of a folder in your browser: rate ten with stars,
                                     and all others fall into your order
  piaa rank DIR                      write the order of a folder as a table and as a page of small pictures
  piaa learn DIR                     learn what you like from stars that your photo program gave, or from a table
  piaa cover DIR                     choose good photographs that are unlike each other
  piaa crop DIR                      find the best part of each photograph
  piaa write DIR                     put your stars into side-cars for other programs, or copy the best; it says first
                                     what it would write
  piaa people                        say whose stars are known here; rename, remove, export, import them

What you said counts in every folder. Your photographs are only read: nothing is changed, moved or sent anywhere.
`piaa COMMAND --help` says more.
"""


class Parser(argparse.ArgumentParser):
    """Tells a mistake in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Leave with the sentence."""
        raise UserError(f"{message}; `{self.prog} --help` shows what can be given.")


def main() -> None:
    """Run ``piaa``; what is written as for ``python -m piaa_lightning`` is passed on to it."""
    arguments = sys.argv[1:]
    if arguments and (arguments[0] in RESEARCH or _is_override(arguments[0])):
        from piaa_lightning.__main__ import main as research

        research()
        return
    write_every_name()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("piaa_lightning").setLevel(logging.INFO)
    try:
        _do(arguments)
    except UserError as error:
        sys.exit(f"piaa: {plain_words(str(error))}")
    except OSError as error:
        from piaa_lightning.__main__ import REFUSED

        if error.errno not in REFUSED:
            raise
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"piaa: {where}{error.strerror}; make room, or name another place with --to DIR.")
    except KeyboardInterrupt:
        sys.exit("piaa: stopped; the same command goes on where it was.")


def _do(arguments: Sequence[str]) -> None:
    """Read the arguments and do what they ask for."""
    if not arguments:
        print(parser().format_help())
        return
    if "--version" in arguments[:1]:
        print(f"piaa {__version__}")
        return
    if arguments[0] not in (*COMMANDS, "-h", "--help"):
        _refuse_mistyped(arguments[0])
        arguments = ["rate", *arguments]
    given = parser().parse_args(arguments)
    from piaa_lightning.cli import piaa_commands  # late: --help needs nothing of it

    getattr(piaa_commands, given.command)(given)


def _is_override(argument: str) -> bool:
    return OVERRIDE.fullmatch(argument) is not None and not Path(argument).exists()


def _refuse_mistyped(argument: str) -> None:
    """Stop where a command seems to be meant that there is not.

    Raises:
        UserError: it says what may be meant.
    """
    meant = closest(argument, COMMANDS)
    if meant and not Path(argument).exists():
        raise UserError(f"{argument}: there is no such command and no such folder; did you mean {meant}?")


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    shape = argparse.RawDescriptionHelpFormatter
    whole = Parser("piaa", usage="piaa [COMMAND] DIR [options]", description=ABOUT, formatter_class=shape)
    whole.add_argument("--version", action="version", version=f"piaa {__version__}", help="say which version this is")
    below = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands", prog="piaa")

    rate = below.add_parser("rate", help="open the photographs in your browser and rate them (the same as piaa DIR)")
    rate.add_argument("photos", nargs="?", type=Path, metavar="DIR", help="the folder; without it you drop photographs")
    rate.add_argument("--no-browser", action="store_true", help="print the address alone")
    rate.add_argument("--port", type=int, default=8765, help="of the address, %(default)s or a free one")

    rank = below.add_parser("rank", help="write the order of a folder")
    learn = below.add_parser("learn", help="learn what you like")
    cover = below.add_parser("cover", help="choose good photographs that are unlike each other")
    crop = below.add_parser("crop", help="find the best part of each photograph")
    write = below.add_parser("write", help="put your stars into side-cars for other programs, or copy the best")
    for command in (rank, learn, cover, crop, write):
        command.add_argument("photos", type=Path, metavar="DIR", help="the folder of photographs")
    for command in (rank, cover, crop, write):
        command.add_argument(
            "--person",
            metavar="NAME",
            help="whose order, by name or file; without it that of the only one who gave stars, or everybody's",
        )
    for command in (rank, cover, crop):
        command.add_argument("--to", type=Path, metavar="DIR", help="where results go; piaa_results here by default")
    for command in (rank, learn, cover, crop, write):
        command.add_argument(
            "--ratings",
            metavar="FILE",
            help="a table (csv) with the columns image,score, or the word stars for those that your photo program gave",
        )
        command.add_argument(
            "--scale", nargs=2, type=float, metavar=("LOW", "HIGH"), help="the worst and the best score of that table"
        )
    rank.add_argument(
        "--group", action="store_true", help="of bursts and near-duplicates show the best alone; the table has all"
    )
    rank.add_argument("--why", action="store_true", help="say of each photograph why it stands where it stands")
    learn.add_argument(
        "--person", metavar="NAME", default="me", help="who gave them, %(default)s by default, or a file to write"
    )
    cover.add_argument("--count", type=int, default=9, help="how many, %(default)s by default")
    cover.add_argument("--diversity", type=float, default=0.5, help="from 0, the best, to 1, as unlike as can be")
    cover.add_argument("--picture", action="store_true", help="put them on one picture, too")
    crop.add_argument(
        "--shapes", nargs="+", default=["1:1", "16:9", "9:16", "2:3"], metavar="W:H", help="width and height"
    )
    crop.add_argument("--write", action="store_true", help="write the crops as pictures, too")
    crop.add_argument("--limit", type=int, metavar="N", help="the best N photographs alone")
    _add_write_options(write)
    usage = "piaa people [rename OLD NEW | remove NAME | export NAME FILE | import FILE [NAME]]"
    people = below.add_parser("people", usage=usage, help="whose stars are known here; rename, remove, export, import")
    people.add_argument("do", nargs="?", choices=tuple(SHAPES), default="list", help="what to do; it lists without")
    people.add_argument("names", nargs="*", metavar="NAME", help="who, and to whom or which file")
    for command in (rate, rank, learn, cover, crop, write, people):
        command.add_argument("--model", metavar="DIR", help="start from another model than the one out of the box")
    return whole


def _add_write_options(write: argparse.ArgumentParser) -> None:
    write.add_argument("--yes", action="store_true", help="write; without it nothing is written but said")
    write.add_argument(
        "--stars",
        choices=("own", "guessed", "both"),
        default="own",
        help="your own stars, %(default)s by default; or what is expected of you, marked as a guess; or both",
    )
    write.add_argument(
        "--naming",
        choices=("IMG.ext.xmp", "IMG.xmp"),
        help="of new side-cars: darktable and digiKam read the first, Lightroom the second, beside raw files alone",
    )
    write.add_argument(
        "--label", choices=("Red", "Yellow", "Green", "Blue", "Purple"), help="a colour beside each star"
    )
    write.add_argument("--table", type=Path, metavar="FILE", help="write your own stars as a table (csv) instead")
    write.add_argument("--best", type=int, metavar="N", help="copy the best N instead")
    write.add_argument("--into", type=Path, metavar="DIR", help="where the copies go")
    write.add_argument("--group", action="store_true", help="of bursts and near-duplicates the best alone, with --best")
    write.add_argument("--link", action="store_true", help="make links instead of copies")


if __name__ == "__main__":
    main()
