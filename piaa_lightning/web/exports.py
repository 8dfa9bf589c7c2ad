"""Files that a visitor takes away."""

from __future__ import annotations

from piaa_lightning.errors import UserError
from piaa_lightning.photos.results.cards import user_card
from piaa_lightning.photos.results.contact_sheet import contact_sheet
from piaa_lightning.photos.results.ranking import ranking_csv, stars_csv
from piaa_lightning.web.session import Session


def exported(session: Session, what: str, user: str) -> tuple[bytes, str]:
    """Make a file.

    Args:
        session: the visitor's.
        what: its name.
        user: whom it is about.

    Returns:
        Its bytes, and their kind.

    Raises:
        UserError: there is no such file, or nothing that could stand in it.
    """
    view = session.view(user)
    if what == "ranking.csv":
        return ranking_csv(view.ranking, view.shelf.files).encode(errors="surrogateescape"), "text/csv; charset=utf-8"
    if what == "stars.csv":
        return stars_csv(view.ranking, view.shelf.files).encode(errors="surrogateescape"), "text/csv; charset=utf-8"
    if what == "person.safetensors":
        return session.user(user).bytes(), "application/octet-stream"
    if what == "person.md":
        return user_card(session.user(user), session.prior).encode(), "text/markdown; charset=utf-8"
    if what == "contact_sheet.html":
        title = f"{len(view.shelf.files)} photographs in the order of {user}"
        notes = ["Stars from 1 to 5; ★ is your own word; in brackets what anybody is expected to say."]
        page = contact_sheet(title, notes, view.shelf, view.ranking, session.thumbnail)
        return page.encode(errors="backslashreplace"), "text/html"
    raise UserError(f"There is no export called {what}.")
