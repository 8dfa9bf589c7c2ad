"""Splits: nobody and nothing in two parts, the same whatever the order of files, and what each rule promises."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib import resources
from itertools import combinations

import numpy as np
import pytest
from rating_tables import table_of

from piaa_lightning.data import splits
from piaa_lightning.data.readers import ava as ava_reader
from piaa_lightning.data.readers import flickr_aes as flickr_aes_reader
from piaa_lightning.data.readers import psychoflickr as psychoflickr_reader
from piaa_lightning.errors import UserError
from piaa_lightning.simulation import embedded

PARTS = ("train", "val", "test")


def make(pairs, lists=None, images=None, database="made up"):
    """A table of (user, image) pairs of names; scores do not matter to splits."""
    image_ids = sorted(images or {image for _, image in pairs})
    user_ids = sorted({user for user, _ in pairs})
    lists = {name: np.array([image_ids.index(i) for i in ids]) for name, ids in (lists or {}).items()}
    user = [user_ids.index(user) for user, _ in pairs]
    image = [image_ids.index(image) for _, image in pairs]
    return table_of(user, image, [0.5] * len(pairs), user_ids, image_ids, database=database, image_lists=lists)


def dense(users=20, images=50, lists=None):
    return make([(f"u{u:02}", f"i{i:02}") for u in range(users) for i in range(images)], lists)


def workers(test=3, training=12, own=90, shared=40, free=120):
    """FLICKR-AES in small: each test user rates some images of their own; training users rate much."""
    pairs = [(f"T{t}", f"t{t}-{i:03}") for t in range(test) for i in range(own)]
    for u in range(training):
        pairs += [(f"W{u:02}", f"t0-{i:03}") for i in range(shared)]
        pairs += [(f"W{u:02}", f"free{i:03}") for i in range(free)]
        pairs += [(f"W{u:02}", f"w{u:02}-{i:03}") for i in range(100)]
    return make(pairs)


def renumbered(table):
    """The same facts with rows, images and users in another order."""
    rng = np.random.default_rng(3)
    rows = rng.permutation(table.ratings)
    images, users = rng.permutation(table.images), rng.permutation(table.users)
    image_place, user_place = np.argsort(images), np.argsort(users)
    return replace(
        table,
        image_ids=table.image_ids[images],
        image_files=table.image_files[images],
        user_ids=table.user_ids[users],
        user=user_place[table.user][rows],
        image=image_place[table.image][rows],
        score=table.score[rows],
        image_lists={name: np.sort(image_place[members]) for name, members in table.image_lists.items()},
    )


def listed(tmp_path, *names):
    path = tmp_path / "workers.sha256"
    path.write_text("".join(hashlib.sha256(name.encode()).hexdigest() + "\n" for name in names))
    return path


def assert_disjoint(split):
    for members in (split.users, split.images):
        for first, second in combinations(PARTS, 2):
            assert not set(members(first)) & set(members(second))


RULES = {
    "flickr_aes, fallback": (workers(), splits.flickr_aes, {}),
    "users_and_images": (dense(), splits.users_and_images, {"min_ratings": 5}),
    "users_and_images by list": (
        dense(lists={"g=1": [f"i{i:02}" for i in range(20)]}),
        splits.users_and_images,
        {"test_images": "g=1", "min_ratings": 5},
    ),
    "ava": (dense(lists={"generic_test": ["i03", "i07"]}), splits.ava, {}),
    "random_images": (dense(), splits.random_images, {}),
    "users_only": (make([(f"u{u}", f"u{u}/{i}") for u in range(10) for i in range(4)]), splits.users_only, {}),
}


@pytest.mark.parametrize(("table", "rule", "options"), RULES.values(), ids=RULES.keys())
def test_every_rule_is_disjoint_and_knows_ids_not_orders(table, rule, options):
    split = rule(table, **options)
    assert split.check(table) is split
    assert_disjoint(split)
    other = renumbered(table)
    assert rule(other, **options).hash(other) == split.hash(table)
    assert rule(table, **options).hash(table) == split.hash(table)
    assert rule(table, **options, seed=1).hash(table) != split.hash(table)
    assert len(split.hash(table)) == 16
    assert sum(len(split.images(part)) for part in PARTS) == table.images
    for part in PARTS:
        rows = split.rows(table, part)
        expected = [
            row
            for row in range(table.ratings)
            if table.user[row] in set(split.users(part).tolist())
            and table.image[row] in set(split.images(part).tolist())
        ]
        assert rows.tolist() == expected
        assert rows.dtype == np.int64


def test_the_hash_is_of_this_text():
    """Frozen, because results are compared by it: SHA-256 of the parts' counts and ids."""
    table = make([("u", "a"), ("v", "b"), ("w", "c")])
    one = [np.array([n]) for n in range(3)]
    split = splits.Split("", *one, *one)
    text = "".join(
        f"{part} users 1\n{user}\n{part} images 1\n{image}\n"
        for part, user, image in (("train", "u", "a"), ("val", "v", "b"), ("test", "w", "c"))
    )
    assert split.hash(table) == hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (([0], [0], [2], [0], [1], [2]), "1 users are in both train and val .first: u"),
        (([0], [1], [2], [0], [1], [0, 2]), "1 images are in both train and test .first: a"),
        (([0], [1], [2], [0], [1, 2], [2]), "1 images are in both val and test .first: c"),
        (([1, 0], [], [2], [0], [1], [2]), "train users are not sorted"),
        (([0, 0], [], [2], [0], [1], [2]), "train users are not sorted, unique"),
        (([0], [1], [2], [0], [1], [3]), "test images are not sorted, unique indices below 3"),
        (([-1], [1], [2], [0], [1], [2]), "train users"),
    ],
)
def test_overlaps_stop(parts, sentence):
    table = make([("u", "a"), ("v", "b"), ("w", "c")])
    split = splits.Split("", *[np.array(part, dtype=np.int64) for part in parts])
    with pytest.raises(UserError, match=sentence):
        split.check(table)


