"""The protocol: for each user, repeat and number of shots, fit on the support set and judge on the query set."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.evaluation.records import Record, hashed
from piaa_lightning.metrics.srocc import srocc, srocc_many
from piaa_lightning.personalizers.personalizer import Personalizer, Settings, Support
from piaa_lightning.progress import track

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
    """

    repeats: int = 10
    min_query: int = 10
    seed: int = 0
    users: int | None = None
    candidates: int | None = None

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


def draws(table: RatingTable, rows: Indices, shots: Sequence[int], protocol: Protocol) -> Iterator[Draw]:
    """Split every user's ratings.

    A split depends on the seed, the user's id and the repeat alone, never on other users or on the order of files; the
    ten shots are the first of the hundred.

    Args:
        table: of ratings.
        rows: the ratings of the users to be judged.
        shots: support sizes, exact.
        protocol: repeats, seed and the smallest query set.

    Yields:
        One draw per user, repeat and support size.
    """
    order = rows[np.lexsort((table.image_ids[table.image[rows]], table.user[rows]))]
    users, starts = np.unique(table.user[order], return_index=True)
    by_user = np.split(order, starts[1:])
    for user, own in list(zip(users, by_user, strict=True))[: protocol.users]:
        for repeat in range(protocol.repeats):
            shuffled = np.random.default_rng(_key(protocol.seed, str(table.user_ids[user]), repeat)).permutation(own)
            for k in shots:
                support, query = shuffled[:k], shuffled[k:]
                yield Draw(int(user), k, repeat, support, query, _why_dropped(table, query, k, protocol.min_query))


def evaluate(
    table: RatingTable,
    rows: Indices,
    shots: Sequence[int],
    protocol: Protocol,
    name: str,
    backbone: str,
    personalizer: Personalizer,
    chosen: Mapping[int, Settings],
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

    Returns:
        One record per draw.
    """
    records = []
    for draw in track(list(draws(table, rows, shots, protocol)), f"{name}: test users"):
        value = None
        if not draw.dropped:
            scorer = personalizer.fit(support_of(table, draw), chosen[draw.shots])
            value = srocc(scorer(table.image[draw.query]), table.score[draw.query])
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
) -> dict[int, Settings]:
    """Choose a method's settings on validation users, for each support size: the best mean SROCC.

    Args:
        table: of ratings.
        rows: the validation users' ratings on validation pictures.
        shots: support sizes.
        protocol: repeats, seed and the smallest query set.
        name: of the method.
        personalizer: prepared.

    Returns:
        The chosen candidate for each support size. Where no validation user has enough ratings it is that of the next
        smaller size, or the first candidate, and the log says so.
    """
    candidates = personalizer.candidates()[: protocol.candidates]
    if len(candidates) == 1:
        return {k: candidates[0] for k in shots}
    values: dict[int, list[np.ndarray]] = {k: [] for k in shots}
    kept = [draw for draw in draws(table, rows, shots, protocol) if not draw.dropped]
    for draw in track(kept, f"{name}: choosing settings on validation users"):
        scores = personalizer.trace(support_of(table, draw), table.image[draw.query], candidates)
        values[draw.shots].append(srocc_many(np.stack(scores), table.score[draw.query]))
    chosen: dict[int, Settings] = {}
    last = candidates[0]
    for k in sorted(shots):
        if values[k]:
            last = candidates[int(np.mean(values[k], axis=0).argmax())]
        else:
            log.info("%s: no validation user has enough ratings for %d shots; taken over: %s", name, k, dict(last))
        chosen[k] = last
    return chosen


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
