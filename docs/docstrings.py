"""Docstrings as the site's reader wants them: ``Example:`` is a section, and roles of Sphinx are plain code."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Docstrings(griffe.Extension):
    """Change docstrings before they are parsed; the files stay as they are."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring is not None:
            text = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
            obj.docstring.value = re.sub(r":(?:meth|class|func|attr|mod|data):(?=`)", "", text)
