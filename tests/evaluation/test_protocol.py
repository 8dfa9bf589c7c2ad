from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rating_tables import numbered, table_of

from piaa_lightning.data.ratings import RatingTable, hashed
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.journal import Journal
from piaa_lightning.evaluation.protocol import Protocol, choose, draws, evaluate, support_of
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.personalizers.personalizer import Personalizer

PROTOCOL = Protocol(repeats=3, min_query=5, seed=0)


def users(*counts: int, images: int = 200, seed: int = 0) -> RatingTable:
    """One user per count, who rated that many images with scores of their own."""
    random = np.random.default_rng(seed)
    user = np.repeat(np.arange(len(counts)), counts)
    image = np.concatenate([random.permutation(images)[:count] for count in counts])
    return table_of(user, image, random.random(len(user)), numbered("u", len(counts)), numbered("p", images))


def everything(table: RatingTable) -> np.ndarray:
    return np.arange(table.ratings)


def ids(table: RatingTable, shots=(10,), protocol=PROTOCOL) -> dict[tuple[str, int, int], tuple[list[str], list[str]]]:
    """Support and query of every draw, by the ids of their images."""
    return {
        (str(table.user_ids[draw.user]), draw.repeat, draw.shots): (
            table.image_ids[table.image[draw.support]].tolist(),
            table.image_ids[table.image[draw.query]].tolist(),
        )
        for draw in draws(table, everything(table), shots, protocol)
    }


class Fake(Personalizer):
    """Scores an image by a rule over its number; remembers everything that it was told."""

    def __init__(self, *rules):
        self.rules = rules
        self.told = []

    def candidates(self):
        return [{"rule": number} for number in range(len(self.rules))]

    def fit_user(self, support, settings):
        self.told.append((support, dict(settings)))
        return lambda images: self.rules[int(settings["rule"])](images)


