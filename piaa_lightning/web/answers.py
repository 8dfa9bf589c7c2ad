"""Answers to the page, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.results.cover import choose_cover
from piaa_lightning.photos.results.crops import best_crops, small_copy
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.runtime.terminal import printable
from piaa_lightning.users.rating_log import NOTHING, PICK, REJECT
from piaa_lightning.web.session import Session, View

PAGE, MOST = 120, 3000  # images of an order that are sent at once, and at most if the page has so many already
SKIPPED = 50
GROUP = "group "  # before the digest of one of its images
SHAPES = ("1:1", "16:9", "9:16", "3:2", "2:3", "4:5")
ORDERED = ("best", "all", "unrated")
SHOWN = ("best", "all", "unrated", "mine", "surprising", "picked", "rejected")


def view_answer(session: Session, user: str, start: int = 0, count: int = PAGE, show: str = "best") -> dict[str, Any]:
    """Tell a part of a user's order and everything around it.

    Args:
        session: the visitor's.
        user: whose order.
        start: the first place to tell.
        count: how many places the page wants.
        show: which images, see `SHOWN`: one of each group, all, ...; or `GROUP` and a digest, those of its group.

    Raises:
        UserError: nobody is called so, or there is no such choice.
    """
    view = session.view(user)
    progress = session.progress()
    skipped = [{"name": printable(name), "reason": why} for name, why in list(view.shelf.skipped.items())[-SKIPPED:]]
    shown = _shown(view, show)
    undo, redo = session.log.steps(user)
    return {
        "person": user,
        "people": [{"name": name, "rated": len(session.log.stars(name))} for name in session.log.users()],
        "folder": session.folder,
        "alone": session.by_folder,
        "version": session.version,
        "total": len(view.shelf.files),
        "rated": len(session.log.stars(user)),
        "here": view.rated,
        "unseen": view.told.unseen,
        "learns": view.personal.says_something,
        "reading": {"done": progress.done, "total": progress.total, "trouble": session.trouble},
        "skipped": skipped,
        "undo": undo,
        "redo": redo,
        "ask": [_photo(view, number) for number in view.asked],
        "show": show,
        "shown": len(shown),
        "start": start,
        "items": [_photo(view, number) for number in shown[start : start + min(max(count, PAGE), MOST)].tolist()],
    }


def _shown(view: View, show: str) -> NDArray[np.int64]:
    """Return the images of a choice: in the user's order, the user's own newest first, surprises largest first."""
    ranking = view.ranking
    order: NDArray[np.int64] = ranking.order
    rated = ~np.isnan(ranking.stars)
    if show == "all":
        return order
    if show == "best":
        return order[view.best[order]]
    if show.startswith(GROUP) and (number := view.numbers.get(show.removeprefix(GROUP), -1)) >= 0:
        return order[np.isin(view.groups[order], view.groups[number])]
    if show == "unrated":
        return order[~rated[order]]
    if show == "mine":
        known = (view.numbers.get(photo, -1) for photo in reversed(view.said))
        newest = np.array([number for number in known if number >= 0 and rated[number]], dtype=np.int64)
        return np.concatenate([newest, order[rated[order] & ~np.isin(order, newest)]])
    if show == "surprising":
        apart = np.where(rated, np.abs(ranking.stars - ranking.scores), -1)
        return np.argsort(-apart, kind="stable")[: int(rated.sum())]
    if show in ("picked", "rejected"):
        mark = {"picked": PICK, "rejected": REJECT}[show]
        return np.array([n for n in order.tolist() if _said_mark(view, n) == mark], dtype=np.int64)
    raise UserError(f"There is no choice called {show}; there are {', '.join(SHOWN)}.")


def reject_below(session: Session, user: str, show: str, after: str) -> int:
    """Reject what stands below a line in the order, and with the best of a group the rest of it.

    Args:
        session: the visitor's.
        user: whose order.
        show: which images are shown, one of `ORDERED`.
        after: digest of the last image above the line; empty where all are below.

    Returns:
        How many were rejected; picked ones stay.

    Raises:
        UserError: nobody is called so, these are not in the order, or the image is not among them any more.
    """
    if show not in ORDERED:
        raise UserError("A line is drawn in the order; show all, one of each or those without stars.")
    view = session.view(user)
    shown = _shown(view, show).tolist()
    if after and view.numbers.get(after, -1) not in shown:
        raise UserError("The order has changed meanwhile; look at the line again.")
    below = shown[shown.index(view.numbers[after]) + 1 :] if after else shown
    if show == "best":
        below = np.flatnonzero(np.isin(view.groups, view.groups[below])).tolist()
    return session.reject(user, [view.shelf.digests[number] for number in below])


def compare_answer(session: Session, count: int) -> list[dict[str, Any]]:
    """Tell the best images of everybody in general, and of each user who has said something."""
    views = {name: session.view(name) for name in session.log.users()}
    first = next(iter(views.values()))
    usual = np.argsort(first.ranking.generic_places)[:count].tolist()
    columns = [{"name": "everybody", "items": [_photo(first, number) for number in usual]}]
    for name, view in views.items():
        if view.personal.says_something:
            best = view.ranking.order[:count].tolist()
            columns.append({"name": name, "items": [_photo(view, number) for number in best]})
    return columns


def cover_answer(
    session: Session, user: str, count: int, diversity: float, without: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Tell which images a user might put on a cover: one of each group, none rejected, and none to be replaced."""
    view = session.view(user)
    rejected = [number for number in range(len(view.shelf.files)) if _said_mark(view, number) == REJECT]
    out = [
        *rejected,
        *np.flatnonzero(~view.best).tolist(),
        *(view.numbers[photo] for photo in without if photo in view.numbers),
    ]
    merit = torch.from_numpy(view.ranking.merit)
    return [_photo(view, number) for number in choose_cover(merit, view.shelf, count, diversity, out)]


