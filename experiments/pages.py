"""Write ``report.html`` of studies from their csv files: ``python experiments/pages.py [STUDY ...]``."""

from __future__ import annotations

import sys
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.report.study_page import write_study_page

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> None:
    """Write the pages of the named studies, or of all that have tables."""
    for name in names or sorted({file.parent.name for file in HERE.glob("*/*.csv")}):
        try:
            write_study_page(HERE / name, HERE / name / "report.html", name)
        except UserError as error:
            sys.exit(str(error))
        print(HERE / name / "report.html")


if __name__ == "__main__":
    main(sys.argv[1:])
