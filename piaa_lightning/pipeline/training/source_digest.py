"""Name the program's own source: what other code made is another thing."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import piaa_lightning


@cache
def source_digest() -> str:
    """Return a digest of all modules of the package."""
    package = Path(piaa_lightning.__file__).parent
    content = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        content.update(file.read_bytes())
    return content.hexdigest()
