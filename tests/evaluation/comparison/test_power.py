import numpy as np
import pytest
from scipy import stats

from piaa_lightning.evaluation.comparison.power import Spreads, least_difference, seeds_needed, spreads_of


def test_what_is_said_to_be_enough_tells_the_difference_four_times_in_five():
    # Studies drawn with these spreads, each tested by SciPy over its seeds.
    spreads, users, random = Spreads(seeds=0.0063, users=0.0114), 104, np.random.default_rng(0)
    seeds = seeds_needed(0.01, spreads, users)
    of_users = random.normal(0, spreads.users, (3000, 1, users)).mean(axis=2)
    of_seeds = 0.01 + of_users + random.normal(0, spreads.seeds, (3000, seeds))
    told = stats.ttest_1samp(of_seeds, 0, axis=1).pvalue < 0.05
    assert 0.77 < told.mean() < 0.93
    fewer = stats.ttest_1samp(of_seeds[:, : seeds // 2], 0, axis=1).pvalue < 0.05
    assert fewer.mean() < 0.7


def test_more_seeds_do_not_help_where_users_are_too_few():
    assert seeds_needed(0.01, Spreads(seeds=0.001, users=0.1), users=10) is None
    assert least_difference(Spreads(0.0, 0.1), 900, 10) == pytest.approx((1.96 + 0.84) * 0.1 / 10**0.5, rel=0.01)


def test_spreads_are_those_the_differences_were_drawn_with():
    random = np.random.default_rng(1)
    drawn = random.normal(0, 0.02, (200, 1, 1)) + random.normal(0, 0.05, (1, 300, 1)) + np.zeros((1, 1, 2))
    drawn[:, 0, 0] = np.nan
    found = spreads_of(drawn)
    assert (found.seeds, found.users) == (pytest.approx(0.02, rel=0.15), pytest.approx(0.05, rel=0.15))
