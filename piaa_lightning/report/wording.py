"""How numbers and results are worded, the same in the terminal, on the page and in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piaa_lightning.evaluation.talk import talk_number

MINUS = "\u2212"
NOTHING = "\u2013"
TALK_COLUMN = "talk (FLICKR-AES)"

# Key in a row of the summary -> heading. Only columns that a run has are shown.
_COLUMNS = {
    "method": "method",
    "backbone": "backbone",
    "trait": "trait",
    "shots": "shots",
    "acc": "ACC",
    "balanced_acc": "balanced ACC",
    "srocc": "SROCC",
    "plcc": "PLCC",
    "rmse": "RMSE",
    "emd_r1": "EMD r=1",
    "emd_r2": "EMD r=2",
    "users": "users",
    "images": "images",
}
_WORDS = {"method", "backbone", "trait"}
_COUNTS = {"shots", "users", "images"}


def decimal(value: float | None, signed: bool = False) -> str:
    """Write a number with three decimals and no leading zero: ``.561``, ``+.012``; a dash for None."""
    if value is None or value != value:
        return NOTHING
    text = f"{abs(value):.3f}"
    sign = "" if text == "0.000" else MINUS if value < 0 else "+" if signed else ""
    return sign + (text[1:] if text.startswith("0") else text)


def spread(mean: float | None, std: float | None) -> str:
    """Write a mean with its +-, ``.561±.005``, or alone where there is none."""
    return decimal(mean) if std is None else f"{decimal(mean)}±{decimal(std)}"


def probability(p: float) -> str:
    """Write a p-value: ``p = .08``, ``p = .004``, ``p < .001``, ``p = 1``."""
    if p < 0.001:
        return "p < .001"
    if p >= 0.995:
        return "p = 1"
    return "p = " + f"{p:.{3 if p < 0.0095 else 2}f}"[1:]


def comparison_sentence(comparison: Mapping[str, Any]) -> str:
    """Word one comparison of the summary: difference, 95 % interval, p and what it was paired over."""
    low, high = comparison["ci95"]
    names = [comparison[side] for side in ("a", "b")]
    if names[0] == names[1]:
        names = [f"{name} ({comparison.get(f'backbone_{side}')})" for name, side in zip(names, "ab", strict=True)]
    what = f" at {comparison['shots']} shots" if "shots" in comparison else f", {comparison['measure']}"
    sentence = (
        f"{names[0]} {MINUS} {names[1]}{what}: {decimal(comparison['difference'], True)}"
        f" [{decimal(low)}, {decimal(high)}], {probability(comparison['p'])}"
    )
    holm = comparison.get("p_holm")
    if holm is not None and probability(holm) != probability(comparison["p"]):
        sentence += f", {probability(holm).replace('p', 'Holm', 1)}"
    repeats = f" x {comparison['repeats']} repeats" if comparison.get("repeats", 0) > 1 else ""
    for unit in ("users", "images"):
        if unit in comparison:
            sentence += f" (paired over {comparison[unit]} {unit}{repeats})"
    return sentence


def talk_cell(row: Mapping[str, Any]) -> str:
    """Word the talk's number for a row, with the backbone it was measured with; empty where there is none."""
    number = talk_number(str(row["method"]), str(row.get("backbone") or ""), int(row.get("shots") or 0))
    return f"{spread(number.mean, number.std)} {number.backbone}".rstrip() if number else ""


def result_table(summary: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Lay out the rows of a summary as headings and cells, fewest shots first.

    A column is shown when the run has it; the backbone only where there are several, else it is said once elsewhere
    (:func:`backbones`). The talk's column is shown when any row has a number there.
    """
    rows = sorted(summary["rows"], key=lambda row: int(row.get("shots") or 0))
    hidden = set() if len(backbones(summary)) > 1 else {"backbone"}
    keys = [key for key in _COLUMNS if key not in hidden and any(row.get(key) is not None for row in rows)]
    headings = [_COLUMNS[key] for key in keys]
    cells = [[_cell(key, row) for key in keys] for row in rows]
    talk = [talk_cell(row) for row in rows]
    if any(talk):
        headings.append(TALK_COLUMN)
        cells = [[*line, cell] for line, cell in zip(cells, talk, strict=True)]
    return headings, cells


def _cell(key: str, row: Mapping[str, Any]) -> str:
    value = row.get(key)
    if key in _WORDS:
        return str(value or "")
    if key in _COUNTS:
        return NOTHING if value is None else str(value)
    return spread(value, row.get("srocc_std_repeats")) if key == "srocc" else decimal(value)


def backbones(summary: Mapping[str, Any]) -> list[str]:
    """Backbones among the rows, in order of appearance."""
    return list(dict.fromkeys(row["backbone"] for row in summary["rows"] if row.get("backbone")))


def notes(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what must stand under every result: on which data and split, how good one could be, what was dropped."""
    lines = [("data", str(summary["data"]))]
    if summary.get("split"):
        lines.append(("split", f"{summary['split']} ({str(summary.get('split_hash', ''))[:12]})"))
    for name, other in (summary.get("databases") or {}).items():
        lines.append((name, f"{other['data']}: {other['split']} ({other['split_hash'][:12]})"))
    if len(names := backbones(summary)) == 1:
        lines.append(("backbone", names[0]))
    judged = dict.fromkeys(row["judged_on"] for row in summary["rows"] if row.get("judged_on"))
    if [name for name in judged if name != summary["data"]]:
        lines.append(("judged on", ", ".join(judged)))
    if any(row.get("srocc_std_repeats") is not None for row in summary["rows"]):
        lines.append(("±", "standard deviation over repeats of the mean over users"))
    if summary.get("ceiling") is not None:
        lines.append(("ceiling", f"SROCC {decimal(summary['ceiling'])}, what a perfect predictor would reach here"))
    lost = max((int(row.get("users_dropped") or 0) for row in summary["rows"]), default=0)
    dropped = [f"{what}: {count}" for what, count in (summary.get("dropped") or {}).items() if count]
    if lost:
        dropped.append(f"users without a value: up to {lost} in a row of the table")
    lines.append(("dropped", ", ".join(dropped) or "nothing"))
    lines += [("left out", f"{method}: {why}") for method, why in (summary.get("left_out") or {}).items()]
    if any(talk_cell(row) for row in summary["rows"]):
        lines.append(
            ("talk", "measured by its authors on FLICKR-AES itself (37 users), with the backbone named beside")
        )
    return lines
