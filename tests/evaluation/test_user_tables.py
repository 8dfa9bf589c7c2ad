from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.data.ratings import RatingTable, Scale, hashed
from piaa_lightning.evaluation.protocol import Protocol
from piaa_lightning.evaluation.user_tables import user_tables
from piaa_lightning.personalizers.personalizer import Personalizer

PROTOCOL = Protocol(repeats=4, min_query=5)


@dataclass
class Weighing(Personalizer):
    """Notes whom it fits; a user's weights are number, shots, settings and how many images were asked for."""

    silent: bool = False

    def fit_user(self, support, settings):
        self.fitted = [*getattr(self, "fitted", []), (support.user, len(support.images), support.draw)]
        return (support.user, len(support.images), settings["lr_multiplier"])

    def extra_tables(self, user, images):
        if self.silent:
            return {}
        return {"weights": [{"trait": t, "weight": w} for t, w in zip("OCEA", (*user, len(images)), strict=True)]}


@pytest.fixture
def table():
    """User 0 rated 40 images, users 1 and 2 twenty."""
    user = np.repeat([0, 1, 2], [40, 20, 20])
    image = np.concatenate([np.arange(40), np.arange(20), np.arange(20)])
    ids = np.array([f"p{number:02}" for number in range(40)])
    users = np.array(["a", "b", "c"])
    score = (image % 5 / 4).astype(np.float32)
    return RatingTable("t", Path("."), ids, ids, users, user, image, score, Scale(1, 5))


@pytest.fixture
def weigh(table):
    chosen = {k: {"lr_multiplier": k / 10} for k in (5, 10, 30)}

    def run(shots, silent=False, **changes):
        personalizer = Weighing(silent)
        rows = np.arange(table.ratings)
        found = user_tables(table, rows, shots, replace(PROTOCOL, **changes), "PA_IAA", personalizer, chosen)
        return found, personalizer

    return run


def weights(found):
    values = [line["weight"] for line in found["weights"]]
    return [values[start : start + 4] for start in range(0, len(values), 4)]


def users(found):
    return list(dict.fromkeys(line["user"] for line in found["weights"]))


def test_everybody_is_fitted_once_at_the_most_shots(weigh):
    found, personalizer = weigh([5, 10])
    assert weights(found) == [[0, 10, 1, 30], [1, 10, 1, 10], [2, 10, 1, 10]]
    assert users(found) == [*map(hashed, "abc")]
    assert personalizer.fitted == [(0, 10, 0), (1, 10, 0), (2, 10, 0)]


def test_who_has_too_few_ratings_is_left_out(weigh):
    found, _ = weigh([10, 30])
    assert (found["weights"][0]["shots"], users(found)) == (30, [hashed("a")])
    found, _ = weigh([10, 30], min_query=11)  # nobody has 41, user 0 alone has 21
    assert (found["weights"][0]["shots"], users(found)) == (10, [hashed("a")])
    assert weigh([30], min_query=100)[0] == {}


def test_a_line_says_of_which_method_shots_and_user_it_is(weigh):
    line = weigh([10])[0]["weights"][0]
    assert line == {"method": "PA_IAA", "shots": 10, "user": hashed("a"), "trait": "O", "weight": 0}


def test_where_the_first_user_s_model_tells_nothing_nobody_else_is_fitted(weigh):
    found, personalizer = weigh([5, 10], silent=True)
    assert found == {}
    assert len(personalizer.fitted) == 1
