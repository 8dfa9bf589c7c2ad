"""A few test people whose single pictures are shown; who and which is chosen by ratings alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable, Scores, hashed
from piaa_lightning.evaluation.protocol import Draw, Protocol, draws

Maps = NDArray[np.float32]
LOOKED_INTO = 2  # people whose models gradient maps are of


@dataclass(frozen=True)
class ShownPerson:
    """One person and the pictures that the person is judged on.

    Args:
        draw: the person's first split.
        name: hashed id.
        images: ``(query,)`` numbers of the pictures.
        scores: ``(query,)`` ratings in [0, 1].
        image_ids: ``(query,)``.
    """

    draw: Draw
    name: str
    images: Indices
    scores: Scores
    image_ids: NDArray[np.str_]


@dataclass(frozen=True)
class ExplainedPicture:
    """Where a prior, and the models of people who rated a picture, look in it.

    Args:
        image: number of the picture.
        image_id: its id.
        who: ``prior``, then hashed ids.
        scores: what each rated it, in [0, 1]; None for the prior, and for people who did not rate it.
        predicted: what each model says, in [0, 1].
        maps: ``(1 + people, size, size)`` gradient maps, not negative.
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
class ShownPeople:
    """What is shown of people's single pictures.

    Args:
        shots: ratings that models saw.
        people: the two who share most pictures first, then others by hashed id.
        predicted: by label of the method, each person's ``(query,)`` predictions in [0, 1].
        explained: pictures with maps.
        explains: label of the method whose models the maps are of.
    """

    shots: int
    people: list[ShownPerson]
    predicted: dict[str, list[Scores]] = field(default_factory=dict)
    explained: list[ExplainedPicture] = field(default_factory=list)
    explains: str = ""

    def lines(self) -> list[dict[str, Any]]:
        """Return one line per method, person and picture."""
        return [
            {"method": method, "shots": self.shots, "user": person.name, "image": str(image),
             "score": float(score), "predicted": float(said)}
            for method, of_people in self.predicted.items()
            for person, own in zip(self.people, of_people, strict=True)
            for image, score, said in zip(person.image_ids, person.scores, own, strict=True)
        ]  # fmt: skip

    def map_lines(self) -> list[dict[str, Any]]:
        """Return one line per gradient map."""
        return [
            {"method": self.explains, "shots": self.shots, "image": picture.image_id, "whose": who,
             "score": "" if score is None else score, "predicted": said, "concentration": share}
            for picture in self.explained
            for who, score, said, share in zip(
                picture.who, picture.scores, picture.predicted, picture.concentrations, strict=True
            )
        ]  # fmt: skip


def shown_people(
    table: RatingTable, rows: Indices, shots: Sequence[int], protocol: Protocol, count: int
) -> ShownPeople | None:
    """Choose who is shown: the two people with most query pictures in common, then others in order of hashed ids.

    Args:
        table: of ratings.
        rows: the test users' ratings on test pictures.
        shots: support sizes; the largest at which anybody is judged counts.
        protocol: the one that people are judged by; its first repeat counts.
        count: people at most.

    Returns:
        Them, without predictions; None where nobody is judged or nobody is wanted.
    """
    for k in sorted(shots, reverse=True) if count > 0 else ():
        found = [
            ShownPerson(
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
            found.sort(key=lambda person: person.name)
            first = _pair(found)
            others = [person for place, person in enumerate(found) if place not in first]
            return ShownPeople(k, [*(found[place] for place in first), *others][:count])
    return None


def _pair(people: Sequence[ShownPerson]) -> list[int]:
    """Return the places of the two who share most pictures, the first by name of equals; nobody where none share."""
    rated = [set(person.images.tolist()) for person in people]
    most, pair = 0, []
    for one in range(len(people)):
        for other in range(one + 1, len(people)):
            shared = len(rated[one] & rated[other])
            if shared > most:
                most, pair = shared, [one, other]
    return pair


def pictures_to_explain(people: Sequence[ShownPerson], maps: int) -> list[int]:
    """Choose pictures for gradient maps: those that the first two people rated most differently, ties by id.

    Where they share too few, the best and the worst rated of either follow in turn.

    Args:
        people: shown.
        maps: how many maps there may be; a picture takes one for the prior and one for each of two people.

    Returns:
        Numbers of pictures.
    """
    people = people[:LOOKED_INTO]
    if not people:
        return []
    ratings = [dict(zip(person.images.tolist(), person.scores.tolist(), strict=True)) for person in people]
    ids = {
        image: str(name)
        for person in people
        for image, name in zip(person.images.tolist(), person.image_ids.tolist(), strict=True)
    }
    shared = set.intersection(*map(set, ratings)) if len(people) > 1 else set()
    gaps = {image: max(own[image] for own in ratings) - min(own[image] for own in ratings) for image in shared}
    order = sorted(shared, key=lambda image: (-gaps[image], ids[image]))
    ranked = [sorted(set(own) - shared, key=lambda image: (-own[image], ids[image])) for own in ratings]
    for turn in range(max(map(len, ranked))):
        order += [own[turn // 2 if turn % 2 == 0 else -1 - turn // 2] for own in ranked if turn < len(own)]
    return order[: maps // (1 + len(people))]
