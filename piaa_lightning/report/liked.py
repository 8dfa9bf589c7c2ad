"""The talk's "images liked by users with high and low extraversion", for every trait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.trait_exam import TraitExam
from piaa_lightning.report.canvas import Pixels, head, look, save, show
from piaa_lightning.report.wording import MINUS

SIDE = 4  # people at either end of a trait
MOST_TRAITS = 8


@dataclass(frozen=True)
class Favourite:
    """One picture that one person likes.

    Args:
        image: number of the picture.
        trait: the person's, in [-1, 1].
        predicted: what the network says of people who like the picture, in [-1, 1].
    """

    image: int
    trait: float
    predicted: float


def favourites(exam: TraitExam, trait: int, count: int = SIDE) -> tuple[list[Favourite], list[Favourite]]:
    """Choose what people at both ends of a trait like.

    Of each of the ``count`` test people with the most of a trait, and of each of those with the least (ties by hashed
    id, nobody on both sides), that favourite is taken which the network finds most typical of that end, no picture
    twice.

    Args:
        exam: with the network's word on single pictures.
        trait: its column.
        count: people on a side; half of all people where these are fewer.

    Returns:
        The favourites of people with the most, the highest first; and of those with the least, the lowest first.

    Raises:
        ValueError: the exam holds no single pictures.
    """
    if exam.liked is None:
        raise ValueError("the exam holds no single pictures")
    count = min(count, len(exam.users) // 2)
    order = sorted(range(len(exam.users)), key=lambda user: (exam.traits[user, trait], exam.users[user]))
    taken: set[int] = set()
    ends = []
    for people, sign in ((order[::-1][:count], -1), (order[:count], 1)):
        end = []
        for user in people:
            own = np.flatnonzero(exam.liked.users == user)
            said = exam.liked.predicted[own, trait]
            for k in np.lexsort((exam.liked.images[own], sign * said)):
                image = int(exam.liked.images[own[k]])
                if image not in taken:
                    taken.add(image)
                    end.append(Favourite(image, float(exam.traits[user, trait]), float(said[k])))
                    break
        ends.append(end)
    return ends[0], ends[1]


def liked_pictures(exam: TraitExam, pictures: Callable[[int], Pixels], path_png: Path, title: str) -> str:
    """Draw, in a row for each trait, pictures liked by people with the most and with the least of it.

    Args:
        exam: with the network's word on single pictures.
        pictures: from a number to ``(height, width, 3)`` pixels.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there are no two people.
    """
    if exam.liked is None or len(exam.users) < 2:
        raise UserError(f"{path_png}: pictures of at least two people with traits are needed.")
    names = exam.trait_names[:MOST_TRAITS]
    rows = [favourites(exam, trait) for trait in range(len(names))]
    side = max(len(end) for ends in rows for end in ends)
    with look():
        figure = Figure(figsize=(0.5 + 2.1 * side, 0.7 + 1.35 * len(names)), layout="constrained")
        panels = figure.subplots(
            len(names), 2 * side + 1, width_ratios=[*[1] * side, 0.12, *[1] * side], squeeze=False
        )
        for panel in panels.flat:
            panel.set_axis_off()
        for row, (name, ends) in enumerate(zip(names, rows, strict=True)):
            for start, end in zip((0, side + 1), ends, strict=True):
                for column, favourite in enumerate(end):
                    panel = panels[row, start + column]
                    show(panel, pictures(favourite.image))
                    panel.text(
                        0.5, -0.04, f"{_signed(favourite.trait)}, said {_signed(favourite.predicted)}",
                        transform=panel.transAxes, ha="center", va="top", fontsize=7.5,
                    )  # fmt: skip
            panels[row, 0].annotate(
                name, (0, 0.5), (-8, 0), "axes fraction", textcoords="offset points", ha="right", va="center",
                fontsize=11, fontweight="bold", rotation=90 if len(name) > 2 else 0,
            )  # fmt: skip
        panels[0, 0].set_title("liked by people with the most", loc="left")
        panels[0, side + 1].set_title("liked by people with the least", loc="left")
        head(panels[0, 0], title, _rule(exam))
        return save(figure, path_png)


def _rule(exam: TraitExam) -> str:
    return (
        f"below each: the person's trait, and what {exam.method} says of people who like this picture, both in"
        f" [{MINUS}1, 1]"
    )


def _signed(value: float) -> str:
    text = f"{abs(value):.2f}"
    return ("+" if value >= 0 else MINUS) + (text[1:] if text.startswith("0") else text)
