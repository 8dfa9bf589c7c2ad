"""Collect runs into a study: ``experiments/collect.py STUDY_DIRECTORY [--users] [--add] VARIANT=RUNS_DIRECTORY ...``.

For each variant the newest finished run of every seed below its directory is taken, and the tables of the study are
written anew: ``results.csv`` (users), ``images.csv`` and ``traits.csv`` (networks evaluated as they are), and
``comparisons.csv``; with ``--users`` also ``users.csv``, a line per test user; and ``records.csv.gz``, from which
``experiments/intervals.py`` computes the comparisons of users anew. With ``--add`` the lines of variants that are not
named stay. Runs of several seeds are evaluated on the same splits: a row is their mean, and a comparison is paired over
users and splits, or images, with seeds as a level of their own (docs/statistics.md). A run without ``summary.json`` did
not finish; what is missing is written as rows without values, and the tables made from them say so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from piaa_lightning.cli.configuration.schema import jobs_of
from piaa_lightning.errors import UserError
from piaa_lightning.studies.collect import group_of, tables_of, write_tables
from piaa_lightning.studies.compact_records import write_compact
from piaa_lightning.studies.rows import records_by_seed


def main(arguments: list[str]) -> None:
    """Write the tables of a study."""
    single = None if "--users" in arguments else []
    add = "--add" in arguments
    arguments = [word for word in arguments if word not in ("--users", "--add")]
    if len(arguments) < 2:
        sys.exit(str(__doc__).splitlines()[0])
    named = [argument.partition("=")[::2] for argument in arguments[1:]]
    try:
        groups = {variant: group_of(Path(directory), jobs_of) for variant, directory in named}
        if not any(group.runs for group in groups.values()):
            raise UserError(
                f"{', '.join(directory for _, directory in named)}: there is no finished run (no summary.json below);"
                " run the study's commands first."
            )
        directory, instead_of = Path(arguments[0]), groups if add else None
        write_tables(tables_of(groups, single), directory, instead_of)
        write_compact({name: records_by_seed(group.runs) for name, group in groups.items()}, directory, instead_of)
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
