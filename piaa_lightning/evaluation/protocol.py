"""The protocol: for each user, repeat and number of shots, fit on the support set and evaluate on the query set."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from piaa_lightning.data.ratings import Indices, RatingTable, Scores, hashed
from piaa_lightning.errors import ArgumentError, UserError
from piaa_lightning.evaluation.journal import Journal
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.strata import StrataScores
from piaa_lightning.metrics.registry import Metric, usual
from piaa_lightning.metrics.srocc import srocc_many
from piaa_lightning.personalizers.personalizer import LeftOutError, Personalizer, Settings, Support
from piaa_lightning.runtime.distributed import gather, process_index, share, world_size
from piaa_lightning.runtime.progress import track

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Protocol:
    """Ten random splits of each user's ratings into support and query, the same for all methods.

    Args:
        repeats: random splits of each user.
        min_query: a user with fewer ratings left after the support set is dropped, and counted.
        max_query: greatest number of query ratings, the last of the random order, so that all support sizes are
            evaluated on the same ones where there are enough; None takes all that are not support.
        seed: of the splits; changing it changes what all methods are evaluated on.
        users: how many users are evaluated, for a quick look; None evaluates all.
        candidates: how many of a method's settings are tried, for a quick look; None tries all.
        pool: share of a user's ratings that supports are taken from, the rest being the query for all numbers of
            shots, so that ways of choosing what to rate can be compared; None takes supports from all ratings, and
            everything else is the query.

    Raises:
        UserError: query sets of fewer than two ratings, or a pool that is no share.
    """

    repeats: int = 10
    min_query: int = 10
    max_query: int | None = None
    seed: int = 0
    users: int | None = None
    candidates: int | None = None
    pool: float | None = None

    def __post_init__(self) -> None:
        """Stop at query sets that have no order, and at pools that are no part."""
        if self.pool is not None and not 0 < self.pool < 1:
            raise ArgumentError("pool", "give a share between 0 and 1, or null.", self.pool)
        if self.max_query is not None and self.max_query < 2:
            raise ArgumentError("max_query", "this leaves no order to predict; give 2, more, or null.", self.max_query)
        if self.repeats < 1:
            raise ArgumentError("repeats", "give 1 random split or more.", self.repeats)

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
        query: rows of the table: what is not support, or the last of it.
        dropped: why nothing can be evaluated; empty where it can.
    """

    user: int
    shots: int
    repeat: int
    support: Indices
    query: Indices
    dropped: str = ""


Order = Callable[[Indices, int], Indices]  # images and a count -> places of those that are asked, first to last


def sizes_for(personalizer: Personalizer, shots: Sequence[int]) -> list[int]:
    """Return the support sizes at which a method takes part: 0 is for those that score before the first rating.

    Raises:
        LeftOutError: nothing is left.
    """
    found = [k for k in shots if k or personalizer.from_nothing]
    if not found:
        raise LeftOutError("it scores nobody before the first rating; give shots from 1")
    return found