# FLICKR-AES


def test_the_listed_workers_are_the_test_users(tmp_path):
    table = workers()
    split = splits.flickr_aes(table, test_workers=listed(tmp_path, "T1", "W03"))
    assert table.user_ids[split.test_users].tolist() == ["T1", "W03"]
    assert split.description.startswith("the 2 listed test workers")
    rated = {
        image for user, image in zip(table.user, table.image, strict=True) if table.user_ids[user] in ("T1", "W03")
    }
    assert set(split.test_images.tolist()) == rated
    assert len(split.rows(table, "test")) == 90 + 260
    trained = table.image_ids[split.train_images]
    assert not [name for name in trained if name.startswith(("free", "t1", "w03"))]


def test_without_the_listed_workers_others_stand_in_and_it_says_so(tmp_path):
    table = workers()
    split = splits.flickr_aes(table, test_workers=listed(tmp_path, "T0", "elsewhere"))
    assert split.description.startswith("NOT the published test workers (1 of 2 are there): 3 users with 80 to 240")
    assert table.user_ids[split.test_users].tolist() == ["T0", "T1", "T2"]  # W.. gave 260


def test_no_more_than_37_stand_in():
    table = make([(f"T{t}", f"t{t}-{i}") for t in range(40) for i in range(80)] + [("W", f"w{i}") for i in range(300)])
    split = splits.flickr_aes(table, val_users=0)
    assert len(split.test_users) == 37
    assert len(split.val_users) == len(split.val_images) == 0


def test_the_packaged_list():
    lines = resources.files("piaa_lightning.data").joinpath("flickr_aes_test_workers.sha256").read_text().split()
    assert len(set(lines)) == 37
    assert all(len(bytes.fromhex(line)) == 32 for line in lines)


def test_validation_is_drawn_from_training_users_and_withheld_from_all(tmp_path):
    table = workers()
    split = splits.flickr_aes(table, test_workers=listed(tmp_path, "T0", "T1", "T2"), val_ratings_per_user=25)
    assert len(split.val_users) == 3  # a quarter of the 12 training users
    assert 25 <= len(split.val_images) <= 75
    counts = np.bincount(table.user[split.rows(table, "val")], minlength=table.users)[split.val_users]
    assert (counts >= 25).all()
    trained = split.rows(table, "train")
    assert not np.isin(table.image[trained], split.val_images).any()
    assert not np.isin(table.image[trained], split.test_images).any()
    assert not np.isin(table.user[trained], np.concatenate([split.val_users, split.test_users])).any()


def test_validation_takes_at_most_a_third_of_the_free_images(tmp_path):
    table = make(
        [("T", f"t{i}") for i in range(90)] + [(f"W{u}", f"f{i:02}") for u in range(8) for i in range(60)],
    )
    split = splits.flickr_aes(table, test_workers=listed(tmp_path, "T"))
    assert len(split.val_users) == 2
    assert 10 <= len(split.val_images) <= 20


