"""Bursts and near-duplicates: photographs of which one is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.ratings import Indices
from piaa_lightning.photos.images.photo_features import PhotoFeatures

# Chosen on every third photograph of OASIS and on varied copies of them: experiments/own_photographs/groups.py.
ALIKE = 0.88  # cosine from which two photographs are one, whenever they were taken
ALIKE_SOON, SOON = 0.82, 10.0  # and from which they are if no more seconds lie between them
LEAST = 0.78  # between any two of a group: a chain of small steps joins no opposites
MEASURED = {"mobilenetv2", "nima", "efficientnet_lite2"}  # networks for which these cosines mean something
ROWS = 512  # photographs that are compared with all others at once
NEIGHBOURS = 40  # of one photograph that are looked at: the next in time, and the most alike


def group_photos(
    files: Sequence[str],
    seen: PhotoFeatures,
    networks: Sequence[tuple[str, int]],
    taken: Sequence[float | None],
) -> Indices:
    """Put photographs of the same into groups.

    Two are of the same if they are alike (the mean over networks of the cosine of what each saw), a little less so if
    they were taken within seconds of each other; and if they are one shot in several formats: files of one name in one
    directory. The most alike are joined first.

    NOTE: what networks of other names saw is not compared, since nobody has measured which cosine is alike for them.

    Args:
        files: paths.
        seen: what networks saw.
        networks: name and number of features of each, in their order.
        taken: seconds, see `taken_at`.

    Returns:
        ``(photographs,)`` the number of the first photograph of the group of each.
    """
    group = list(range(len(files)))  # its first member, of each
    members = {number: [number] for number in range(len(files))}

    def join(one: int, other: int) -> None:
        first, second = sorted((group[one], group[other]))
        for number in members[second]:
            group[number] = first
        members[first] += members.pop(second)

    for one, other in _same_shot(files):
        join(one, other)
    if len(files) > 1 and {name for name, _ in networks} <= MEASURED:
        directions = _directions(seen, [count for _, count in networks])
        pairs = [*_anywhere(directions), *_soon(directions, taken)]
        for _, one, other in sorted(pairs, key=lambda pair: -pair[0]):
            first, second = group[one], group[other]
            if first != second and float((directions[members[first]] @ directions[members[second]].T).min()) >= LEAST:
                join(first, second)
    return np.array(group, dtype=np.int64)


def best_of_groups(groups: Indices, order: Indices) -> NDArray[np.bool_]:
    """Say which photographs stand for their group.

    Args:
        groups: ``(photographs,)`` see `group_photos`.
        order: ``(photographs,)`` their numbers, the best first.

    Returns:
        ``(photographs,)`` whether each is the best of its group.

    Example:
        >>> best_of_groups(np.array([0, 0, 2]), np.array([1, 2, 0])).tolist()
        [False, True, True]
    """
    _, first = np.unique(groups[order], return_index=True)
    best = np.zeros(len(order), dtype=bool)
    best[order[first]] = True
    return best


def _same_shot(files: Sequence[str]) -> Iterator[tuple[int, int]]:
    known: dict[tuple[str, str], int] = {}
    for number, file in enumerate(files):
        path = PurePosixPath(file)
        first = known.setdefault((str(path.parent), path.stem.lower()), number)
        if first != number:
            yield first, number


def _directions(seen: PhotoFeatures, blocks: Sequence[int]) -> Tensor:
    """Return rows whose products are the mean cosine over networks."""
    parts = [
        torch.nn.functional.normalize(part.float(), dim=1) for part in torch.split(seen.values, list(blocks), dim=1)
    ]
    whole: Tensor = torch.cat(parts, dim=1) / len(blocks) ** 0.5
    return whole


def _anywhere(directions: Tensor) -> Iterator[tuple[float, int, int]]:
    for start in range(0, len(directions), ROWS):
        likeness = directions[start : start + ROWS] @ directions[start:].T
        alike = likeness >= ALIKE
        for row in (alike.sum(dim=1) > NEIGHBOURS).nonzero()[:, 0].tolist():  # so that their number is bounded
            alike[row] &= likeness[row] >= likeness[row].topk(NEIGHBOURS).values[-1]
        for row, column in alike.nonzero().tolist():
            if column > row:
                yield float(likeness[row, column]), start + row, start + column


def _soon(directions: Tensor, taken: Sequence[float | None]) -> Iterator[tuple[float, int, int]]:
    timed = sorted((moment, number) for number, moment in enumerate(taken) if moment is not None)
    moments = np.array([moment for moment, _ in timed])
    numbers = np.array([number for _, number in timed], dtype=np.int64)
    for step in range(1, min(NEIGHBOURS + 1, len(timed))):
        near = np.flatnonzero(moments[step:] - moments[:-step] <= SOON)
        if not len(near):
            return
        ones, others = numbers[near], numbers[near + step]
        likeness = (directions[ones] * directions[others]).sum(dim=1)
        for place in (likeness >= ALIKE_SOON).nonzero()[:, 0].tolist():
            yield float(likeness[place]), int(ones[place]), int(others[place])