def draws(
    table: RatingTable, rows: Indices, shots: Sequence[int], protocol: Protocol, ask: Order | None = None
) -> Iterator[Draw]:
    """Split every user's ratings.

    A split depends on the seed, the user's id and the repeat alone, never on other users or on the order of files; the
    ten shots are the first of the hundred. At 0 shots all ratings are the query, unless a pool is held back.

    Args:
        table: of ratings.
        rows: the ratings of the users to be evaluated.
        shots: support sizes, exact; 0 is a user of whom nothing is known.
        protocol: repeats, seed and the smallest query set.
        ask: chooses the support from the pool, see ``support_choice``; None takes it at random.

    Yields:
        One draw per user, repeat and support size.

    Raises:
        UserError: images are to be chosen and there is no pool to choose from.
    """
    if ask is not None and protocol.pool is None:
        raise UserError("support: choosing what to rate needs a query set of its own; set protocol.test.pool=0.5.")
    order = rows[np.lexsort((table.image_ids[table.image[rows]], table.user[rows]))]
    users, starts = np.unique(table.user[order], return_index=True)
    by_user = np.split(order, starts[1:]) if len(rows) else []  # of nothing, NumPy makes one empty part
    for user, own in list(zip(users, by_user, strict=True))[: protocol.users]:
        for repeat in range(protocol.repeats):
            shuffled = np.random.default_rng(_key(protocol.seed, str(table.user_ids[user]), repeat)).permutation(own)
            pool, rest = _parted(shuffled, protocol.pool)
            if ask is not None:
                pool = pool[ask(table.image[pool], max(shots))]
            for k in shots:
                support, left = pool[:k], pool[k:] if rest is None else rest
                query = left if protocol.max_query is None else left[-protocol.max_query :]
                dropped = f"fewer than {k} + {protocol.min_query} ratings" if len(left) < protocol.min_query else ""
                if rest is not None and len(support) < k:
                    dropped = f"fewer than {k} ratings in the pool"
                if not dropped and np.ptp(table.score[query]) == 0:
                    dropped = "all query ratings are equal"
                yield Draw(int(user), k, repeat, support, query, dropped)


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
    journal: Journal | None = None,
    metrics: Sequence[Metric] | None = None,
    strata: StrataScores | None = None,
) -> list[Record]:
    """Evaluate one method on all users, repeats and support sizes.

    Args:
        table: of ratings.
        rows: the test users' ratings on test images.
        shots: support sizes.
        protocol: repeats, seed and the smallest query set.
        name: of the method.
        backbone: of its prior, empty where it has none.
        personalizer: prepared.
        chosen: settings for each support size.
        ask: how supports are chosen, see `draws`.
        journal: holds what an earlier run evaluated before it was cut off, and takes what is evaluated now.
        metrics: of users, see `metrics.registry`; None takes the usual ones.
        strata: is told what the method said of every query.

    Returns:
        One record per draw and metric, the metrics of a draw one after another.
    """
    metrics = usual("user") if metrics is None else metrics
    drawn = list(draws(table, rows, shots, protocol, ask))
    scores = _scored(table, drawn, f"{name}: test users", personalizer, {k: [chosen[k]] for k in shots}, journal)
    for draw, own in zip(drawn, scores, strict=True):
        if strata is not None and not draw.dropped:
            strata.add(draw.user, draw.shots, draw.query, own[0])
    found = {metric.name: _values(metric, table, drawn, scores) for metric in metrics}
    records = []
    for number, draw in enumerate(drawn):
        user = hashed(str(table.user_ids[draw.user]))
        told = name, backbone, draw.shots, draw.repeat, user, len(draw.support), len(draw.query)
        for metric in metrics:
            value = found[metric.name].get(number)
            dropped = draw.dropped or ("" if value is not None else f"{metric.label} is undefined here")
            records.append(Record(*told, metric.name, value, dropped))
    return records


def _values(metric: Metric, table: RatingTable, drawn: Sequence[Draw], scores: Sequence[Scores]) -> dict[int, float]:
    """Return a metric of every draw that has a value, by number; of a pooled one, the part of its shots and repeat."""
    found: dict[int, float] = {}
    together: dict[tuple[int, int], list[int]] = {}
    for number, draw in enumerate(drawn):
        if draw.dropped:
            continue
        if metric.of_single_users:
            found[number] = float(metric.function(scores[number][0], table.score[draw.query]))
        else:
            together.setdefault((draw.shots, draw.repeat), []).append(number)
    for numbers in together.values():
        targets = [table.score[drawn[number].query] for number in numbers]
        parts = metric.function([scores[number][0] for number in numbers], targets)
        found |= zip(numbers, map(float, parts), strict=True)
    return {number: value for number, value in found.items() if np.isfinite(value)}


