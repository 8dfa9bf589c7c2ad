import numpy as np
import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.report.fused_weights import fused_weights, sorted_users

pytestmark = pytest.mark.slow


WEIGHTS = np.array([[0.1, 0.30], [0.1, -0.10], [0.2, 0.50]])


def test_users_are_sorted_by_the_trait_that_differs_most():
    assert sorted_users(WEIGHTS).tolist() == [2, 0, 1]


def test_means_and_spreads_are_written(tmp_path, words):
    texts = words(fused_weights(WEIGHTS, ["O", "C"], tmp_path / "f.png", "flickr_aes", "PA_IAA at 100 shots"))
    # mean of .3, -.1, .5 is .233; its standard deviation over users is .249
    assert {"O", "C", ".133±.047", ".233±.249", "test users, sorted by C", "PA_IAA at 100 shots"} <= set(texts)
    assert (tmp_path / "f.png").stat().st_size > 5_000


@pytest.mark.parametrize("users", [1, 37])
def test_zero_weights_and_any_number_of_users(tmp_path, words, users):
    svg = fused_weights(np.zeros((users, 5)), list("OCEAN"), tmp_path / "f.png", "d", "c")
    assert words(svg).count(".000±.000") == 5


def test_nobody(tmp_path):
    with pytest.raises(UserError, match="nobody was fitted"):
        fused_weights(np.zeros((0, 5)), list("OCEAN"), tmp_path / "f.png", "d", "c")


def test_equal_weights_give_equal_bytes(tmp_path):
    drawn = [fused_weights(WEIGHTS, ["O", "C"], tmp_path / f"{k}.png", "d", "c") for k in (0, 1)]
    assert drawn[0] == drawn[1]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
