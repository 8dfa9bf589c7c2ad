"""One self-contained page for one run: the result, the figures, every user, the settings, what was dropped."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from piaa_lightning.evaluation.records import Record
from piaa_lightning.metrics.registry import MAIN, main
from piaa_lightning.report.formatting import comparison_sentence, decimal, notes
from piaa_lightning.report.result_tables import published_notes, result_tables, smaller_is_better
from piaa_lightning.report.strata_table import strata_table
from piaa_lightning.report.style import described
from piaa_lightning.report.users_table import users_table
from piaa_lightning.runtime.files.atomic import replace_file

Figures = Mapping[str, str | bytes]
MOST_TILES = 6


def write_page(summary: Mapping[str, Any], records: Sequence[Record], path_html: Path, figures: Figures) -> None:
    """Write ``report.html``: no script, no network, readable on a phone, in light and dark.

    Args:
        summary: what the run writes as ``summary.json``.
        records: its records, for what was dropped and why; may be empty.
        path_html: where the page goes.
        figures: caption -> SVG text as the functions that draw return it, or the bytes of a PNG.
    """
    tables = result_tables(summary)
    comparisons = summary.get("comparisons") or []
    chosen, users = _chosen(summary), users_table(records, compared_methods(summary))
    strata = strata_table(summary.get("strata") or [])
    contents = {
        "result": "Result",
        "comparisons": comparisons and "Comparisons",
        "strata": strata and "Hard users and hard images",
        "figures": figures and "Figures",
        "users": users and "Every test user",
        "chosen": chosen and "Chosen settings",
        "left-out": "What was left out",
        "run": "What was run",
    }
    page = template("report.html.j2").render(
        summary=summary,
        contents=[(anchor, words) for anchor, words in contents.items() if words],
        tiles=tiles(summary),
        users=users,
        strata=strata,
        facts=_facts(summary),
        tables=tables,
        notes=[*notes(summary), *published_notes(tables)],
        comparisons=[comparison_sentence(comparison) for comparison in comparisons],
        compared={"users" if "shots" in comparison else "networks" for comparison in comparisons},
        smaller=smaller_is_better(summary),
        main=main().label,
        figures=embedded(figures),
        chosen=chosen,
        dropped=_dropped(summary, records),
    )
    replace_file(Path(path_html), page.encode())


def template(name: str) -> Template:
    """Return a template of this package; a name that it uses and is not given stops it, words are escaped."""
    environment = Environment(
        loader=PackageLoader("piaa_lightning", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def embedded(figures: Figures) -> list[tuple[str, Markup]]:
    """Return captions with images that stand in the page itself."""
    return [(caption, _image(image, f"f{k}-", caption)) for k, (caption, image) in enumerate(figures.items())]


def tiles(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Choose the numbers that are looked at first: the first comparison at every number of shots."""
    comparisons = [c for c in summary.get("comparisons") or [] if "shots" in c and c.get("metric", MAIN) == MAIN]
    if not comparisons:
        return []
    first = (comparisons[0]["a"], comparisons[0]["b"])
    rows = {(row["method"], row["shots"]): row.get(MAIN) for row in summary["rows"] if "shots" in row}
    found = []
    for c in comparisons:
        if (c["a"], c["b"]) == first:
            low, high = c["ci95"]
            words = (
                f"{main().label} of {c['a']} at {c['shots']} shots; {c['b']} {decimal(rows.get((c['b'], c['shots'])))};"
                f" difference {decimal(c['difference'], True)}, 95 % interval"
                f" {decimal(low, True)} to {decimal(high, True)}"
            )
            found.append((decimal(rows.get((c["a"], c["shots"]))), words))
    return found[:MOST_TILES]


def compared_methods(summary: Mapping[str, Any]) -> list[str]:
    """Return the methods of users that are compared, in order; all where none are."""
    compared = [c[side] for c in summary.get("comparisons") or [] if "shots" in c for side in "ab"]
    return list(dict.fromkeys(compared or [row["method"] for row in summary["rows"] if "shots" in row]))


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
        "protocol": ", ".join(f"{name} {value}" for name, value in (summary.get("protocol") or {}).items()),
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
    reasons = Counter((r.shots, r.dropped) for r in records if r.dropped and r.metric == MAIN)
    measured = [f"measurements at {shots} shots: {count} ({why})" for (shots, why), count in sorted(reasons.items())]
    methods = [f"{method}: {why}" for method, why in (summary.get("left_out") or {}).items()]
    return before + measured + methods


def _image(image: str | bytes, prefix: str, caption: str) -> Markup:
    """Embed an image with words for users who cannot see it: those that the figure brings, else its caption.

    Ids in an SVG get a prefix, since two on one page would share theirs.
    """
    if isinstance(image, bytes):
        encoded = base64.b64encode(image).decode()
        return Markup('<img alt="{}" src="data:image/png;base64,{}">').format(caption, encoded)
    own = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", image[image.index("<svg") :])
    said = Markup('<svg role="img" aria-label="{}" ').format(described(image) or caption)
    own = re.sub(r"\s*<desc>.*?</desc>", "", own, count=1, flags=re.DOTALL)
    own = said + Markup(own.removeprefix("<svg").lstrip())
    return Markup(own)  # made by our own figures: matplotlib escapes the words in it