class TestDraws:
    @pytest.mark.parametrize("shots", [1, 10, 100])
    def test_support_sizes_are_exact_and_the_rest_is_the_query(self, shots):
        table = users(120, 150)
        for draw in draws(table, everything(table), [shots], PROTOCOL):
            own = np.flatnonzero(table.user == draw.user)
            assert len(draw.support) == shots
            assert not set(draw.support) & set(draw.query)
            assert sorted([*draw.support, *draw.query]) == own.tolist()
            assert draw.dropped == ""

    def test_at_no_shots_everything_is_the_query_and_nothing_is_known(self):
        table = users(40)
        for draw in draws(table, everything(table), [0, 10], PROTOCOL):
            assert (len(draw.support), len(draw.query)) == (draw.shots, 40 - draw.shots)
            assert len(support_of(table, draw).scores) == draw.shots

    def test_the_ten_are_the_first_of_the_hundred(self):
        splits = ids(users(120, 150), shots=[10, 100])
        for (user, repeat, shots), (support, _) in splits.items():
            if shots == 10:
                assert splits[user, repeat, 100][0][:10] == support

    def test_repeats_and_users_and_seeds_differ(self):
        splits = ids(users(100, 100, images=100))
        assert len({tuple(support) for support, _ in splits.values()}) == len(splits) == 6
        assert ids(users(100, 100, images=100), protocol=replace(PROTOCOL, seed=1)) != splits

    def test_the_order_of_rows_changes_nothing(self):
        table = users(40, 60)
        order = np.random.default_rng(9).permutation(table.ratings)
        mixed = replace(table, user=table.user[order], image=table.image[order], score=table.score[order])
        assert ids(mixed) == ids(table)
        backwards = list(draws(table, everything(table)[::-1], [10], PROTOCOL))
        assert [d.support.tolist() for d in backwards] == [
            d.support.tolist() for d in draws(table, everything(table), [10], PROTOCOL)
        ]

    def test_other_users_change_nothing(self):
        table = users(40, 60, 50)
        keep = table.user == 1
        alone = replace(
            table,
            user_ids=table.user_ids[1:2],
            user=np.zeros(keep.sum(), dtype=np.int64),
            image=table.image[keep],
            score=table.score[keep],
        )
        splits = ids(table)
        assert ids(alone) == {key: value for key, value in splits.items() if key[0] == "u001"}

    def test_a_capped_query_is_the_same_for_all_support_sizes(self):
        table = users(40, 60)
        capped = ids(table, shots=[5, 20], protocol=replace(PROTOCOL, max_query=12))
        for (user, repeat, shots), (support, query) in ids(table, shots=[5, 20]).items():
            assert capped[user, repeat, shots] == (support, query[-12:])
            assert capped[user, repeat, 5][1] == capped[user, repeat, 20][1]

    def test_a_cap_drops_nobody(self):
        table = users(15, 14)
        for protocol in (PROTOCOL, replace(PROTOCOL, max_query=2)):
            dropped = {(d.user, d.dropped) for d in draws(table, everything(table), [10], protocol)}
            assert dropped == {(0, ""), (1, "fewer than 10 + 5 ratings")}
        with pytest.raises(UserError, match="max_query=1: this leaves no order"):
            replace(PROTOCOL, max_query=1)

    def test_scores_change_nothing(self):
        table = users(40)
        assert ids(replace(table, score=table.score[::-1].copy())) == ids(table)

    @pytest.mark.parametrize(
        ("ratings", "shots", "reason"),
        [(15, 10, ""), (14, 10, "fewer than 10 + 5 ratings"), (8, 10, "fewer than 10 + 5 ratings"), (105, 100, "")],
    )
    def test_a_query_set_that_is_too_small_is_dropped_with_the_reason(self, ratings, shots, reason):
        table = users(ratings)
        assert {draw.dropped for draw in draws(table, everything(table), [shots], PROTOCOL)} == {reason}

    def test_equal_query_ratings_are_dropped_with_the_reason(self):
        table = users(30)
        table = replace(table, score=np.full(30, 0.5, dtype=np.float32))
        assert {d.dropped for d in draws(table, everything(table), [10], PROTOCOL)} == {"all query ratings are equal"}

    def test_a_quick_look_judges_the_first_users_on_the_splits_of_the_whole(self):
        table = users(40, 50, 60)
        splits = ids(table)
        few = ids(table, protocol=replace(PROTOCOL, users=2))
        assert few == {key: value for key, value in splits.items() if key[0] != "u002"}
        assert ids(table, protocol=PROTOCOL.cut_short()) == {("u000", 0, 10): splits["u000", 0, 10]}

    def test_of_no_ratings_nothing_is_drawn(self):
        table = users(40)
        assert list(draws(table, everything(table)[:0], [3, 10], PROTOCOL)) == []

    def test_only_the_rows_asked_for_are_drawn(self):
        table = users(40, 40)
        rows = np.flatnonzero(table.image < 100)
        drawn = {row for d in draws(table, rows, [3], PROTOCOL) for row in [*d.support, *d.query]}
        assert drawn == set(rows.tolist())


