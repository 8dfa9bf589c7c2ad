"""Write what was planned: each side-car is whole or as it was, and an original is never opened for writing."""

from __future__ import annotations

from collections.abc import Sequence

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.sidecars.plan import Entry


def write(entries: Sequence[Entry]) -> int:
    """Write side-cars.

    Returns:
        How many were written.

    Raises:
        UserError: one cannot be written; it says how many were before, and nothing is half-written.
    """
    written = 0
    for entry in entries:
        if entry.content is None:
            continue
        try:
            replace_file(entry.side_car, entry.content)
        except OSError as error:
            raise UserError(
                f"{entry.side_car}: cannot be written ({error.strerror}); {written} side-cars were written before it,"
                " and the same command goes on with the others."
            ) from error
        written += 1
    return written
