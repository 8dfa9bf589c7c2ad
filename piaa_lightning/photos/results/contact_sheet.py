"""A contact sheet: one self-contained page with all images in a user's order."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from piaa_lightning.data.ratings import Indices
from piaa_lightning.photos.images.groups import best_of_groups
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.results.ranking import Ranking

MOST = 500  # images on a page; more make it too large to open


def contact_sheet(
    title: str,
    notes: list[str],
    shelf: Shelf,
    ranking: Ranking,
    thumbnail: Callable[[str], bytes | None],
    groups: Indices | None = None,
) -> str:
    """Return the page: no script, no network, readable on a phone, in light and dark.

    Args:
        title: of the page.
        notes: sentences below it.
        shelf: the images.
        ranking: their order.
        thumbnail: returns an image's small JPEG by its digest.
        groups: ``(images,)`` see `group_photos`: the best of each is shown; None shows all.
    """
    environment = Environment(
        loader=PackageLoader("piaa_lightning", "photos/results"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    alone = np.arange(len(shelf.files)) if groups is None else groups
    order = ranking.order[best_of_groups(alone, ranking.order)[ranking.order]]
    alike = np.bincount(alone, minlength=len(alone))[alone]
    shown = [
        {
            "place": int(ranking.places[number]),
            "file": shelf.files[number],
            "stars": "" if math.isnan(ranking.stars[number]) else f"{ranking.stars[number]:g}",
            "score": f"{ranking.scores[number]:.1f}",
            "unsure": f"{ranking.uncertainty[number]:.1f}",
            "generic": f"{ranking.generic[number]:.1f}",
            "moved": int(ranking.generic_places[number] - ranking.places[number]),
            "picture": base64.b64encode(thumbnail(shelf.digests[number]) or b"").decode(),
            "size": shelf.sizes[number],
            "more": int(alike[number]) - 1,
        }
        for number in order[:MOST].tolist()
    ]
    return environment.get_template("contact_sheet.html.j2").render(
        title=title, notes=notes, shown=shown, left_out=len(order) - len(shown), skipped=shelf.skipped
    )