def choose(
    table: RatingTable,
    rows: Indices,
    shots: Sequence[int],
    protocol: Protocol,
    name: str,
    personalizer: Personalizer,
    ask: Order | None = None,
    journal: Journal | None = None,
) -> dict[int, Settings]:
    """Choose a method's settings on validation users, for each support size: the best mean SROCC.

    Args:
        table: of ratings.
        rows: the validation users' ratings on validation images.
        shots: support sizes.
        protocol: repeats, seed and the smallest query set.
        name: of the method.
        personalizer: prepared.
        ask: how supports are chosen, see `draws`.
        journal: as `evaluate` has it.

    Returns:
        The chosen candidate for each support size. Where no validation user has enough ratings it is that of the next
        smaller size, or the first candidate, and the log says so.
    """
    candidates = personalizer.candidates()[: protocol.candidates]
    if len(candidates) == 1:
        return {k: candidates[0] for k in shots}
    drawn = [draw for draw in draws(table, rows, shots, protocol, ask) if not draw.dropped]
    what = f"{name}: choosing settings on validation users"
    scores = _scored(table, drawn, what, personalizer, dict.fromkeys(shots, candidates), journal)
    found = [srocc_many(own, table.score[draw.query]) for draw, own in zip(drawn, scores, strict=True)]
    values = {k: [value for draw, value in zip(drawn, found, strict=True) if draw.shots == k] for k in shots}
    chosen: dict[int, Settings] = {}
    last = candidates[0]
    for k in sorted(shots):
        if values[k]:
            means = np.mean(values[k], axis=0)
            last = candidates[int(means.argmax())]
            log.info("%s: at %d shots %s, SROCC %.4f on validation users", name, k, dict(last), means.max())
        else:
            log.info("%s: no validation user has enough ratings for %d shots; taken over: %s", name, k, dict(last))
        chosen[k] = last
    return chosen


def _scored(
    table: RatingTable,
    drawn: Sequence[Draw],
    what: str,
    personalizer: Personalizer,
    candidates: Mapping[int, Sequence[Settings]],
    journal: Journal | None = None,
) -> list[Scores]:
    """Return every candidate's scores of every draw's query images, ``(candidates, query)``.

    Where several processes work together each takes other users, and every one returns what a single process would:
    the same numbers in the same order.

    Args:
        table: of ratings.
        drawn: what is evaluated; dropped draws give no scores.
        what: for the progress bar.
        personalizer: prepared.
        candidates: the settings that are tried, for each support size.
        journal: of this process's share. Batches are kept and taken whole, because what is evaluated together may be
            rounded together.
    """
    users = sorted({draw.user for draw in drawn})
    mine = set(share(users, process_index(), world_size()))
    own = [number for number, draw in enumerate(drawn) if draw.user in mine]
    scores: dict[int, Scores] = {number: np.zeros((0, 0), dtype=np.float32) for number in own}
    batches = [batch for k in candidates for batch in _batches(drawn, own, k, personalizer.user_batch_size)]
    with journal or Journal(None, "") as journal:
        for batch in track(batches, what):
            found = journal.kept.get(tuple(batch))
            if found is None:
                found = _evaluated(table, [drawn[number] for number in batch], personalizer, candidates)
                journal.add(tuple(batch), found)
            scores |= zip(batch, found, strict=True)
    together = {number: found for part in gather([scores]) for number, found in part.items()}
    return [together[number] for number in range(len(drawn))]


def _evaluated(
    table: RatingTable, told: Sequence[Draw], personalizer: Personalizer, candidates: Mapping[int, Sequence[Settings]]
) -> list[Scores]:
    """Fit the users of some draws of one support size and score their query images."""
    supports = [support_of(table, draw) for draw in told]
    traced = personalizer.trace_all(supports, [table.image[draw.query] for draw in told], candidates[told[0].shots])
    return [np.stack(own) for own in traced]


def _batches(drawn: Sequence[Draw], own: Sequence[int], shots: int, size: int) -> list[list[int]]:
    """Return the numbers of draws of one support size that are evaluated at once."""
    kept = [number for number in own if drawn[number].shots == shots and not drawn[number].dropped]
    return [kept[start : start + size] for start in range(0, len(kept), size)]


def support_of(table: RatingTable, draw: Draw) -> Support:
    """What a personalizer is told of a draw: never the query's ratings."""
    return Support(draw.user, table.image[draw.support], table.score[draw.support], draw.repeat)


def _key(seed: int, user: str, repeat: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{user}/{repeat}".encode()).digest()[:8])