class TestEvaluate:
    def test_a_record_per_user_repeat_and_size_with_its_srocc(self):
        table = users(40, 14, 60)
        rule = Fake(lambda images: np.sin(images.astype(np.float64)))
        chosen = {10: {"rule": 0}, 20: {"rule": 0}}
        records = evaluate(table, everything(table), [10, 20], PROTOCOL, "fake", "none", rule, chosen)
        expected = []
        for draw in draws(table, everything(table), [10, 20], PROTOCOL):
            value = None
            if not draw.dropped:
                value = srocc(np.sin(table.image[draw.query].astype(np.float64)), table.score[draw.query])
            user = hashed(f"u{draw.user:03}")
            expected.append((draw.shots, draw.repeat, user, len(draw.support), len(draw.query), value, draw.dropped))
        found = [
            (r.shots, r.repeat, r.user, r.n_support, r.n_query, r.value, r.dropped)
            for r in records
            if r.metric == "srocc"
        ]
        assert found == expected
        assert len(found) == 3 * 3 * 2
        assert (
            sum(r.value is None for r in records if r.metric == "srocc") == 3 * 2
        )  # user 1 has too few for both sizes
        assert {(r.method, r.backbone) for r in records} == {("fake", "none")}

    def test_the_parts_of_a_repeat_sum_to_the_pooled_coefficient(self):
        table, fake = users(40, 30, 12), Fake(lambda images: (images % 7).astype(np.float32))
        records = evaluate(table, everything(table), [10], PROTOCOL, "fake", "", fake, {10: {"rule": 0}})
        for repeat in range(PROTOCOL.repeats):
            query = np.concatenate([
                d.query for d in draws(table, everything(table), [10], PROTOCOL) if d.repeat == repeat and not d.dropped
            ])  # fmt: skip
            parts = [r.value for r in records if r.repeat == repeat and r.metric == "srocc_pooled"]
            assert parts[2] is None  # dropped: too few ratings
            assert sum(parts[:2]) == pytest.approx(srocc(table.image[query] % 7, table.score[query]))

    def test_nobody_is_fitted_without_being_judged(self):
        table = users(14)
        fake = Fake(np.asarray)
        evaluate(table, everything(table), [10], PROTOCOL, "fake", "", fake, {10: {"rule": 0}})
        assert fake.told == []

    def test_all_methods_meet_the_same_users_and_images(self):
        table = users(40, 60)
        one, other = Fake(np.asarray), Fake(np.negative)
        for fake in (one, other):
            evaluate(table, everything(table), [10, 20], PROTOCOL, "", "", fake, {10: {"rule": 0}, 20: {"rule": 0}})
        for (first, _), (second, _) in zip(one.told, other.told, strict=True):
            assert first.images.tolist() == second.images.tolist()
            assert (first.user, first.draw) == (second.user, second.draw)

    def test_a_method_is_told_the_support_ratings_and_no_others(self):
        table = users(40)
        for draw in draws(table, everything(table), [10], PROTOCOL):
            support = support_of(table, draw)
            assert support.scores.tolist() == table.score[draw.support].tolist()
            assert support.images.tolist() == table.image[draw.support].tolist()
            assert (support.user, support.draw) == (0, draw.repeat)

    def test_the_settings_are_those_chosen_for_the_size(self):
        table = users(60)
        fake = Fake(np.asarray, np.negative)
        evaluate(table, everything(table), [10, 20], PROTOCOL, "fake", "", fake, {10: {"rule": 1}, 20: {"rule": 0}})
        assert {(len(support.images), settings["rule"]) for support, settings in fake.told} == {(10, 1), (20, 0)}

    def test_query_ratings_cannot_reach_a_score(self):
        table = users(60)
        draw = next(draws(table, everything(table), [10], PROTOCOL))
        score = table.score.copy()
        score[draw.query] = 1 - score[draw.query]
        told = [support_of(each, draw) for each in (table, replace(table, score=score))]
        assert told[0].scores.tolist() == told[1].scores.tolist()


