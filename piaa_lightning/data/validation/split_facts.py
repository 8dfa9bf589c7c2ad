"""Describe a split, and find what is on both sides of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits.split import PARTS, Split
from piaa_lightning.data.splits.split import Part as PartName
from piaa_lightning.data.validation.rating_facts import constant_users


@dataclass(frozen=True)
class Part:
    """How much is in a part of a split.

    Args:
        users: its users.
        images: its images.
        ratings: of its images by its users.
        constant_users: its users who gave all of its images that they rated the same score.
    """

    users: int
    images: int
    ratings: int
    constant_users: int


@dataclass(frozen=True)
class SplitFacts:
    """What a split holds.

    Args:
        description: how it was made.
        hash: tells two splits apart; a run writes the same one.
        parts: train, val and test.
        leaks: pairs of images, by index, that are the same image in different parts.
    """

    description: str
    hash: str
    parts: dict[str, Part]
    leaks: list[tuple[int, int]]


def split_facts(table: RatingTable, split: Split, same_images: Iterable[Sequence[int]] = ()) -> SplitFacts:
    """Compute the facts of a split.

    Args:
        table: what was split.
        split: who and what is held out.
        same_images: groups of indices of images that are really one, from `image_facts`.
    """
    parts: dict[str, Part] = {part: _part(table, split, part) for part in PARTS}
    return SplitFacts(split.description, split.hash(table), parts, leaks(split, same_images))


def leaks(split: Split, same_images: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    """Return a pair of indices for every group of images that are really one but lie in different parts."""
    part_of = {int(image): part for part in PARTS for image in split.images(part)}
    pairs: dict[tuple[int, int], None] = {}
    for group in same_images:
        placed = [image for image in group if image in part_of]
        elsewhere = [image for image in placed[1:] if part_of[image] != part_of[placed[0]]]
        if elsewhere:
            pairs[placed[0], elsewhere[0]] = None  # once, though both bytes and names may tell
    return list(pairs)


def _part(table: RatingTable, split: Split, part: PartName) -> Part:
    rows = split.rows(table, part)
    inside = replace(table, user=table.user[rows], image=table.image[rows], score=table.score[rows])
    return Part(len(split.users(part)), len(split.images(part)), len(rows), len(constant_users(inside)))