@pytest.mark.parametrize(
    ("table", "options", "sentence"),
    [
        (make([("T", f"t{i}") for i in range(90)]), {}, "nobody or nothing to learn from"),
        (dense(3, 20), {}, "use the split users_and_images"),
        (workers(), {"test_workers": "/nowhere"}, "/nowhere cannot be read"),
        (workers(), {"val_users": -1}, "val_users=-1 is negative"),
        (workers(), {"val_ratings_per_user": 0}, "must be at least 1"),
        (workers(training=8, free=0, shared=300, own=300), {}, "nobody has 80 to 240"),
    ],
)
def test_flickr_aes_mistakes(table, options, sentence):
    with pytest.raises(UserError, match=sentence):
        splits.flickr_aes(table, **options)


@pytest.mark.parametrize("text", ["", "abc\n", "g" * 64])
def test_a_list_that_is_no_list(tmp_path, text):
    path = tmp_path / "list"
    path.write_text(text)
    with pytest.raises(UserError, match="64 hex digits per line"):
        splits.flickr_aes(workers(), test_workers=path)


def test_too_few_validation_users(tmp_path):
    pairs = [("T", f"t{i}") for i in range(90)] + [(f"W{u}", f"f{i}") for u in range(8) for i in range(19)]
    path = listed(tmp_path, "T")
    with pytest.raises(UserError, match=r"0 training users have 20 ratings .* set val_users to that or less"):
        splits.flickr_aes(make(pairs), test_workers=path)
    assert len(splits.flickr_aes(make(pairs), val_users=0, test_workers=path).train_images) == 19


@pytest.mark.slow
def test_the_embedded_flickr_aes(tmp_path):
    table = flickr_aes_reader.read(embedded.ensure("flickr_aes", "tiny", tmp_path, 0))
    assert table.dropped["duplicated ratings"] == 1
    split = splits.flickr_aes(table)
    assert len(split.test_users) == 6
    assert split.description.startswith("NOT the published test workers (0 of 37 are there): 6 users")
    assert all(len(split.rows(table, part)) > 100 for part in PARTS)
    per_user = np.bincount(table.user, minlength=table.users)[split.test_users]
    assert ((per_user >= 112) & (per_user <= 180)).all()


# Dense tables


def test_shares_are_of_everybody_and_everything():
    split = splits.users_and_images(dense(), min_ratings=5)
    assert [len(split.users(part)) for part in PARTS] == [12, 4, 4]
    assert [len(split.images(part)) for part in PARTS] == [20, 10, 20]
    assert len(split.rows(dense(), "test")) == 4 * 20


def test_counts_instead_of_shares():
    split = splits.users_and_images(dense(), test_users=1, val_users=3, test_images=9, val_images=0.5, min_ratings=1)
    assert [len(split.users(part)) for part in PARTS] == [16, 3, 1]
    assert [len(split.images(part)) for part in PARTS] == [16, 25, 9]


def test_named_lists_are_held_out():
    table = dense(lists={"g=1": ["i01", "i02"], "g=2": ["i03"], "g=3": ["i02", "i09"]})
    split = splits.users_and_images(table, test_images=["g=1", "g=2"], val_images="g=3", min_ratings=1)
    assert table.image_ids[split.test_images].tolist() == ["i01", "i02", "i03"]
    assert table.image_ids[split.val_images].tolist() == ["i09"]


def test_only_users_with_enough_ratings_are_held_out():
    pairs = [(f"u{u}", f"i{i:02}") for u in range(10) for i in range(10)]
    pairs += [(f"busy{u}", f"i{i:02}") for u in range(4) for i in range(50)]
    table = make(pairs, lists={"last": [f"i{i:02}" for i in range(30, 50)]})
    split = splits.users_and_images(table, test_users=2, val_users=2, test_images="last", val_images=25, min_ratings=15)
    held = table.user_ids[np.concatenate([split.test_users, split.val_users])]
    assert sorted(held) == ["busy0", "busy1", "busy2", "busy3"]
    with pytest.raises(UserError, match=r"test_users=5 asks for 5 users and 4 gave at least 15 ratings to the 20 test"):
        splits.users_and_images(table, test_users=5, test_images="last", min_ratings=15)


