"""The page docs/python.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import piaa_lightning
from piaa_lightning import ArgumentError

ROOT = Path(__file__).parents[2]


def blocks(page: Path) -> str:
    """The Python of a page, in order; what stands between is left as blank lines, so that lines keep their numbers."""
    parts = re.split(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return "".join(part if place % 2 else "\n" * part.count("\n") for place, part in enumerate(parts))


def test_the_page_runs(kept):
    page = ROOT / "docs" / "python.md"
    code = blocks(page)
    assert code.count("fit(") > 5
    exec(compile(code, str(page), "exec"), {})


def test_errors_are_of_the_kinds_that_python_knows():
    assert issubclass(ArgumentError, ValueError)
    assert issubclass(piaa_lightning.ArgumentTypeError, TypeError)
    assert issubclass(piaa_lightning.ArgumentNotFoundError, FileNotFoundError)
    assert str(ArgumentError("a", "b.", 1).under("c.d")) == "c.d.a=1: b."
