"""One sentence on why an image stands where it stands, true by construction: its numbers add up to the score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from piaa_lightning.data.ratings import Scale
from piaa_lightning.photos.images.reading import Shelf, looks
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.reasons import Reason, Reasons
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.runtime.terminal import printable

NAMED = 4  # rated images that a sentence names at most
WORTH = 0.25  # of what the strongest adds or takes, from which on a rated image is named
LEAST = 0.0125  # of the scale that those of one sign add or take together; less would be told as 0.0 stars
ELSEWHERE = "a photograph elsewhere"


class Why:
    """Says why images of a shelf stand where they stand.

    Args:
        personal: whose order it is.
        shelf: the images, at least one.
        scale: of the user's ratings.
    """

    def __init__(self, personal: PersonalModel, shelf: Shelf, scale: Scale = STARS) -> None:
        self._shelf, self._scale = shelf, scale
        self._reasons = Reasons(personal, shelf.seen)
        self._stars = scale.from_unit(personal.ratings.numpy()).tolist()
        told = looks(personal.told)
        self._places = [shelf.alike.get(look, []) for look in told]
        self._own = {number: rating for rating, places in enumerate(self._places) for number in places}

    def reasons(self, numbers: Sequence[int]) -> Iterator[Reason]:
        """Take the scores of some images apart; that of a rated one as the other ratings make it."""
        return self._reasons.of(self._shelf.seen[list(numbers)], [self._own.get(number) for number in numbers])

    def sentences(self, numbers: Sequence[int]) -> Iterator[str]:
        """Say why some images stand where they stand, a sentence for each."""
        return map(self.sentence, self.reasons(numbers))

    def named(self, reason: Reason) -> list[int]:
        """Return which ratings a sentence names, those that add or take most first."""
        strength = reason.pulls.abs()
        first: list[int] = strength.argsort(descending=True, stable=True)[:NAMED].tolist()
        strong = [rating for rating in first if strength[rating] >= WORTH * strength[first[0]]]
        up = [rating for rating in strong if reason.pulls[rating] > 0]
        down = [rating for rating in strong if reason.pulls[rating] < 0]
        told = [some for some in (up, down) if float(strength[some].sum()) >= LEAST]
        return sorted((rating for some in told for rating in some), key=first.index)

    def sentence(self, reason: Reason) -> str:
        """Put a reason into words."""
        named, parts = self.named(reason), []
        for sign in (1, -1):
            some = [rating for rating in named if float(reason.pulls[rating]) * sign > 0]
            if some:
                total = float(reason.pulls[some].sum())
                parts.append(f"{self._signed(total)} for being {self._likeness(reason, some)}")
        parts.append(f"{self._signed(reason.anybody)} by anybody's taste")
        count = len(reason.pulls) - len(named) - (reason.own is not None)
        rest = float(reason.pulls.sum() - reason.pulls[named].sum())
        if count and (abs(rest) >= LEAST or not named):
            others = f"{count} {'other ' if named else ''}rated photograph{'' if count == 1 else 's'}"
            parts.append(f"{self._signed(rest)} by {others}")
        start = "" if reason.own is None else "judged by the other ratings, "
        whole = f"{start}{self._distance(reason.score - reason.average)}: {', '.join(parts)}."
        return whole[0].upper() + whole[1:]

    def _likeness(self, reason: Reason, ratings: Sequence[int]) -> str:
        like = [self._name(rating) for rating in ratings if bool(reason.alike[rating])]
        unlike = [self._name(rating) for rating in ratings if not bool(reason.alike[rating])]
        said = [f"{word} {_listed(names)}" for word, names in (("like", like), ("unlike", unlike)) if names]
        return " and ".join(said)

    def _name(self, rating: int) -> str:
        places, stars = self._places[rating], self._stars[rating]
        name = printable(self._shelf.files[places[0]]) if places else ELSEWHERE
        if self._scale != STARS:
            return f"{name} (rated {stars:.3g})"
        return f"{name} ({stars:.3g} {'star' if stars == 1 else 'stars'})"

    def _distance(self, share: float) -> str:
        apart = self._scale.span * share
        if abs(apart) < 0.05:
            return "as the average of this folder"
        return f"{abs(apart):.1f} {'above' if share > 0 else 'below'} the average of this folder"

    def _signed(self, share: float) -> str:
        told = f"{self._scale.span * share:+.1f}"
        return "±0.0" if float(told) == 0 else told.replace("-", "−")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
