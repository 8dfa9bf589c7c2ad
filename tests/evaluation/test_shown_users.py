import numpy as np
import pytest
from rating_tables import numbered, table_of

from piaa_lightning.data.ratings import RatingTable, hashed
from piaa_lightning.evaluation.protocol import Protocol
from piaa_lightning.evaluation.shown_users import ExplainedImage, images_to_explain, shown_users

PROTOCOL = Protocol(repeats=3, min_query=2)


def table(rated: dict[str, list[int]]) -> RatingTable:
    """Users who rated images by number; a rating is drawn."""
    users = sorted(rated)
    user = np.concatenate([np.full(len(rated[name]), k) for k, name in enumerate(users)])
    image = np.concatenate([rated[name] for name in users]).astype(np.int64)
    score = np.random.default_rng(0).random(len(user)).astype(np.float32)
    return table_of(user, image, score, users, numbered("p", 60, 2))


@pytest.fixture
def rated():
    """a and c share twenty images, b and d hardly any."""
    return {"a": [*range(20)], "b": [*range(18, 40)], "c": [*range(21)], "d": [*range(38, 60)], "e": [1, 2, 3]}


def test_the_two_who_share_most_come_first_then_others_by_hash(rated):
    found = table(rated)
    shown = shown_users(found, np.arange(found.ratings), [4, 6], PROTOCOL, 4)
    assert shown.shots == 6
    names = [one.name for one in shown.users]
    assert names[:2] == sorted(map(hashed, "ac"))
    assert names[2:] == sorted(map(hashed, "bd")), "e has too few ratings"
    for one in shown.users:
        user = one.draw.user
        own = dict(zip(found.image[found.user == user], found.score[found.user == user], strict=True))
        assert len(one.draw.support) == 6
        assert one.draw.repeat == 0
        assert {int(k): v for k, v in zip(one.images, one.scores, strict=True)} == {
            int(k): v for k, v in own.items() if k not in found.image[one.draw.support]
        }


def test_nobody_is_shown_where_nobody_is_wanted_or_judged(rated):
    found = table(rated)
    rows = np.arange(found.ratings)
    assert shown_users(found, rows, [4], PROTOCOL, 0) is None
    assert shown_users(found, rows, [50], PROTOCOL, 3) is None
    assert len(shown_users(found, rows, [4], PROTOCOL, 1).users) == 1


def test_the_largest_number_of_shots_at_which_anybody_is_judged_counts(rated):
    found = table(rated)
    assert shown_users(found, np.arange(found.ratings), [4, 50], PROTOCOL, 2).shots == 4


def test_images_are_those_that_two_users_rated_most_differently(rated):
    found = table(rated)
    users = shown_users(found, np.arange(found.ratings), [4], PROTOCOL, 4).users
    chosen = images_to_explain(users, 11)
    assert len(chosen) == 3, "eleven maps are three images of three"
    one, other = (dict(zip(p.images.tolist(), p.scores.tolist(), strict=True)) for p in users[:2])
    gaps = {image: abs(one[image] - other[image]) for image in set(one) & set(other)}
    assert chosen == sorted(gaps, key=gaps.get, reverse=True)[:3]


def test_where_too_few_are_shared_the_best_and_the_worst_of_either_follow_in_turn(rated):
    found = table({"b": [*range(20)], "d": [*range(19, 40)]})
    users = shown_users(found, np.arange(found.ratings), [4], PROTOCOL, 2).users
    ratings = [dict(zip(user.images.tolist(), user.scores.tolist(), strict=True)) for user in users]
    shared = set(ratings[0]) & set(ratings[1])
    orders = [sorted(set(own) - shared, key=own.get, reverse=True) for own in ratings]
    turns = [orders[0][0], orders[1][0], orders[0][-1], orders[1][-1], orders[0][1]]
    assert images_to_explain(users, 15) == [*sorted(shared), *turns][:5]
    assert images_to_explain(users[:1], 4) == [
        max(ratings[0], key=ratings[0].get),
        min(ratings[0], key=ratings[0].get),
    ]
    assert images_to_explain(users, 2) == []
    assert images_to_explain([], 8) == []


def test_lines_name_users_by_hashes_and_images_by_ids(rated):
    found = table(rated)
    shown = shown_users(found, np.arange(found.ratings), [4], PROTOCOL, 2)
    shown.predicted["m"] = [np.full(len(user.images), 0.5, np.float32) for user in shown.users]
    lines = shown.lines()
    assert len(lines) == sum(len(user.images) for user in shown.users)
    assert lines[0] == {
        "method": "m", "shots": 4, "user": shown.users[0].name, "image": shown.users[0].image_ids[0],
        "score": float(shown.users[0].scores[0]), "predicted": 0.5,
    }  # fmt: skip
    shown.explains = "m"
    maps = np.zeros((2, 4, 4), np.float32)
    shown.explained.append(ExplainedImage(7, "p07", ("prior", "u"), (None, 0.25), (0.5, 0.75), maps, (0.1, 0.2)))
    assert shown.map_lines() == [
        {"method": "m", "shots": 4, "image": "p07", "whose": "prior", "score": "", "predicted": 0.5,
         "concentration": 0.1},
        {"method": "m", "shots": 4, "image": "p07", "whose": "u", "score": 0.25, "predicted": 0.75,
         "concentration": 0.2},
    ]  # fmt: skip
