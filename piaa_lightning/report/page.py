"""One self-contained page for one run: what was run, the result, the figures, the settings, what was dropped."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from piaa_lightning.atomic import replace_file
from piaa_lightning.evaluation.records import Record
from piaa_lightning.report.result_tables import result_tables, talk_notes
from piaa_lightning.report.wording import comparison_sentence, notes

Figures = Mapping[str, str | bytes]


def write_page(summary: Mapping[str, Any], records: Sequence[Record], path_html: Path, figures: Figures) -> None:
    """Write ``report.html``: no script, no network, readable on a phone, in light and dark.

    Args:
        summary: what the run writes as ``summary.json``.
        records: its records, for what was dropped and why; may be empty.
        path_html: where the page goes.
        figures: caption -> SVG text as the functions in ``figures`` return it, or the bytes of a PNG.
    """
    environment = Environment(
        loader=PackageLoader("piaa_lightning", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tables = result_tables(summary)
    comparisons = summary.get("comparisons") or []
    page = environment.get_template("report.html.j2").render(
        summary=summary,
        facts=_facts(summary),
        tables=tables,
        notes=[*notes(summary), *talk_notes(tables)],
        comparisons=[comparison_sentence(comparison) for comparison in comparisons],
        compared={"people" if "shots" in comparison else "networks" for comparison in comparisons},
        figures=[(caption, _picture(picture, f"f{k}-")) for k, (caption, picture) in enumerate(figures.items())],
        chosen=_chosen(summary),
        dropped=_dropped(summary, records),
    )
    replace_file(Path(path_html), page.encode())


def _facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what was run; a line is left out where the summary does not have it."""
    seconds = summary.get("seconds") or {}
    versions = summary.get("versions") or {}
    facts = {
        "experiment": summary["experiment"],
        "command": summary.get("command"),
        "data": summary["data"],
        "split": summary.get("split"),
        "split hash": summary.get("split_hash"),
        "seed": summary.get("seed"),
        "seconds": ", ".join(f"{phase} {_seconds(spent)}" for phase, spent in seconds.items()),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    return [(name, str(fact)) for name, fact in facts.items() if fact not in (None, "")]


def _seconds(spent: float) -> str:
    return f"{spent:.0f}" if spent >= 10 else f"{spent:.1f}"


def _chosen(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """List (method, shots, settings) of what was chosen on validation users."""
    return [
        (method, str(shots), ", ".join(f"{name} = {value}" for name, value in settings.items()))
        for method, by_shots in (summary.get("chosen") or {}).items()
        for shots, settings in by_shots.items()
        if settings
    ]


def _dropped(summary: Mapping[str, Any], records: Sequence[Record]) -> list[str]:
    """Say what the reader and the evaluation left out and why, with counts, and which methods could not take part."""
    before = [f"{what}: {count}" for what, count in (summary.get("dropped") or {}).items() if count]
    reasons = Counter((r.shots, r.dropped) for r in records if r.dropped)
    measured = [f"measurements at {shots} shots: {count} ({why})" for (shots, why), count in sorted(reasons.items())]
    methods = [f"{method}: {why}" for method, why in (summary.get("left_out") or {}).items()]
    return before + measured + methods


def _picture(picture: str | bytes, prefix: str) -> Markup:
    """Embed a picture; ids in an SVG get a prefix, since two on one page would share theirs."""
    if isinstance(picture, bytes):
        return Markup('<img alt="" src="data:image/png;base64,{}">').format(base64.b64encode(picture).decode())
    own = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", picture[picture.index("<svg") :])
    return Markup(own)  # made by our own figures: matplotlib escapes the words in it
