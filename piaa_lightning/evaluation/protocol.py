"""The protocol: for each user, repeat and number of shots, fit on the support set and judge on the query set."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record, hashed
from piaa_lightning.metrics.srocc import srocc_many
from piaa_lightning.personalizers.personalizer import Personalizer, Settings, Support
from piaa_lightning.progress import track
from piaa_lightning.ranks import gather, rank, share, world_size

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Protocol:
    """Ten random splits of each user's ratings into support and query, the same for all methods.

    Args:
        repeats: random splits of each user.
        min_query: a user with fewer ratings left after the support set is dropped, and counted.
        seed: of the splits; changing it changes what all methods are judged on.
        users: how many users are judged, for a quick look; None judges all.
        candidates: how many of a method's settings are tried, for a quick look; None tries all.
        pool: share of a user's ratings that supports are taken from, the rest being the query for all numbers of
            shots, so that ways of choosing what to rate can be compared; None takes supports from all ratings, and
            everything else is the query.
    """

    repeats: int = 10
    min_query: int = 10
    seed: int = 0
    users: int | None = None
    candidates: int | None = None
    pool: float | None = None

    def __post_init__(self) -> None:
        if self.pool is not None and not 0 < self.pool < 1:
            raise UserError(f"protocol.pool={self.pool}: give a share between 0 and 1, or null.")

    def cut_short(self) -> Protocol:
        """Return the same protocol for one user, one repeat and two candidates: does everything run?"""
        return replace(self, repeats=1, users=1, candidates=2)


@dataclass(frozen=True)
class Draw:
    """One user's ratings, split at random into support and query.

    Args:
        user: number of the user.
        shots: ratings in the support set.
        repeat: number of the split.
        support: rows of the table.
        query: rows of the table: everything that is not support.
        dropped: why nothing can be judged; empty where it can.
    """

    user: int
    shots: int
    repeat: int
    support: Indices
    query: Indices
    dropped: str = ""


Order = Callable[[Indices, int], Indices]  # pictures and a count -> places of those that are asked, first to last


def draws(
    table: RatingTable, rows: Indices, shots: Sequence[int], protocol: Protocol, ask: Order | None = None
) -> Iterator[Draw]:
    """Split every user's ratings.

    A split depends on the seed, the user's id and the repeat alone, never on other users or on the order of files; the
    ten shots are the first of the hundred.

    Args:
        table: of ratings.
        rows: the ratings of the users to be judged.
        shots: support sizes, exact.
        protocol: repeats, seed and the smallest query set.
        ask: chooses the support from the pool, see ``support_choice``; None takes it at random.

    Yields:
        One draw per user, repeat and support size.

    Raises:
        UserError: pictures are to be chosen and there is no pool to choose from.
    """
    if ask is not None and protocol.pool is None:
        raise UserError("support: choosing what to rate needs a query set of its own; set protocol.test.pool=0.5.")
    order = rows[np.lexsort((table.image_ids[table.image[rows]], table.user[rows]))]
    users, starts = np.unique(table.user[order], return_index=True)
    by_user = np.split(order, starts[1:])
    for user, own in list(zip(users, by_user, strict=True))[: protocol.users]:
        for repeat in range(protocol.repeats):
            shuffled = np.random.default_rng(_key(protocol.seed, str(table.user_ids[user]), repeat)).permutation(own)
            pool, rest = _parted(shuffled, protocol.pool)
            if ask is not None:
                pool = pool[ask(table.image[pool], max(shots))]
            for k in shots:
                support, query = pool[:k], pool[k:] if rest is None else rest
                reason = _why_dropped(table, query, k, protocol.min_query)
                if rest is not None and len(support) < k:
                    reason = f"fewer than {k} ratings in the pool"
                yield Draw(int(user), k, repeat, support, query, reason)


def _parted(shuffled: Indices, pool: float | None) -> tuple[Indices, Indices | None]:
    """Return what supports are taken from, and the query where it is the same for all of them."""
    if pool is None:
        return shuffled, None
    first = round(pool * len(shuffled))
    return shuffled[:first], shuffled[first:]


def evaluate(
    table: RatingTable,
    rows: Indices,
    shots: Sequence[int],
    protocol: Protocol,
    name: str,
    backbone: str,
    personalizer: Personalizer,
    chosen: Mapping[int, Settings],
    ask: Order | None = None,
) -> list[Record]:
    """Judge one method on all users, repeats and support sizes.

    Args:
        table: of ratings.
        rows: the test users' ratings on test pictures.
        shots: support sizes.
        protocol: repeats, seed and the smallest query set.
        name: of the method.
        backbone: of its prior, empty where it has none.
        personalizer: prepared.
        chosen: settings for each support size.
        ask: how supports are chosen, see `draws`.

    Returns:
        One record per draw.
    """
    drawn = list(draws(table, rows, shots, protocol, ask))
    values = _judged(table, drawn, f"{name}: test users", personalizer, {k: [chosen[k]] for k in shots})
    records = []
    for draw, found in zip(drawn, values, strict=True):
        value = None if draw.dropped else float(found[0])
        user = hashed(str(table.user_ids[draw.user]))
        seen, judged = len(draw.support), len(draw.query)
        records.append(Record(name, backbone, draw.shots, draw.repeat, user, seen, judged, value, draw.dropped))
    return records


def choose(
    table: RatingTable,
    rows: Indices,
    shots: Sequence[int],
    protocol: Protocol,
    name: str,
    personalizer: Personalizer,
    ask: Order | None = None,
) -> dict[int, Settings]:
    """Choose a method's settings on validation users, for each support size: the best mean SROCC.

    Args:
        table: of ratings.
        rows: the validation users' ratings on validation pictures.
        shots: support sizes.
        protocol: repeats, seed and the smallest query set.
        name: of the method.
        personalizer: prepared.
        ask: how supports are chosen, see `draws`.

    Returns:
        The chosen candidate for each support size. Where no validation user has enough ratings it is that of the next
        smaller size, or the first candidate, and the log says so.
    """
    candidates = personalizer.candidates()[: protocol.candidates]
    if len(candidates) == 1:
        return {k: candidates[0] for k in shots}
    drawn = [draw for draw in draws(table, rows, shots, protocol, ask) if not draw.dropped]
    what = f"{name}: choosing settings on validation users"
    found = _judged(table, drawn, what, personalizer, dict.fromkeys(shots, candidates))
    values = {k: [value for draw, value in zip(drawn, found, strict=True) if draw.shots == k] for k in shots}
    chosen: dict[int, Settings] = {}
    last = candidates[0]
    for k in sorted(shots):
        if values[k]:
            last = candidates[int(np.mean(values[k], axis=0).argmax())]
        else:
            log.info("%s: no validation user has enough ratings for %d shots; taken over: %s", name, k, dict(last))
        chosen[k] = last
    return chosen


def _judged(
    table: RatingTable,
    drawn: Sequence[Draw],
    what: str,
    personalizer: Personalizer,
    candidates: Mapping[int, Sequence[Settings]],
) -> list[NDArray[np.float64]]:
    """Return the SROCC of every candidate on every draw.

    Where several processes work together each takes other users, and every one returns what a single process would:
    the same numbers in the same order.

    Args:
        table: of ratings.
        drawn: what is judged; dropped draws give no values.
        what: for the progress bar.
        personalizer: prepared.
        candidates: the settings that are tried, for each support size.
    """
    users = sorted({draw.user for draw in drawn})
    mine = set(share(users, rank(), world_size()))
    own = [number for number, draw in enumerate(drawn) if draw.user in mine]
    values: dict[int, NDArray[np.float64]] = {number: np.zeros(0) for number in own}
    batches = [batch for k in candidates for batch in _batches(drawn, own, k, personalizer.together)]
    for batch in track(batches, what):
        told = [drawn[number] for number in batch]
        supports = [support_of(table, draw) for draw in told]
        settings = candidates[told[0].shots]
        scores = personalizer.trace_all(supports, [table.image[draw.query] for draw in told], settings)
        for number, draw, found in zip(batch, told, scores, strict=True):
            values[number] = srocc_many(np.stack(found), table.score[draw.query])
    together = {number: found for part in gather([values]) for number, found in part.items()}
    return [together[number] for number in range(len(drawn))]


def _batches(drawn: Sequence[Draw], own: Sequence[int], shots: int, size: int) -> list[list[int]]:
    """Return the numbers of draws of one support size that are judged at once."""
    kept = [number for number in own if drawn[number].shots == shots and not drawn[number].dropped]
    return [kept[start : start + size] for start in range(0, len(kept), size)]


def support_of(table: RatingTable, draw: Draw) -> Support:
    """What a personaliser is told of a draw: never the query's ratings."""
    return Support(draw.user, table.image[draw.support], table.score[draw.support], draw.repeat)


def _why_dropped(table: RatingTable, query: Indices, shots: int, min_query: int) -> str:
    if len(query) < min_query:
        return f"fewer than {shots} + {min_query} ratings"
    if np.ptp(table.score[query]) == 0:
        return "all query ratings are equal"
    return ""


def _key(seed: int, user: str, repeat: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{user}/{repeat}".encode()).digest()[:8])
