"""The rows that a table is read by: generic, generic + affine, random, crowd and ceiling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.personalizers.ceiling import Ceiling
from piaa_lightning.personalizers.crowd import Crowd
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.generic_affine import LEAST_SLOPE, GenericAffine
from piaa_lightning.personalizers.personalizer import LeftOutError, Support
from piaa_lightning.personalizers.random import Random


def prepared(personalizer, context):
    personalizer.prepare(context)
    return personalizer


class TestGeneric:
    def test_the_priors_own_scores_for_everybody(self, context, support):
        generic = prepared(Generic(), context)
        with torch.no_grad():
            expected = context.model.eval()(context.inputs.batch(np.arange(60))).numpy()
        for user in (4, 5):
            scores = generic.fit_user(support(user), {})(context.split.test_images)
            assert scores == pytest.approx(expected[40:], abs=1e-6)

    def test_training_images_have_no_score(self, context, support):
        # nobody may be evaluated on them, so that a leak would be a NaN, which the metric refuses
        assert np.isnan(prepared(Generic(), context).fit_user(support(), {})(context.split.train_images)).all()

    def test_without_a_prior_it_is_a_sentence(self, context):
        with pytest.raises(UserError, match="starts from a prior and none is given"):
            Generic().prepare(replace(context, model=None))


class TestGenericAffine:
    def test_slope_and_offset_by_hand(self, context):
        affine = GenericAffine()
        affine.scores = np.array([0.2, 0.4, 0.6, 0.5], dtype=np.float32)
        # own = 2 generic - 0.3
        scorer = affine.fit_user(Support(4, np.array([0, 1, 2]), np.array([0.1, 0.5, 0.9], dtype=np.float32)), {})
        assert scorer(np.array([3]))[0] == pytest.approx(0.7)

    @pytest.mark.parametrize("sign", [1, -1], ids=["agrees", "disagrees"])
    def test_no_rank_correlation_changes(self, context, support, sign):
        generic, affine = prepared(Generic(), context), prepared(GenericAffine(), context)
        images = context.split.test_images
        ranks = generic.scores[images[:10]].argsort().argsort()
        own = Support(4, images[:10], (0.5 + sign * (ranks / 9 - 0.5)).astype(np.float32))
        spread = generic.scores[own.images] - generic.scores[own.images].mean()
        assert np.sign(spread @ own.scores) == sign  # the least-squares slope would turn the order round
        query = images[10:]
        truth = context.table.score[4 * 60 + query]
        plain, fitted = (each.fit_user(own, {})(query) for each in (generic, affine))
        assert srocc(fitted, truth) == srocc(plain, truth)  # not nearly: exactly

    def test_a_slope_that_would_turn_the_order_is_flattened(self):
        affine = GenericAffine()
        affine.scores = np.array([0.2, 0.8], dtype=np.float32)
        scorer = affine.fit_user(Support(4, np.array([0, 1]), np.array([0.9, 0.1], dtype=np.float32)), {})
        low, high = scorer(np.array([0, 1]))
        assert high - low == pytest.approx(0.6 * LEAST_SLOPE)

    @pytest.mark.parametrize("shots", [1, 10])
    def test_equal_generic_scores_leave_the_order_alone(self, shots):
        affine = GenericAffine()
        affine.scores = np.array([0.3] * shots + [0.1, 0.9], dtype=np.float32)
        scorer = affine.fit_user(Support(4, np.arange(shots), np.full(shots, 0.7, dtype=np.float32)), {})
        assert scorer(np.array([shots, shots + 1])) == pytest.approx([0.5, 1.3])


class TestRandom:
    def test_repeats_by_seed_user_and_draw(self, context, support):
        images = np.arange(20)

        def scores(seed, user, draw):
            return tuple(prepared(Random(seed), context).fit_user(support(user, draw=draw), {})(images))

        assert scores(0, 4, 1) == scores(0, 4, 1)
        assert len({scores(*key) for key in [(0, 4, 1), (1, 4, 1), (0, 5, 1), (0, 4, 2)]}) == 4

    def test_it_correlates_with_nobody(self, context, support):
        random = prepared(Random(), context)
        truth = np.arange(100.0)
        values = [srocc(random.fit_user(support(draw=draw), {})(np.arange(100)), truth) for draw in range(200)]
        assert np.mean(values) == pytest.approx(0, abs=0.03)  # 4 standard errors: .1 / sqrt(200) each
        assert np.std(values) == pytest.approx(1 / np.sqrt(99), rel=0.25)


class TestCrowd:
    def table(self, context):
        """Image 0: .2, .4, .9 by users 0, 1, 2. Image 1: .6 by user 0 alone. Image 2: nobody."""
        return replace(
            context.table,
            user=np.array([0, 1, 2, 0]),
            image=np.array([0, 0, 0, 1]),
            score=np.array([0.2, 0.4, 0.9, 0.6], dtype=np.float32),
        )

    @pytest.mark.parametrize(
        ("user", "expected"),
        [
            (0, [(0.4 + 0.9) / 2, 2.1 / 4, 2.1 / 4]),  # image 1 has no other rater: the overall mean
            (1, [(0.2 + 0.9) / 2, 0.6, 2.1 / 4]),
            (2, [(0.2 + 0.4) / 2, 0.6, 2.1 / 4]),
            (3, [(0.2 + 0.4 + 0.9) / 3, 0.6, 2.1 / 4]),
        ],
    )
    def test_a_persons_own_rating_is_left_out(self, context, user, expected):
        crowd = prepared(Crowd(), replace(context, table=self.table(context)))
        scorer = crowd.fit_user(Support(user, np.array([0]), np.array([0.2], dtype=np.float32)), {})
        assert scorer(np.array([0, 1, 2])).tolist() == pytest.approx(expected)

    def test_own_ratings_may_be_anything(self, context, support):
        table = context.table
        changed = replace(table, score=np.where(table.user == 4, 1 - table.score, table.score).astype(np.float32))
        images = context.split.test_images
        before, after = (
            prepared(Crowd(), replace(context, table=each)).fit_user(support(4), {})(images)
            for each in (table, changed)
        )
        assert before.tolist() == after.tolist()

    def test_fitting_one_user_does_not_touch_the_next(self, context, support):
        crowd = prepared(Crowd(), context)
        images = context.split.test_images
        first = crowd.fit_user(support(4), {})(images)
        crowd.fit_user(support(5), {})
        assert crowd.fit_user(support(4), {})(images).tolist() == first.tolist()


class TestCeiling:
    def test_the_truth_by_id(self, context, support):
        rows = [
            ("u5", "p41", 0.3),
            ("u4", "p41", 0.9),
            ("u4", "p40", 0.1),
            ("stranger", "p40", 0.5),
            ("u4", "gone", 0.5),
        ]
        text = "\n".join(["user,image,score", *(f"{user},{image},{score}" for user, image, score in rows)])
        (context.table.root / "truth.csv").write_text(text)
        ceiling = prepared(Ceiling(), context)
        assert ceiling.fit_user(support(4), {})(np.array([40, 41])).tolist() == pytest.approx([0.1, 0.9])
        assert ceiling.fit_user(support(5), {})(np.array([41])).tolist() == pytest.approx([0.3])
        assert np.isnan(ceiling.fit_user(support(5), {})(np.array([40]))).all()

    def test_ids_that_look_like_numbers_stay_ids(self, context, support):
        table = replace(context.table, user_ids=np.array([f"00{n}" for n in range(6)]))
        (context.table.root / "truth.csv").write_text("user,image,score\n004,p40,0.25\n")
        ceiling = prepared(Ceiling(), replace(context, table=table))
        assert ceiling.fit_user(support(4), {})(np.array([40])).tolist() == [0.25]

    def test_it_is_left_out_where_the_truth_is_not_known(self, context):
        with pytest.raises(LeftOutError, match="the truth is not known for real users"):
            Ceiling().prepare(context)

    def test_other_columns_are_a_sentence(self, context):
        (context.table.root / "truth.csv").write_text("user,image,rating\n")
        with pytest.raises(UserError, match="the columns must be user,image,score"):
            Ceiling().prepare(context)