class TestChoose:
    def table(self):
        """Two validation users whose taste is the number of the image, upwards for one and mostly for the other."""
        table = users(60, 60)
        score = table.image / 200
        return replace(table, score=score.astype(np.float32))

    def test_the_best_on_average_is_chosen(self):
        # srocc: -1, +1, 0 (constant)
        fake = Fake(np.negative, np.asarray, np.zeros_like)
        table = self.table()
        assert choose(table, everything(table), [10, 20], PROTOCOL, "fake", fake) == {10: {"rule": 1}, 20: {"rule": 1}}

    def test_each_size_chooses_for_itself(self):
        class BySize(Fake):
            def fit_user(self, support, settings):
                good = (len(support.images) == 20) == (settings["rule"] == 1)
                return np.asarray if good else np.negative

        table = self.table()
        chosen = choose(table, everything(table), [10, 20], PROTOCOL, "fake", BySize(None, None))
        assert chosen == {10: {"rule": 0}, 20: {"rule": 1}}

    def test_a_mean_over_users_not_the_best_user(self):
        class ByUser(Fake):
            """Rule 0 is perfect for user 0 and perfectly wrong for user 1; rule 1 is decent for both."""

            def fit_user(self, support, settings):
                if settings["rule"] == 0:
                    return np.asarray if support.user == 0 else np.negative
                return lambda images: images // 60

        table = self.table()
        assert choose(table, everything(table), [10], PROTOCOL, "fake", ByUser(None, None)) == {10: {"rule": 1}}

    def test_only_the_rows_given_are_looked_at(self):
        # user 1 is a test user whose taste is the opposite, with every rating far above any of user 0's
        table = self.table()
        mine = table.user == 0
        table = replace(table, score=np.where(mine, table.score / 2, 1 - table.score / 2).astype(np.float32))
        fake = Fake(np.negative, np.asarray)
        assert choose(table, np.flatnonzero(mine), [10], PROTOCOL, "fake", fake) == {10: {"rule": 1}}
        assert {support.user for support, _ in fake.told} == {0}

    def test_a_quick_look_tries_the_first_candidates_alone(self):
        fake = Fake(np.negative, np.zeros_like, np.asarray)
        table = self.table()
        protocol = replace(PROTOCOL, candidates=2)
        assert choose(table, everything(table), [10], protocol, "fake", fake) == {10: {"rule": 1}}
        assert {settings["rule"] for _, settings in fake.told} == {0, 1}

    def test_a_single_candidate_costs_nothing(self):
        fake = Fake(np.asarray)
        table = self.table()
        assert choose(table, everything(table), [10], PROTOCOL, "fake", fake) == {10: {"rule": 0}}
        assert fake.told == []

    def test_where_nobody_has_enough_ratings_the_smaller_size_decides_and_the_log_says_so(self, caplog):
        fake = Fake(np.negative, np.asarray)
        table = self.table()
        with caplog.at_level("INFO"):
            chosen = choose(table, everything(table), [10, 100], PROTOCOL, "fake", fake)
        assert chosen == {10: {"rule": 1}, 100: {"rule": 1}}
        assert "no validation user has enough ratings for 100 shots" in caplog.text
        assert choose(table, everything(table), [100], PROTOCOL, "fake", fake) == {100: {"rule": 0}}


class CutOffError(Exception):
    pass


class Mortal(Fake):
    """Dies in the middle, as a process does."""

    user_batch_size = 2

    def __init__(self, *rules, lives: int):
        super().__init__(*rules)
        self.lives = lives

    def fit_user(self, support, settings):
        if len(self.told) == self.lives:
            raise CutOffError
        return super().fit_user(support, settings)


class TestJournal:
    RULES = (np.sin, np.cos)

    def evaluated(self, personalizer, directory):
        table = users(40, 14, 30, 25, 50)
        journals = {part: Journal(directory / part, "content") for part in ("val", "test")}
        rows = everything(table)
        chosen = choose(table, rows, [5, 10], PROTOCOL, "rule", personalizer, journal=journals["val"])
        return evaluate(table, rows, [5, 10], PROTOCOL, "rule", "", personalizer, chosen, journal=journals["test"])

    @pytest.mark.parametrize("lives", [0, 1, 7, 40, 60, 80])
    def test_judging_goes_on_at_the_first_missing_batch(self, tmp_path, lives):
        whole = Fake(*self.RULES)
        whole.user_batch_size = 2
        expected = self.evaluated(whole, tmp_path / "whole")
        mortal = Mortal(*self.RULES, lives=lives)
        with pytest.raises(CutOffError):
            self.evaluated(mortal, tmp_path / "threshold")
        rest = Fake(*self.RULES)
        rest.user_batch_size = 2
        assert self.evaluated(rest, tmp_path / "threshold") == expected
        # a batch of two draws, under two candidates, may have been lost half way
        assert len(whole.told) <= len(mortal.told) + len(rest.told) < len(whole.told) + 4
