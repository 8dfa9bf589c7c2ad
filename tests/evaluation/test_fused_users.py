from dataclasses import dataclass, replace

import numpy as np
import pytest

from piaa_lightning.data.ratings import hashed
from piaa_lightning.evaluation import fused_users as module
from piaa_lightning.evaluation.fused_users import fused_users
from piaa_lightning.evaluation.protocol import Protocol
from piaa_lightning.personalizers.personalizer import Personalizer

from tables import numbered, table_of

PROTOCOL = Protocol(repeats=4, min_query=5)


@dataclass
class Weighing(Personalizer):
    """Notes whom it fits; a user's weights are number, shots and settings."""

    def fit(self, support, settings):
        self.fitted = [*getattr(self, "fitted", []), (support.user, len(support.images), support.draw)]
        return (support.user, len(support.images), settings["lr_multiplier"])


@pytest.fixture
def table():
    """User 0 rated 40 images, users 1 and 2 twenty."""
    user = np.repeat([0, 1, 2], [40, 20, 20])
    image = np.concatenate([np.arange(40), np.arange(20), np.arange(20)])
    return table_of(user, image, image % 5 / 4, ["a", "b", "c"], numbered("p", 40, 2), database="t")


@pytest.fixture
def weigh(table, monkeypatch):
    monkeypatch.setattr(module, "fused_weights", lambda user, images: np.array([*user, len(images)], float))
    chosen = {k: {"lr_multiplier": k / 10} for k in (5, 10, 30)}

    def run(shots, traits=(), **changes):
        personalizer = Weighing()
        rows = np.arange(table.ratings)
        found = fused_users(table, rows, shots, replace(PROTOCOL, **changes), "PA_IAA", personalizer, chosen, traits)
        return found, personalizer

    return run


def test_everybody_is_fitted_once_at_the_most_shots(weigh):
    found, personalizer = weigh([5, 10])
    assert (found.method, found.shots) == ("PA_IAA", 10)
    assert found.weights.tolist() == [[0, 10, 1, 30], [1, 10, 1, 10], [2, 10, 1, 10]]
    assert found.users == tuple(map(hashed, "abc"))
    assert personalizer.fitted == [(0, 10, 0), (1, 10, 0), (2, 10, 0)]


def test_who_has_too_few_ratings_is_left_out(weigh):
    found, _ = weigh([10, 30])
    assert (found.shots, found.users) == (30, (hashed("a"),))
    found, _ = weigh([10, 30], min_query=11)  # nobody has 41, user 0 alone has 21
    assert (found.shots, found.users) == (10, (hashed("a"),))
    assert weigh([30], min_query=100)[0] is None


def test_lines_name_traits_where_they_fit(weigh):
    lines = weigh([10], "OCEA")[0].lines()
    assert lines[0] == {"method": "PA_IAA", "shots": 10, "user": hashed("a"), "trait": "O", "weight": 0.0}
    assert len(lines) == 12
    assert [line["trait"] for line in weigh([10], "OC")[0].lines()[:2]] == ["trait 1", "trait 2"]


def test_without_a_fusion_nobody_else_is_fitted(weigh, monkeypatch):
    monkeypatch.setattr(module, "fused_weights", lambda user, images: None)
    found, personalizer = weigh([5, 10])
    assert found is None
    assert len(personalizer.fitted) == 1
