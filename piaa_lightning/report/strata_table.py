"""How methods do on hard users and hard images, as a table of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.result_tables import ResultTable

COLUMNS = tuple((of, stratum) for of in ("users", "images") for stratum in ("hard", "other"))


def strata_table(lines: Sequence[Mapping[str, Any]]) -> ResultTable | None:
    """Lay out a row per method and number of shots, fewest shots first, and a column per stratum.

    Args:
        lines: as `evaluation.strata.StrataScores` gives them, of all methods.

    Returns:
        The table; None where there is no line.

    Example:
        >>> told = {"method": "ridge", "shots": 10, "of": "users", "stratum": "hard", "srocc": 0.25, "users": 3}
        >>> strata_table([told]).cells
        [['ridge', '10', '.250', '–', '–', '–']]
    """
    rows: dict[tuple[int, str], dict[tuple[str, str], float]] = {}
    for line in lines:
        own = rows.setdefault((int(line["shots"]), str(line["method"])), {})
        own[line["of"], line["stratum"]] = float(line["srocc"])
    if not rows:
        return None
    order = sorted(rows, key=lambda key: key[0])  # of one number of shots in the order in which methods were run
    cells = [
        [method, str(shots), *(decimal(rows[shots, method].get(each)) for each in COLUMNS)] for shots, method in order
    ]
    headings = ["method", "shots", *(f"{stratum} {of}" for of, stratum in COLUMNS)]
    ends = {place for place in range(len(order) - 1) if order[place][0] != order[place + 1][0]}
    return ResultTable("users", "Hard users and hard images", headings, cells, ends)
