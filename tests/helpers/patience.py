"""How long a test waits for what it started before it gives up: a limit for a busy machine, never an expectation."""

from __future__ import annotations

import os

PATIENCE = float(os.environ.get("PIAA_TEST_PATIENCE", "900"))  # seconds
