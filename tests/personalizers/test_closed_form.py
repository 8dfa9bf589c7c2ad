"""Ridge, Gaussian process, hierarchical and trait-conditioned scoring, each against an oracle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct
from sklearn.linear_model import LinearRegression
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.errors import UserError
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers import features
from piaa_lightning.personalizers.features import image_features, scaled
from piaa_lightning.personalizers.gaussian import posterior_means
from piaa_lightning.personalizers.gaussian_process import NAMES, START, GaussianProcess, kernel, learn_kernel
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess
from piaa_lightning.personalizers.personalizer import LeftOutError, Support
from piaa_lightning.personalizers.ridge import Ridge, decompose
from piaa_lightning.personalizers.trait_conditioned import TraitConditioned

CLOSED = {
    "ridge": lambda: Ridge(penalties=[1.0, 10.0]),
    "ridge, leave-one-out": lambda: Ridge(choice="leave_one_out"),
    "hierarchical": lambda: Hierarchical(prior_variances=[0.5, 1.0]),
    "gp": lambda: GaussianProcess(prior_variances=[0.5, 1.0], ratings=10),
    "process": lambda: HierarchicalProcess(near=GaussianProcess(ratings=10)),
}


def prepared(personalizer, context):
    personalizer.prepare(context)
    return personalizer


def weighted(matrix):
    """A draw of numbers that repeats."""
    return np.random.default_rng(3).standard_normal(matrix)


class TestFeatures:
    def test_methods_on_one_prior_compute_them_once(self, context, monkeypatch):
        calls, computed = [], features._computed
        monkeypatch.setattr(features, "_computed", lambda *given: calls.append(1) or computed(*given))
        assert image_features(context, 4) is image_features(replace(context, auxiliary={}), 4)
        assert image_features(context, None) is not image_features(context, 4)
        assert len(calls) == 2

    def test_other_images_are_not_taken_for_these(self, context):
        first = image_features(context)
        other = replace(context, inputs=Inputs(context.inputs.evaluation, size=1))
        assert image_features(other) is not first

    def test_they_are_what_the_head_is_fed_and_scores(self, context):
        found = image_features(context)
        with torch.no_grad():
            embedded = context.model.eval().embed(context.inputs.batch(np.arange(60))).numpy()
        apart = embedded - embedded[:20].mean(axis=0)
        assert found.values == pytest.approx(apart / np.sqrt(np.square(apart[:20]).mean()), abs=1e-5)
        assert found.generic[20:] == pytest.approx(prepared(Generic(), context).scores[20:], abs=1e-6)

    def test_components_are_those_of_training_images(self):
        values = weighted((30, 6)).astype(np.float32) * np.array([5, 3, 1, 1, 1, 1], dtype=np.float32)
        known = np.arange(20)
        found, projection = scaled(values.copy(), known, 2)
        assert (values - projection.centre) @ projection.axes.T / projection.unit == pytest.approx(found, abs=1e-5)
        own = values[known] - values[known].mean(axis=0)
        axes = np.linalg.svd(own, full_matrices=False)[2][:2]
        expected = (values - values[known].mean(axis=0)) @ axes.T
        expected /= np.sqrt(np.square(expected[known]).mean())
        assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-4)


class TestEveryClosedForm:
    @pytest.mark.parametrize("make", CLOSED.values(), ids=CLOSED)
    @pytest.mark.parametrize("shots", [1, 5])
    def test_equal_ratings_fall_back_to_the_generic_score(self, context, make, shots):
        method = prepared(make(), context)
        images = context.split.test_images
        told = Support(4, images[:shots], np.full(shots, 0.75, dtype=np.float32))
        generic = prepared(Generic(), context).fit_user(told, {})(images)
        for scores in method.trace(told, images, method.candidates()):
            assert scores == pytest.approx(generic, abs=1e-6)

    @pytest.mark.parametrize("make", CLOSED.values(), ids=CLOSED)
    @pytest.mark.parametrize("shots", [2, 20])
    def test_scores_are_finite_and_fit_is_trace(self, context, support, make, shots):
        method, told = prepared(make(), context), support(shots=shots)
        images = context.split.test_images
        traced = method.trace(told, images, method.candidates())
        for settings, scores in zip(method.candidates(), traced, strict=True):
            assert np.isfinite(scores).all()
            assert method.fit_user(told, settings)(images) == pytest.approx(scores)

    @pytest.mark.parametrize("make", CLOSED.values(), ids=CLOSED)
    def test_test_users_teach_nothing(self, context, support, make):
        table = context.table
        test = np.isin(table.user, context.split.test_users)
        changed = replace(table, score=np.where(test, 1 - table.score, table.score).astype(np.float32))
        images = context.split.test_images
        first, second = (
            prepared(make(), replace(context, table=each)).trace(support(), images, [make().candidates()[0]])[0]
            for each in (table, changed)
        )
        assert first.tolist() == second.tolist()

    @pytest.mark.parametrize("make", [CLOSED[name] for name in ("hierarchical", "gp", "process")])
    def test_one_training_user_is_too_few(self, context, make):
        split = replace(context.split, train_users=context.split.train_users[:1])
        with pytest.raises(LeftOutError, match="cannot be learnt from 1 training users"):
            make().prepare(replace(context, split=split))

    @pytest.mark.parametrize("make", CLOSED.values(), ids=CLOSED)
    def test_without_a_prior_it_is_a_sentence(self, context, make):
        with pytest.raises(UserError, match="starts from a prior and none is given"):
            make().prepare(replace(context, model=None))


class TestRidge:
    rows, targets = weighted((12, 5)), weighted(12)

    @pytest.mark.parametrize("features", [3, 5])
    @pytest.mark.parametrize("shots", [4, 12])  # fewer and more than features
    @pytest.mark.parametrize("penalty", [0.1, 10.0])
    def test_weights_and_left_out_errors_are_sklearns(self, features, shots, penalty):
        rows, targets = self.rows[:shots, :features], self.targets[:shots]
        oracle = SklearnRidge(alpha=penalty).fit(rows, targets)
        found = decompose(rows, targets)
        assert found.weights(penalty) == pytest.approx(oracle.coef_)
        left_out = cross_val_predict(SklearnRidge(alpha=penalty), rows, targets, cv=LeaveOneOut())
        assert found.left_out_error(penalty) == pytest.approx(np.mean((targets - left_out) ** 2))

    def test_no_penalty_is_least_squares_and_a_large_one_is_the_offset(self):
        found = decompose(self.rows, self.targets)
        assert found.weights(0.0) == pytest.approx(LinearRegression().fit(self.rows, self.targets).coef_)
        assert np.abs(found.weights(1e12)).max() < 1e-9

    def test_a_row_that_determines_itself_has_no_left_out_error(self):
        assert decompose(self.rows[:1], self.targets[:1]).left_out_error(1.0) == np.inf

    def test_a_large_penalty_is_the_generic_order(self, context, support):
        images = context.split.test_images
        scores = prepared(Ridge(penalties=[1e12], calibrations=["offset"]), context).fit_user(
            support(), {"calibration": "offset", "penalty": 1e12}
        )(images)
        generic = prepared(Generic(), context).scores[images]
        assert scores - generic == pytest.approx(np.full(len(images), (scores - generic)[0]), abs=1e-6)

    def test_each_persons_own_penalty_is_the_best_left_out(self, context, support):
        method, told = prepared(Ridge(choice="leave_one_out", calibrations=["offset"]), context), support()
        rows = method.features.rows(told.images)
        residuals = told.scores - method.features.scores(told.images)
        errors = []
        for penalty in method.penalties:
            model = SklearnRidge(alpha=penalty * method.length)
            errors.append(np.mean((residuals - cross_val_predict(model, rows, residuals, cv=LeaveOneOut())) ** 2))
        best = method.penalties[int(np.argmin(errors))]
        images = context.split.test_images
        expected = method.fit_user(told, {"calibration": "offset", "penalty": best})(images)
        assert method.fit_user(told, {"calibration": "offset"})(images) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"penalties": []}, "penalties"),
            ({"penalties": [-1]}, "penalties"),
            ({"choice": "test"}, "choice=test"),
            ({"calibrations": ["cubic"]}, "calibrations"),
        ],
    )
    def test_options_that_make_no_sense(self, options, sentence):
        with pytest.raises(UserError, match=sentence):
            Ridge(**options)


class TestGaussianProcess:
    def test_the_posterior_mean_is_sklearns(self):
        rows, wanted, targets = weighted((15, 4)), weighted((6, 4)) + 0.3, weighted(15)
        of = {**START, "slope": 0.0, "offset": 0.4, "linear": 0.6, "rbf": 0.8, "length": 0.7, "noise": 0.5}
        oracle = GaussianProcessRegressor(
            ConstantKernel(0.4**2, "fixed")
            + ConstantKernel(0.6**2 / 4, "fixed") * DotProduct(0.0, "fixed")
            + ConstantKernel(0.8**2, "fixed") * RBF(0.7 * 2, "fixed"),  # length times the root of four features
            alpha=0.5**2,
            optimizer=None,
        ).fit(rows, targets)
        x, y = torch.from_numpy(rows), torch.from_numpy(wanted)
        none, other = torch.zeros(15).double(), torch.zeros(6).double()
        own, across = kernel(x, x, none, none, of).numpy(), kernel(y, x, other, none, of).numpy()
        (found,) = posterior_means(targets, own, across, of["noise"] ** 2, [1.0])
        assert found == pytest.approx(oracle.predict(wanted))

    def test_a_width_multiplies_the_covariance(self):
        own = np.cov(weighted((5, 40)))
        across, residuals = weighted((3, 5)), weighted(5)
        found = posterior_means(residuals, own, across, 0.3, [0.0, 1.0, 2.5])
        assert (found[0] == 0).all()
        for width, scores in zip((1.0, 2.5), found[1:], strict=True):
            expected = width * across @ np.linalg.solve(width * own + 0.3 * np.eye(5), residuals)
            assert scores == pytest.approx(expected)

    @pytest.mark.slow
    def test_the_likelihood_finds_what_users_were_drawn_from(self):
        random = np.random.default_rng(0)
        truth = {"offset": 0.3, "slope": 1.0, "linear": 0.5, "rbf": 0.4, "length": 0.8, "noise": 0.1}
        users = []
        for _ in range(60):
            rows, generic = torch.from_numpy(random.standard_normal((30, 2))), torch.from_numpy(random.random(30) - 0.5)
            covariance = kernel(rows, rows, generic, generic, truth).numpy() + truth["noise"] ** 2 * np.eye(30)
            residuals = random.multivariate_normal(np.zeros(30), covariance)
            users.append((rows.numpy(), generic.numpy(), residuals))
        users[0] = tuple(part[:20] for part in users[0])  # users may have rated different numbers
        found = learn_kernel(users)
        assert [found[name] for name in NAMES] == pytest.approx([truth[name] for name in NAMES], rel=0.3)

        def likelihood(of):
            total = 0.0
            for rows, generic, residuals in users:
                x, g = torch.from_numpy(rows), torch.from_numpy(generic)
                covariance = kernel(x, x, g, g, of).numpy() + of["noise"] ** 2 * np.eye(len(residuals))
                total += multivariate_normal.logpdf(residuals, np.zeros(len(residuals)), covariance)
            return total

        best = likelihood(found)
        assert all(likelihood({**found, name: found[name] * by}) < best for name in NAMES for by in (0.8, 1.25))

    def test_a_given_kernel_is_taken_without_learning(self, context):
        method = prepared(GaussianProcess(kernel=START), replace(context, split=replace(context.split, train_users=[])))
        assert method.learnt == START

    @pytest.mark.parametrize("kernel", [{"rbf": 1.0}, {**START, "noise": 0.0}])
    def test_a_kernel_that_is_none(self, kernel):
        with pytest.raises(UserError, match=r"^kernel: "):
            GaussianProcess(kernel=kernel)


class TestHierarchical:
    def model(self, context, covariance, noise=0.05, mean="learnt"):
        method = prepared(Hierarchical(mean=mean, components=3), context)
        method.prior = replace(method.prior, covariance=covariance)
        method.noise = noise
        return method

    def test_the_posterior_mean_is_the_explicit_solve(self, context, support):
        covariance = np.cov(weighted((5, 40)))
        method, told, images = self.model(context, covariance), support(), context.split.test_images
        rows, wanted = (method.features.described(which) for which in (told.images, images))
        mean = method.prior.effects[0]
        precision = np.linalg.inv(covariance) + rows.T @ rows / 0.05
        weights = np.linalg.solve(precision, np.linalg.inv(covariance) @ mean + rows.T @ told.scores / 0.05)
        assert method.fit_user(told, {"prior_variance": 1.0})(images) == pytest.approx(wanted @ weights)

    def test_no_covariance_is_the_mean_for_everybody(self, context, support):
        method, images = self.model(context, np.zeros((5, 5))), context.split.test_images
        expected = method.features.described(images) @ method.prior.effects[0]
        assert method.fit_user(support(4), {"prior_variance": 1.0})(images) == pytest.approx(expected)

    def test_an_endless_covariance_is_least_squares(self, context, support):
        free = [0, 2, 3, 4]  # the generic score of these images is nearly a line in the features
        told, images = support(shots=15), context.split.test_images
        method = self.model(context, np.diag([1.0, 0, 1, 1, 1]) * 1e7)
        rows, wanted = (method.features.described(which) for which in (told.images, images))
        mean = method.prior.effects[0]
        weights = np.linalg.lstsq(rows[:, free], told.scores - rows @ mean)[0]
        expected = wanted @ mean + wanted[:, free] @ weights
        assert method.fit_user(told, {"prior_variance": 1.0})(images) == pytest.approx(expected, abs=1e-4)

    def test_the_generic_mean_keeps_the_generic_order(self, context, support):
        method, images = self.model(context, np.zeros((5, 5)), mean="generic"), context.split.test_images
        assert (method.prior.effects[0][2:] == 0).all()
        rows = context.split.rows(context.table, "train")
        generic = method.features.scores(context.table.image[rows]) - method.features.level
        slope, level = np.polyfit(generic, context.table.score[rows], 1)
        assert method.prior.effects[0][:2] == pytest.approx([level, slope], rel=1e-4)
        expected = level + slope * (method.features.scores(images) - method.features.level)
        assert method.fit_user(support(), {"prior_variance": 1.0})(images) == pytest.approx(expected, rel=1e-4)

    def test_an_unknown_mean(self):
        with pytest.raises(UserError, match="mean=median: choose one of generic, learnt"):
            Hierarchical(mean="median")


class TestTraits:
    def with_traits(self, context, values, names=("age", "mood")):
        return replace(context, table=replace(context.table, traits=np.array(values, np.float32), trait_names=names))

    traits = [[20, 1], [30, np.nan], [50, 5], [60, 2], [25, np.nan], [45, 9]]  # noqa: RUF012

    def test_left_out_where_there_are_none(self, context):
        with pytest.raises(LeftOutError, match="the database knows no traits of users"):
            TraitConditioned().prepare(context)

    def test_traits_are_scaled_by_training_users_alone(self, context):
        method = prepared(TraitConditioned(traits=["age"]), self.with_traits(context, self.traits))
        assert method.described_users.tolist() == [[1, (age - 25) / 5] for age in (20, 30, 50, 60, 25, 45)]

    def test_what_is_not_known_or_does_not_vary_shifts_nothing(self, context):
        method = prepared(TraitConditioned(), self.with_traits(context, self.traits))
        assert method.described_users.shape == (6, 2)  # one training user's mood alone is known: it does not vary

    def test_a_trait_moves_what_is_expected_of_a_user(self, context):
        method = prepared(TraitConditioned(traits=["age"], effect_users=0.0), self.with_traits(context, self.traits))
        assert method.mean_weights(4) == pytest.approx(method.prior.effects[0])  # 25 is the training users' mean
        assert method.mean_weights(5) == pytest.approx(method.prior.effects[0] + 4 * method.prior.effects[1])

    def test_an_unknown_trait_is_a_sentence(self, context):
        with pytest.raises(UserError, match="knows no height; choose from age, mood"):
            TraitConditioned(traits=["height"]).prepare(self.with_traits(context, self.traits))


def test_a_taste_that_was_drawn_is_learnt_in_closed_form(context):
    """Users whose weights vary in one known direction: after a few ratings the rest follows, and ridge is slower."""
    random = np.random.default_rng(0)
    images, users, size = 300, 120, 10
    values = random.standard_normal((images, size)).astype(np.float32)
    tastes = random.standard_normal(users)[:, None] * np.eye(size)[2] * 0.2
    grid = np.meshgrid(np.arange(users), np.arange(images), indexing="ij")
    user, image = (part.ravel() for part in grid)
    score = 0.5 + (values[image] * tastes[user]).sum(axis=1) + 0.05 * random.standard_normal(len(user))
    names = [f"p{number:03}" for number in range(images)], [f"u{number:03}" for number in range(users)]
    table = replace(
        context.table,
        image_ids=np.array(names[0]),
        image_files=np.array(names[0]),
        user_ids=np.array(names[1]),
        user=user,
        image=image,
        score=score.clip(0, 1).astype(np.float32),
    )
    split = replace(
        context.split,
        **dict(zip(("train_users", "val_users", "test_users"), np.split(np.arange(users), [80, 100]), strict=True)),
        **dict(
            zip(("train_images", "val_images", "test_images"), np.split(np.arange(images), [100, 200]), strict=True)
        ),
    )
    torch.manual_seed(0)
    known = replace(
        context,
        table=table,
        split=split,
        inputs=Inputs(Features(torch.from_numpy(values))),
        model=ScoreNetwork(None, ScoreHead(size)),
    )
    hierarchical, ridge = prepared(Hierarchical(), known), prepared(Ridge(penalties=[0.01]), known)
    shown, asked = np.arange(210, 300), np.arange(200, 204)
    errors = {"hierarchical": [], "ridge": []}
    for one in range(100, 120):
        told = Support(one, asked, table.score[one * images + asked])
        truth = (values[shown] * tastes[one]).sum(axis=1)
        for name, scores in (
            ("hierarchical", hierarchical.fit_user(told, {"prior_variance": 1.0})(shown)),
            ("ridge", ridge.fit_user(told, {"calibration": "offset", "penalty": 0.01})(shown)),
        ):
            errors[name].append(1 - np.corrcoef(scores, truth)[0, 1])
    assert np.median(errors["hierarchical"]) < 0.1 < np.median(errors["ridge"])
