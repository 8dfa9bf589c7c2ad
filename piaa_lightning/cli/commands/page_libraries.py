"""Whether the libraries that serve the page are installed, known before any of them is imported."""

from __future__ import annotations

from importlib.util import find_spec

from piaa_lightning.errors import UserError


def refuse_without_libraries(what: str) -> None:
    """Stop where what serves the page is not installed.

    Args:
        what: needs it; begins the sentence.

    Raises:
        UserError: the sentence says how to install it.
    """
    for library in ("starlette", "uvicorn"):
        if find_spec(library) is None:
            raise UserError(f"{what} needs {library}: pip install 'piaa-lightning[web]'.")