def crops_answer(session: Session, user: str, digest: str) -> dict[str, Any]:
    """Tell the best crops of an image, as shares of its sides, and how they compare with the whole."""
    networks, personal = session.prior.networks, session.view(user).personal
    pixels = open_photo(session.path_of(digest), 2 * networks.size, session.uploads.limits.pixels).pixels
    small = small_copy(pixels, 2 * networks.size)
    crops = best_crops(small, SHAPES, networks, personal.score)
    with torch.inference_mode():
        whole = float(personal.score(networks.look_at_all([networks.squares(small)])))
    return {
        "whole": _stars(whole),
        "better": any(crop.score > whole for crop in crops),
        "crops": [{"shape": crop.shape, "box": crop.box, "score": _stars(crop.score)} for crop in crops],
    }


def why_answer(session: Session, user: str, digest: str) -> dict[str, Any]:
    """Tell why an image stands where it stands, and which rated images of the folder the sentence names.

    Raises:
        UserError: there is no such image here, or nobody is called so.
    """
    view = session.view(user)
    if digest not in view.numbers:
        raise UserError("There is no such photograph here.")
    (reason,) = view.why.reasons([view.numbers[digest]])
    named = (view.told.digests[rating] for rating in view.why.named(reason))
    here = [view.numbers[photo] for photo in named if photo in view.numbers]
    return {"text": view.why.sentence(reason), "named": [_photo(view, number) for number in here]}


def _photo(view: View, number: int) -> dict[str, Any]:
    ranking, shelf = view.ranking, view.shelf
    width, height = shelf.sizes[number]
    stars = float(ranking.stars[number])
    return {
        "id": shelf.digests[number],
        "name": printable(shelf.files[number]),
        "width": width,
        "height": height,
        "score": round(float(ranking.scores[number]), 2),
        "generic": round(float(ranking.generic[number]), 2),
        "uncertainty": round(float(ranking.uncertainty[number]), 2),
        "place": int(ranking.places[number]),
        "generic_place": int(ranking.generic_places[number]),
        "stars": None if np.isnan(stars) else int(stars) if stars == int(stars) else round(stars, 2),
        "mark": _said_mark(view, number),
        "group": int(view.alike[number]),
        "added": shelf.digests[number] in view.added,
    }


def _said_mark(view: View, number: int) -> str:
    return view.said.get(view.shelf.digests[number], NOTHING).mark


def _stars(score: float) -> float:
    return round(float(STARS.from_unit(np.clip(score, 0, 1))), 2)
