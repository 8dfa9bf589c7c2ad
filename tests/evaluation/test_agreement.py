import numpy as np
import pytest
from rating_tables import numbered, table_of
from scipy.stats import spearmanr

from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.agreement import agreement_by_level, variance_shares, with_others


def table(score: np.ndarray) -> RatingTable:
    """Everybody's rating of every image, ``(users, images)`` in [0, 1]; NaN where there is none."""
    user, image = np.nonzero(np.isfinite(score))
    return table_of(user, image, score[user, image], numbered("u", len(score), 1), numbered("p", score.shape[1], 1))


def drawn(users: int, images: int, of: tuple[float, float, float], seed: int = 0) -> np.ndarray:
    """Ratings of known parts: standard deviations of images, users and the rest."""
    rng = np.random.default_rng(seed)
    image, user = rng.normal(0, of[0], (1, images)), rng.normal(0, of[1], (users, 1))
    return 0.5 + image + user + rng.normal(0, of[2], (users, images))


def test_shares_of_a_table_by_a_slow_loop():
    score = drawn(4, 5, (0.1, 0.05, 0.1))
    score[0, 3] = score[2, 1] = np.nan
    made = table(score)
    centred = made.score.astype(float) - made.score.astype(float).mean()
    total = np.mean(centred**2)

    def covariance(group):
        products = [
            centred[a] * centred[b]
            for a in range(len(centred)) for b in range(len(centred)) if a != b and group[a] == group[b]
        ]  # fmt: skip
        return np.mean(products)

    found = variance_shares(made)
    assert found.image == pytest.approx(covariance(made.image) / total)
    assert found.user == pytest.approx(covariance(made.user) / total)
    assert found.image + found.user + found.rest == pytest.approx(1)


def test_shares_find_what_ratings_were_drawn_from_with_most_of_them_missing():
    score = drawn(300, 400, (0.3, 0.2, 0.1))
    score[np.random.default_rng(1).random(score.shape) < 0.8] = np.nan
    made = table(np.where(np.isfinite(score), score, np.nan))
    found = variance_shares(made)
    parts = np.array([0.3, 0.2, 0.1]) ** 2
    np.testing.assert_allclose([found.image, found.user, found.rest], parts / parts.sum(), atol=0.05)


def test_a_user_is_compared_with_the_mean_of_the_others():
    score = drawn(3, 12, (0.1, 0.0, 0.1))
    score[0, :2] = np.nan
    score[2, 0] = np.nan  # only u1 rated image 0
    found = with_others(table(score), least=10)
    for user in range(3):
        others = np.nanmean(np.delete(score, user, axis=0)[:, 1:], axis=0)
        own = score[user, 1:]
        known = np.isfinite(own)
        assert found[user] == pytest.approx(spearmanr(own[known], others[known]).statistic, abs=1e-6)
    assert len(with_others(table(score), least=11)) == 2
    score[1] = 0.5
    assert len(with_others(table(score), least=10)) == 2, "one score only is no order"


def test_pairs_on_the_same_side_are_sorted_by_what_the_other_half_gave():
    # good images for all, bad ones for all, and some that divide users
    good, bad = np.full((40, 5), 0.9), np.full((40, 5), 0.1)
    divided = np.where(np.random.default_rng(0).random((40, 10)) < 0.5, 0.45, 0.55)
    found = agreement_by_level(table(np.hstack([good, bad, divided])), bins=4)
    np.testing.assert_allclose(found.agreement[[0, -1]], 1)
    assert (found.agreement[1:3] < 0.6).all()
    assert found.images.tolist() == [5, 5, 5, 5]
    np.testing.assert_allclose(found.means[[0, -1]], [0.1, 0.9], atol=1e-6)
    high = 0.5 * 0.5 + 0.25
    assert found.chance == pytest.approx(high**2 + (1 - high) ** 2, abs=0.02)


@pytest.mark.slow
def test_level_and_agreement_come_from_different_users():
    # four raters and nothing but noise: were level and pairs the same users, extreme images would agree far more
    score = np.random.default_rng(3).random((4, 20_000))
    found = agreement_by_level(table(score))
    assert np.ptp(found.agreement) < 0.06
    assert found.overall == pytest.approx(0.5, abs=0.01)


def test_ratings_in_the_very_middle_are_on_no_side():
    score = np.array([[0.9], [0.5], [0.9], [0.1]] * 3)
    found = agreement_by_level(table(score))
    assert found.images.tolist() == [1]
    assert found.chance == pytest.approx((2 / 3) ** 2 + (1 / 3) ** 2)


@pytest.mark.parametrize(
    ("score", "sentence"),
    [(np.full((3, 4), 0.5), "all ratings are equal"), (np.eye(3) + np.where(np.eye(3), 0, np.nan), "all ratings")],
)
def test_nothing_to_agree_on(score, sentence):
    with pytest.raises(UserError, match=sentence):
        variance_shares(table(score))


def test_nobody_to_agree_with():
    alone = np.array([[0.1, 0.2, np.nan], [np.nan, np.nan, 0.7]])
    with pytest.raises(UserError, match="images that two users rated"):
        variance_shares(table(alone))
    with pytest.raises(UserError, match="three ratings"):
        agreement_by_level(table(alone))
