"""What both population priors say, against the formulas in their docstrings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.photos import learn
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learn import UserRatings, learn_averages, learn_population
from tests.photos.conftest import FEATURES, NUMBERS, make_folder_prior, make_learnt_prior, make_seen, make_users


def moments(prior, seen, folder=None):
    """Prior mean and covariance of images."""
    process = prior.process(FolderStatistics.of(seen) if folder is None else folder)
    images = process.describe(seen)
    covariance = process.covariance(images, images)
    assert torch.allclose(process.variance(images), covariance.diagonal(), atol=1e-4)
    return images.expected.numpy(), covariance.numpy(), process.noise


class TestFolderPrior:
    def test_it_is_the_formula(self):
        prior, seen = make_folder_prior(), make_seen(30)
        rows = np.concatenate([seen.values.double().numpy(), seen.score.double().numpy()[:, None]], axis=1)
        share = NUMBERS.pretended / (NUMBERS.pretended + 30)
        reference = prior.reference
        apart = rows.mean(axis=0) - reference.mean.numpy()
        variance = (1 - share) * rows.var(axis=0) + share * reference.variance.numpy() + share * (1 - share) * apart**2
        x = (rows - rows.mean(axis=0)) / np.sqrt(variance)
        g, x = x[:, -1], x[:, :-1]
        expected = 3.0 * x @ x.T / FEATURES + 0.05 * np.outer(g, g) + 0.5
        mean, covariance, noise = moments(prior, seen)
        assert mean == pytest.approx(0.3 * g, abs=1e-5)
        assert covariance == pytest.approx(expected, abs=1e-4)
        assert noise == 1.0

    def test_a_feature_that_never_changes_says_nothing_and_does_no_harm(self):
        seen = make_seen(10)
        seen.values[:, 3] = 1.0
        still = FolderStatistics(0.0, torch.zeros(9).double(), torch.zeros(9).double())
        prior = make_folder_prior()
        prior = type(prior)(prior.chosen, still, "tests")
        _, covariance, _ = moments(prior, seen, FolderStatistics.of(seen))
        assert np.isfinite(covariance).all()

    def test_an_empty_folder_is_measured_against_the_reference(self):
        prior, seen = make_folder_prior(), make_seen(3)
        mean, covariance, _ = moments(prior, seen, FolderStatistics.nothing(FEATURES))
        assert np.isfinite(mean).all()
        assert np.isfinite(covariance).all()


class TestLearntPrior:
    def test_it_is_the_formula(self):
        prior, seen = make_learnt_prior(), make_seen(12, seed=9)
        rows = ((seen.values.float() - prior.components.centre) @ prior.components.axes.T).double().numpy()
        known = prior.images.double().numpy()

        def k(one, other):
            cosine = (one / np.linalg.norm(one, axis=1)[:, None]) @ (other / np.linalg.norm(other, axis=1)[:, None]).T
            return cosine + cosine**2

        inverse = np.linalg.inv(k(known, known) + np.diag(prior.ridge.numpy()))
        crowd = k(rows, known) @ inverse @ prior.said.double().numpy()
        own = prior.chosen
        count = len(prior.covariance) - 2
        z = np.concatenate([np.ones((12, 1)), (crowd / own.crowd_spread)[:, None], rows[:, :count]], axis=1)
        left = k(rows, rows) - k(rows, known) @ inverse @ k(known, rows)
        expected = z @ prior.covariance.double().numpy() @ z.T + own.curved * k(rows, rows) + own.crowd_doubt * left
        mean, covariance, noise = moments(prior, seen)
        assert mean == pytest.approx(crowd, abs=1e-4)
        assert covariance == pytest.approx(expected + own.level_variance, abs=1e-3)
        assert noise == pytest.approx(own.noise)

    def test_the_crowd_likes_what_people_like(self):
        seen = make_seen(200, seed=5)
        users = make_users(seen, 30)
        prior = learn_population(seen[:150], [FEATURES], [cut(user, 150) for user in users], "tests")
        said = np.zeros(200)
        for user in users:
            said[user.images] += user.standard()
        assert np.corrcoef(prior.crowd(seen[150:].values).numpy(), said[150:])[0, 1] > 0.6

    def test_people_who_differ_more_make_a_wider_prior(self):
        seen = make_seen(60)
        alike = [UserRatings(user.images, user.scores) for user in make_users(seen, 1) for _ in range(6)]
        traces = [
            float(learn_population(seen, [FEATURES], users, "tests").covariance.trace())
            for users in (alike, make_users(seen, 6))
        ]
        assert traces[0] < traces[1] / 3

    def test_users_without_a_spread_teach_nothing(self):
        seen = make_seen(20)
        flat = UserRatings(np.arange(20), np.full(20, 3.0))
        with pytest.raises(ValueError, match="fewer than two users"):
            learn_population(seen, [FEATURES], [*make_users(seen, 1), flat], "tests")
        with_flat = learn_population(seen, [FEATURES], [*make_users(seen, 3), flat], "tests")
        assert torch.equal(with_flat.said, learn_population(seen, [FEATURES], make_users(seen, 3), "tests").said)

    def test_of_many_images_those_that_most_people_rated_are_kept(self, monkeypatch):
        monkeypatch.setattr(learn, "MOST_IMAGES", 15)
        seen = make_seen(40, seed=5)
        users = [cut(user, 20) for user in make_users(seen)] + make_users(seen)
        prior = learn_population(seen, [FEATURES], users, "tests")
        assert len(prior.images) == 15
        assert np.isfinite(moments(prior, seen)[1]).all()

    def test_averages_alone_give_the_crowd_and_an_assumed_covariance(self):
        seen = make_seen(60)
        averages = seen.values[:, 0].double().numpy() / 2
        prior = learn_averages(seen[:40], [FEATURES], averages[:40], "averages")
        mean, covariance, noise = moments(prior, seen[40:])
        assert np.corrcoef(mean, averages[40:])[0, 1] > 0.7
        assert noise == learn.ASSUMED_NOISE
        assert np.linalg.eigvalsh(covariance).min() > -1e-3

    def test_gradients_pass_also_after_inference(self):
        prior = make_learnt_prior()
        values = torch.rand(2, FEATURES)
        with torch.inference_mode():
            prior.crowd(values)
        values.requires_grad_()
        process = prior.process(FolderStatistics.nothing(FEATURES))
        process.describe(PhotoFeatures(values, torch.zeros(2))).expected.sum().backward()
        assert float(values.grad.abs().sum()) > 0


def cut(user: UserRatings, most: int) -> UserRatings:
    inside = user.images < most
    return UserRatings(user.images[inside], user.scores[inside])
