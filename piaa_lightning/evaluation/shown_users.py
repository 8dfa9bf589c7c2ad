"""A few test users whose single images are shown; who and which is chosen by ratings alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable, Scores, hashed
from piaa_lightning.evaluation.protocol import Draw, Protocol, draws

Maps = NDArray[np.float32]
LOOKED_INTO = 2  # users whose models gradient maps are of


@dataclass(frozen=True)
class ShownUser:
    """One user and the images that the user is evaluated on.

    Args:
        draw: the user's first split.
        name: hashed id.
        images: ``(query,)`` numbers of the images.
        scores: ``(query,)`` ratings in [0, 1].
        image_ids: ``(query,)``.
    """

    draw: Draw
    name: str
    images: Indices
    scores: Scores
    image_ids: NDArray[np.str_]


@dataclass(frozen=True)
class ExplainedImage:
    """Where a prior, and the models of users who rated an image, look in it.

    Args:
        image: number of the image.
        image_id: its id.
        who: ``prior``, then hashed ids.
        scores: what each rated it, in [0, 1]; None for the prior, and for users who did not rate it.
        predicted: what each model says, in [0, 1].
        maps: ``(1 + users, size, size)`` gradient maps, not negative.
        concentrations: of the maps, see `gradient_map.concentration`.
    """

    image: int
    image_id: str
    who: tuple[str, ...]
    scores: tuple[float | None, ...]
    predicted: tuple[float, ...]
    maps: Maps
    concentrations: tuple[float, ...]


@dataclass
class ShownUsers:
    """What is shown of users' single images.

    Args:
        shots: ratings that models saw.
        users: the two who share most images first, then others by hashed id.
        predicted: by label of the method, each user's ``(query,)`` predictions in [0, 1].
        explained: images with maps.
        explains: label of the method whose models the maps are of.
    """

    shots: int
    users: list[ShownUser]
    predicted: dict[str, list[Scores]] = field(default_factory=dict)
    explained: list[ExplainedImage] = field(default_factory=list)
    explains: str = ""

    def lines(self) -> list[dict[str, Any]]:
        """Return one line per method, user and image."""
        return [
            {"method": method, "shots": self.shots, "user": user.name, "image": str(image),
             "score": float(score), "predicted": float(said)}
            for method, of_users in self.predicted.items()
            for user, own in zip(self.users, of_users, strict=True)
            for image, score, said in zip(user.image_ids, user.scores, own, strict=True)
        ]  # fmt: skip

    def map_lines(self) -> list[dict[str, Any]]:
        """Return one line per gradient map."""
        return [
            {"method": self.explains, "shots": self.shots, "image": image.image_id, "whose": who,
             "score": "" if score is None else score, "predicted": said, "concentration": share}
            for image in self.explained
            for who, score, said, share in zip(
                image.who, image.scores, image.predicted, image.concentrations, strict=True
            )
        ]  # fmt: skip


def shown_users(
    table: RatingTable, rows: Indices, shots: Sequence[int], protocol: Protocol, count: int
) -> ShownUsers | None:
    """Choose who is shown: the two users with most query images in common, then others in order of hashed ids.

    Args:
        table: of ratings.
        rows: the test users' ratings on test images.
        shots: support sizes; the largest at which anybody is evaluated counts.
        protocol: the one that users are evaluated by; its first repeat counts.
        count: users at most.

    Returns:
        Them, without predictions; None where nobody is evaluated or nobody is wanted.
    """
    for k in sorted(shots, reverse=True) if count > 0 else ():
        found = [
            ShownUser(
                draw,
                hashed(str(table.user_ids[draw.user])),
                table.image[draw.query],
                table.score[draw.query],
                table.image_ids[table.image[draw.query]],
            )
            for draw in draws(table, rows, [k], replace(protocol, repeats=1))
            if not draw.dropped
        ]
        if found:
            found.sort(key=lambda user: user.name)
            first = _pair(found)
            others = [user for place, user in enumerate(found) if place not in first]
            return ShownUsers(k, [*(found[place] for place in first), *others][:count])
    return None


def _pair(users: Sequence[ShownUser]) -> list[int]:
    """Return the places of the two who share most images, the first by name of equals; nobody where none share."""
    rated = [set(user.images.tolist()) for user in users]
    most, pair = 0, []
    for one in range(len(users)):
        for other in range(one + 1, len(users)):
            shared = len(rated[one] & rated[other])
            if shared > most:
                most, pair = shared, [one, other]
    return pair


def images_to_explain(users: Sequence[ShownUser], maps: int) -> list[int]:
    """Choose images for gradient maps: those that the first two users rated most differently, ties by id.

    Where they share too few, the best and the worst rated of either follow in turn.

    Args:
        users: shown.
        maps: how many maps there may be; an image takes one for the prior and one for each of two users.

    Returns:
        Numbers of images.
    """
    users = users[:LOOKED_INTO]
    if not users:
        return []
    ratings = [dict(zip(user.images.tolist(), user.scores.tolist(), strict=True)) for user in users]
    ids = {
        image: str(name)
        for user in users
        for image, name in zip(user.images.tolist(), user.image_ids.tolist(), strict=True)
    }
    shared = set.intersection(*map(set, ratings)) if len(users) > 1 else set()
    gaps = {image: max(own[image] for own in ratings) - min(own[image] for own in ratings) for image in shared}
    order = sorted(shared, key=lambda image: (-gaps[image], ids[image]))
    ranked = [sorted(set(own) - shared, key=lambda image: (-own[image], ids[image])) for own in ratings]
    for turn in range(max(map(len, ranked))):
        order += [own[turn // 2 if turn % 2 == 0 else -1 - turn // 2] for own in ranked if turn < len(own)]
    return order[: maps // (1 + len(users))]
