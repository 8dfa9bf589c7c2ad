"""Images liked by users with the most and the least of each trait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_evaluation import TraitEvaluation
from piaa_lightning.report.formatting import MINUS
from piaa_lightning.report.style import Pixels, head_all, look, save, show

SIDE = 4  # users at either end of a trait
MOST_TRAITS = 8


@dataclass(frozen=True)
class Favourite:
    """One image that one user likes.

    Args:
        image: number of the image.
        trait: the user's, in [-1, 1].
        predicted: what the network says of users who like the image, in [-1, 1].
    """

    image: int
    trait: float
    predicted: float


def favourites(evaluation: TraitEvaluation, trait: int, count: int = SIDE) -> tuple[list[Favourite], list[Favourite]]:
    """Choose what users at both ends of a trait like.

    Of each of the ``count`` test users with the most of a trait, and of each of those with the least (ties by hashed
    id, nobody on both sides), that favourite is taken which the network finds most typical of that end, no image
    twice.

    Args:
        evaluation: with the network's word on single images.
        trait: its column.
        count: users on a side; half of all users where these are fewer.

    Returns:
        The favourites of users with the most, the highest first; and of those with the least, the lowest first.

    Raises:
        ValueError: the evaluation holds no single images.
    """
    if evaluation.liked is None:
        raise ValueError("the evaluation holds no single images")
    count = min(count, len(evaluation.users) // 2)
    order = sorted(
        range(len(evaluation.users)), key=lambda user: (evaluation.traits[user, trait], evaluation.users[user])
    )
    taken: set[int] = set()
    ends = []
    for users, sign in ((order[::-1][:count], -1), (order[:count], 1)):
        end = []
        for user in users:
            own = np.flatnonzero(evaluation.liked.users == user)
            said = evaluation.liked.predicted[own, trait]
            for k in np.lexsort((evaluation.liked.images[own], sign * said)):
                image = int(evaluation.liked.images[own[k]])
                if image not in taken:
                    taken.add(image)
                    end.append(Favourite(image, float(evaluation.traits[user, trait]), float(said[k])))
                    break
        ends.append(end)
    return ends[0], ends[1]


def liked_images(evaluation: TraitEvaluation, images: Callable[[int], Pixels], path_png: Path, title: str) -> str:
    """Draw, in a row for each trait, images liked by users with the most and with the least of it.

    Args:
        evaluation: with the network's word on single images.
        images: from a number to ``(height, width, 3)`` pixels.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there are no two users.
    """
    if evaluation.liked is None or len(evaluation.users) < 2:
        raise UserError(f"{path_png}: images of at least two users with traits are needed.")
    names = evaluation.trait_names[:MOST_TRAITS]
    rows = [favourites(evaluation, trait) for trait in range(len(names))]
    side = max(len(end) for ends in rows for end in ends)
    with look():
        figure = Figure(
            figsize=(0.6 + 2.1 * side, 0.3 + 1.25 * len(names)), layout=ConstrainedLayoutEngine(hspace=0.06)
        )
        # names of traits stand in a column of their own, the two ends in a line of their own: images differ in shape
        panels = figure.subplots(
            len(names) + 1, 2 * side + 2, squeeze=False,
            width_ratios=[0.25, *[1] * side, 0.15, *[1] * side], height_ratios=[0.14, *[1] * len(names)],
        )  # fmt: skip
        for panel in panels.flat:
            panel.set_axis_off()
        for first, words in ((1, "most"), (side + 2, "least")):
            panels[0, first].text(
                0, 0.5, f"liked by users with the {words}", fontsize=9.5, fontweight="bold", va="center",
                in_layout=False,
            )  # fmt: skip
        for row, (name, ends) in enumerate(zip(names, rows, strict=True), start=1):
            panels[row, 0].text(
                0.5, 0.5, name, ha="center", va="center", fontsize=11, fontweight="bold", in_layout=False,
                rotation=90 if len(name) > 2 else 0,
            )  # fmt: skip
            for first, end in zip((1, side + 2), ends, strict=True):
                for panel, favourite in zip(panels[row, first : first + side], end, strict=False):
                    show(panel, images(favourite.image))
                    panel.annotate(
                        f"{_signed(favourite.trait)}, said {_signed(favourite.predicted)}", (0.5, 0), (0, -3),
                        "axes fraction", textcoords="offset points", ha="center", va="top", fontsize=7.5,
                    )  # fmt: skip
        head_all(figure, title, _rule(evaluation))
        liked = f"Images liked by {side} users with the most and {side} with the least of {', '.join(names)}"
        return save(figure, path_png, f"{liked}; {_rule(evaluation)}.")


def _rule(evaluation: TraitEvaluation) -> str:
    return (
        f"below each: the user's trait, and what {evaluation.method} says of users who like this image, both in"
        f" [{MINUS}1, 1]"
    )


def _signed(value: float) -> str:
    text = f"{abs(value):.2f}"
    return ("+" if value >= 0 else MINUS) + (text[1:] if text.startswith("0") else text)
