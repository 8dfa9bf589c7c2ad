"""Word numbers and results, the same in the terminal, on the page and in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piaa_lightning.evaluation.comparison.conclusion import ENOUGH, TOO_FEW
from piaa_lightning.metrics.registry import MAIN, main

MINUS = "\u2212"
NOTHING = "\u2013"


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
    if "shots" in comparison and comparison.get("metric", MAIN) != MAIN:
        what += f", {comparison['measure']}"
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


def mean_of(values: Sequence[float | None]) -> float | None:
    """Mean of numbers of which all are known, else None."""
    known = [value for value in values if value is not None and value == value]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def backbones(summary: Mapping[str, Any]) -> list[str]:
    """Backbones among the rows, in order of appearance."""
    return list(dict.fromkeys(row["backbone"] for row in summary["rows"] if row.get("backbone")))


def notes(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what must stand under every result: on which data and split, how good one could be, what was dropped.

    What published numbers were measured on stands in the tables, see ``result_tables``.
    """
    lines = [("data", str(summary["data"]))]
    if summary.get("split"):
        lines.append(("split", f"{summary['split']} ({str(summary.get('split_hash', ''))[:12]})"))
    if summary.get("evaluated") == "val":
        lines.append(("evaluated on", "validation users, who also chose the settings: for searches, not a result"))
    for name, other in (summary.get("databases") or {}).items():
        if (other["data"], other["split_hash"]) == (summary["data"], summary.get("split_hash")):
            continue  # the same under another name
        lines.append((name, f"{other['data']}: {other['split']} ({other['split_hash'][:12]})"))
    if summary.get("comparisons"):
        lines.append(
            (
                "seeds",
                f"one: differences hold for these trained networks; of the methods, {TOO_FEW} below {ENOUGH} seeds",
            )
        )
    if len(names := backbones(summary)) == 1:
        lines.append(("backbone", names[0]))
    if any(row.get(f"{MAIN}_std_repeats") is not None for row in summary["rows"]):
        lines.append(("±", "standard deviation over repeats of the mean over users"))
    if summary.get("ceiling") is not None:
        lines.append(
            ("ceiling", f"{main().label} {decimal(summary['ceiling'])}, what a perfect predictor would reach here")
        )
    lost = max((int(row.get("users_dropped") or 0) for row in summary["rows"]), default=0)
    dropped = [f"{what}: {count}" for what, count in (summary.get("dropped") or {}).items() if count]
    if lost:
        dropped.append(f"users without a value: up to {lost} in a row of the table")
    lines.append(("dropped", ", ".join(dropped) or "nothing"))
    edges = [
        f"{method} at {shots} shots ({', '.join(names)})"
        for method, by_shots in (summary.get("on_edge") or {}).items()
        for shots, names in by_shots.items()
    ]
    lines += [("on the edge of its grid", "; ".join(edges))] if edges else []
    lines += [("left out", f"{method}: {why}") for method, why in (summary.get("left_out") or {}).items()]
    return lines
