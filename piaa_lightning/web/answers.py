"""What the page is told, as plain values for JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from piaa_lightning.photos.cover import choose_cover
from piaa_lightning.photos.crops import best_crops, small_copy
from piaa_lightning.photos.opening import open_photo
from piaa_lightning.photos.ratings import STARS
from piaa_lightning.web.session import Session, View

PAGE = 120  # images of an order that are sent at once
SKIPPED = 50
SHAPES = ("1:1", "16:9", "9:16", "2:3")


def view_answer(session: Session, user: str, start: int = 0) -> dict[str, Any]:
    """Tell a part of a user's order and everything around it."""
    view = session.view(user)
    progress = session.progress()
    skipped = [{"name": name, "reason": reason} for name, reason in list(view.shelf.skipped.items())[-SKIPPED:]]
    return {
        "person": user,
        "people": [{"name": name, "rated": len(session.log.stars(name))} for name in session.log.users()],
        "total": len(view.shelf.files),
        "rated": len(view.stars),
        "learns": view.personal.says_something,
        "reading": {"done": progress.done, "total": progress.total},
        "skipped": skipped,
        "ask": [_photo(view, number) for number in view.asked],
        "start": start,
        "items": [_photo(view, number) for number in view.ranking.order[start : start + PAGE].tolist()],
    }


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


def cover_answer(session: Session, user: str, count: int, diversity: float) -> list[dict[str, Any]]:
    """Tell which images a user might put on a cover."""
    view = session.view(user)
    merit = torch.from_numpy(view.ranking.merit)
    return [_photo(view, number) for number in choose_cover(merit, view.shelf, count, diversity)]


def crops_answer(session: Session, user: str, digest: str) -> list[dict[str, Any]]:
    """Tell the best crops of an image, as shares of its sides."""
    networks, personal = session.prior.networks, session.view(user).personal
    pixels = open_photo(session.path_of(digest), 2 * networks.size, session.uploads.limits.pixels).pixels
    crops = best_crops(small_copy(pixels, 2 * networks.size), SHAPES, networks, personal.score)
    return [{"shape": crop.shape, "box": crop.box, "score": _stars(crop.score)} for crop in crops]


def _photo(view: View, number: int) -> dict[str, Any]:
    ranking, shelf = view.ranking, view.shelf
    width, height = shelf.sizes[number]
    return {
        "id": shelf.digests[number],
        "name": shelf.files[number],
        "width": width,
        "height": height,
        "score": round(float(ranking.scores[number]), 2),
        "generic": round(float(ranking.generic[number]), 2),
        "uncertainty": round(float(ranking.uncertainty[number]), 2),
        "place": int(ranking.places[number]),
        "generic_place": int(ranking.generic_places[number]),
        "stars": view.stars.get(shelf.digests[number]),
    }


def _stars(score: float) -> float:
    return round(float(STARS.from_unit(np.clip(score, 0, 1))), 2)