def test_the_order_of_two_users_does_not_depend_on_a_third():
    few, many = dense(20), dense(21)
    first = splits.users_and_images(few, test_users=5, min_ratings=1)
    second = splits.users_and_images(many, test_users=5, min_ratings=1)
    joined = set(few.user_ids[first.test_users]) ^ set(many.user_ids[second.test_users])
    assert len(joined) <= 2  # the newcomer takes at most one place


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"test_images": "g"}, "has no list of images g for test_images .it has none"),
        ({"test_images": 51}, "asks for 51 images and 50 are left"),
        ({"test_images": 0.9, "val_images": 0.2}, "val_images=0.2 asks for 10 images and 5 are left"),
        ({"test_users": -0.1}, "neither a share in 0..1 nor a whole number"),
        ({"test_users": 1.5}, "neither a share in 0..1 nor a whole number"),
        ({"test_users": 15, "val_users": 5}, "leaves none to learn from"),
        ({"test_images": 25, "val_images": 25}, "leaves none to learn from"),
        ({"min_ratings": 21}, "4 users and 0 gave at least 21 ratings to the 20 test images"),
    ],
)
def test_users_and_images_mistakes(options, sentence):
    with pytest.raises(UserError, match=sentence):
        splits.users_and_images(dense(), **{"min_ratings": 1, **options})


# Images only, users only


def test_avas_official_test_list():
    table = dense(lists={"generic_test": ["i03", "i07"]})
    split = splits.ava(table, val_images=0.1)
    assert table.image_ids[split.test_images].tolist() == ["i03", "i07"]
    assert (len(split.val_images), len(split.train_images)) == (5, 43)
    assert "official generic_test" in split.description


def test_ava_without_its_list_names_the_alternative():
    with pytest.raises(UserError, match="use the split random_images"):
        splits.ava(dense())


def test_random_images_needs_no_ratings():
    table = make([], images=[f"i{i:02}" for i in range(40)])
    split = splits.random_images(table)
    assert [len(split.images(part)) for part in PARTS] == [30, 2, 8]
    with pytest.raises(UserError, match="no ratings of single users"):
        splits.users_only(table)
    with pytest.raises(UserError, match="every one of its 40 images is held out"):
        splits.random_images(table, test_images=20, val_images=20)


def test_images_follow_their_users():
    table = make([(f"u{u}", f"u{u}/{i}") for u in range(10) for i in range(4)])
    split = splits.users_only(table)
    assert [len(split.users(part)) for part in PARTS] == [7, 1, 2]
    for part in PARTS:
        owners = {name.split("/")[0] for name in table.image_ids[split.images(part)]}
        assert owners == set(table.user_ids[split.users(part)])
        assert len(split.rows(table, part)) == 4 * len(split.users(part))


def test_an_image_that_two_parts_share_is_never_trained_on():
    table = make([(f"u{u}", name) for u in range(10) for name in (f"u{u}/own", "shared")])
    split = splits.users_only(table)
    assert "shared" in table.image_ids[split.test_images]
    assert_disjoint(split)


@pytest.mark.parametrize(
    ("table", "options", "sentence"),
    [
        (make([("a", "x"), ("b", "y")]), {"test_users": 1, "val_users": 1}, "leave none of 2 to learn from"),
        (dense(5, 4), {}, "held-out users rated every image"),
    ],
)
def test_users_only_mistakes(table, options, sentence):
    with pytest.raises(UserError, match=sentence):
        splits.users_only(table, **options)


@pytest.mark.slow
def test_the_embedded_ava(tmp_path):
    table = ava_reader.read(embedded.ensure("ava", "tiny", tmp_path, 0))
    split = splits.ava(table)
    assert [len(split.images(part)) for part in PARTS] == [300, 20, 80]
    assert set(split.test_images.tolist()) == set(table.image_lists["generic_test"].tolist())
    np.testing.assert_allclose(table.distribution.sum(axis=1), 1, rtol=1e-5)


def test_the_embedded_psychoflickr(tmp_path):
    table = psychoflickr_reader.read(embedded.ensure("psychoflickr", "tiny", tmp_path, 0), trait_range=[1, 5])
    split = splits.users_only(table)
    assert [len(split.users(part)) for part in PARTS] == [9, 1, 2]
    assert [len(split.rows(table, part)) for part in PARTS] == [108, 12, 24]  # twelve favourites each
    assert np.abs(table.traits).max() <= 1
