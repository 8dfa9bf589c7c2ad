"""The photographs and the model of the tests of `photos`."""

from __future__ import annotations

from tests.photos.conftest import prior, store  # noqa: F401  (fixtures)
