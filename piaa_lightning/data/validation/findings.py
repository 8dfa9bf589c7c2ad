"""Judge the facts of a database: each becomes a line that is fine, worth a note, or wrong to train on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.validation.image_facts import ImageFacts
from piaa_lightning.data.validation.published_counts import Published
from piaa_lightning.data.validation.rating_facts import RatingFacts, Spread
from piaa_lightning.data.validation.split_facts import SplitFacts

State = Literal["ok", "note", "WRONG"]
FEWEST = 0.9  # of the published counts: below that a copy is cut off or is a part of the database
NARROW = 0.5  # of the scale: scores within less than that may be on another scale than was set
LISTED = 4  # official lists that are named; the others are in the facts
MISSING = "missing images"
DROPPED_RATINGS = ("duplicated ratings", "ratings of missing images", "ratings without user or score")


@dataclass(frozen=True)
class Finding:
    """One line of a check.

    Args:
        what: what was looked at.
        state: ``ok``; ``note``, something to know; ``WRONG``, what is learnt from it would be wrong.
        found: what was found, and what to do where it is wrong.
    """

    what: str
    state: State
    found: str


def of_counts(facts: RatingFacts, dropped: Mapping[str, int], published: Published | None) -> list[Finding]:
    """Hold what the database's files name, dropped or not, against what was published.

    Args:
        facts: of the table.
        dropped: what the reader left out.
        published: None where there is nothing to compare with.
    """
    published = published or Published("nowhere")
    named = {
        "images": (facts.images + dropped.get(MISSING, 0), published.images),
        "users": (facts.users, published.users),
        "ratings": (facts.ratings + sum(dropped.get(what, 0) for what in DROPPED_RATINGS), published.ratings),
    }
    return [_count(what, count, wanted) for what, (count, wanted) in named.items()]


def of_dropped(facts: RatingFacts, dropped: Mapping[str, int], too_many_missing: str | None) -> list[Finding]:
    """Say what the reader left out.

    Args:
        facts: of the table.
        dropped: what the reader left out, and how often.
        too_many_missing: the reader's sentence where more images are missing than the configuration allows.
    """
    lines = []
    for what, count in dropped.items():
        if what == MISSING and too_many_missing:
            lines.append(Finding(what, "WRONG", too_many_missing.removesuffix(".")))
        elif what == MISSING and count:
            share = 100 * count / (count + facts.images)
            lines.append(Finding(what, "note", f"{count:,} ({share:.2g} %) have a label and are not on disk"))
        else:
            lines.append(Finding(what, "note" if count else "ok", f"{count:,}" if count else "none"))
    return lines


def of_ratings(facts: RatingFacts) -> list[Finding]:
    """Evaluate levels, ratings per user and image, ties and constant users."""
    lines = [_levels(facts)] if facts.levels else []
    if facts.observed:
        lines.append(_scale(facts.scale, facts.observed))
    if facts.per_user and facts.per_image:
        lines.append(Finding("ratings per user", "ok", _words(facts.per_user)))
        lines.append(Finding("ratings per image", "ok", _words(facts.per_image)))
    if facts.tied_pairs is not None:
        lines.append(Finding("ties", "ok", f"{100 * facts.tied_pairs:.1f} % of the pairs of one user's ratings"))
    if facts.constant_users:
        found = f"{facts.constant_users:,} gave every image the same score: no SROCC"
        lines.append(Finding("constant users", "note", found))
    elif facts.ratings:
        lines.append(Finding("constant users", "ok", "none"))
    if facts.lists:
        named = [f"{name} {count:,}" for name, count in list(facts.lists.items())[:LISTED]]
        more = f" and {len(facts.lists) - LISTED} more" if len(facts.lists) > LISTED else ""
        lines.append(Finding("official lists", "ok", f"{', '.join(named)}{more}"))
    if facts.also:
        lines.append(Finding("also known", "ok", ", ".join(f"{what}: {count:,}" for what, count in facts.also.items())))
    return lines


def of_images(facts: ImageFacts, table: RatingTable, max_broken: float) -> list[Finding]:
    """Evaluate what the image files hold.

    Args:
        facts: of the images.
        table: that they belong to.
        max_broken: share of the images, in [0, 1], that a run may meet unreadable.
    """
    everything = facts.evaluated == facts.images
    earlier = f", {facts.reused:,} of them by an earlier check" if facts.reused else ""
    found = f"{facts.evaluated:,} of {facts.images:,}{earlier}"
    lines = [Finding("images opened", "ok" if everything else "note", found)]
    if facts.evaluated:
        lines.append(_unreadable(facts, max_broken))
    if facts.width and facts.height:
        kinds = ", ".join(f"{mode} {count:,}" for mode, count in facts.modes.items())
        lines.append(Finding("width in pixels", "ok", _words(facts.width)))
        lines.append(Finding("height in pixels", "ok", _words(facts.height)))
        lines.append(Finding("kinds of pixels", "ok", kinds))
    if facts.evaluated:
        lines.append(_groups("same bytes", facts.same_bytes, table))
    if facts.same_photo:
        lines.append(_groups("same photo id", facts.same_photo, table))
    return lines


def of_split(facts: SplitFacts, table: RatingTable) -> list[Finding]:
    """Evaluate who and what is held out."""
    replaced = facts.description.startswith("NOT ")
    lines = [Finding("split", "note" if replaced else "ok", f"{facts.description} (hash {facts.hash})")]
    for name, part in facts.parts.items():
        found = f"{part.users:,} users, {part.images:,} images, {part.ratings:,} ratings"
        state: State = "ok"
        if part.constant_users:
            state, found = "note", f"{found}; {part.constant_users:,} of the users without SROCC"
        if name == "train" and (not part.images or (table.ratings and not part.ratings)):
            state, found = "WRONG", f"{found}: nothing to learn from; hold out less"
        elif name == "test" and not part.images:
            state, found = "note", f"{found}: nothing to evaluate on"
        lines.append(Finding(name, state, found))
    if not facts.leaks:
        return [*lines, Finding("image in two parts", "ok", "none")]
    first, second = (table.image_files[index] for index in facts.leaks[0])
    found = (
        f"{len(facts.leaks):,} lie in two parts under two names (first: {first} and {second}); remove one of the files"
        " of each"
    )
    return [*lines, Finding("image in two parts", "WRONG", found)]


def _count(what: str, count: int, wanted: int | None) -> Finding:
    if wanted is None:
        return Finding(what, "ok", f"{count:,}")
    if count == wanted:
        return Finding(what, "ok", f"{count:,}, as published")
    if count < FEWEST * wanted:
        found = f"{count:,} of the published {wanted:,}: the copy is incomplete; unpack or copy it again"
        return Finding(what, "WRONG", found)
    return Finding(what, "note", f"{count:,}; published: {wanted:,}")


def _levels(facts: RatingFacts) -> Finding:
    shares = ", ".join(f"{level}: {100 * share:.1f} %" for level, share in facts.levels.items())
    if len(facts.levels) > 1:
        return Finding("levels", "ok", shares)
    if any("traits" in what for what in facts.also):
        return Finding("levels", "note", f"{shares} (favourites: what is learnt from them is users' traits)")
    return Finding("levels", "WRONG", f"{shares}: every score is the same, so there is nothing to learn")


def _scale(scale: tuple[float, float], observed: tuple[float, float]) -> Finding:
    found = f"{scale[0]:g} to {scale[1]:g}, used from {observed[0]:g} to {observed[1]:g}"
    narrow = 0 < observed[1] - observed[0] < NARROW * (scale[1] - scale[0])
    return Finding("scale", "note" if narrow else "ok", f"{found}; is it the right scale?" if narrow else found)


def _unreadable(facts: ImageFacts, max_broken: float) -> Finding:
    if not facts.unreadable:
        return Finding("unreadable", "ok", "none")
    first = facts.unreadable[min(facts.unreadable)].removesuffix(".")
    found = f"{len(facts.unreadable):,} (first: {first})"
    if len(facts.unreadable) > max_broken * facts.images:
        return Finding("unreadable", "WRONG", f"{found}, and data.max_broken={max_broken:g} allows fewer")
    return Finding("unreadable", "note", found)


def _groups(what: str, groups: list[list[int]], table: RatingTable) -> Finding:
    if not groups:
        return Finding(what, "ok", "no image is there twice")
    first = " = ".join(table.image_files[groups[0][:2]].tolist())
    found = f"{sum(map(len, groups)):,} files hold {len(groups):,} images (first: {first})"
    return Finding(what, "note", found)


def _words(spread: Spread) -> str:
    return f"{spread.least:,} to {spread.most:,}, median {spread.median:,g}"
