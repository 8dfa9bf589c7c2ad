from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.data.leaks import refuse_shared_photos, shared_photos
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.errors import UserError


def table(database, files):
    names = np.array(files, dtype=np.str_)
    nothing = np.zeros(0, dtype=np.int64)
    return RatingTable(
        database, Path("nowhere"), names, names, names[:0], nothing, nothing, np.zeros(0, dtype=np.float32), Scale(0, 1)
    )


TEST = table("flickr_aes", ["40K/farm1_2_10_ab.jpg", "40K/farm1_2_11_ab.jpg", "40K/farm1_2_12_ab.jpg", "40K/odd.jpg"])
LEARNT = table("aadb", ["farm3_4_12_cd_b.jpg", "farm3_4_99_cd_b.jpg", "farm3_4_10_cd_b.jpg", "odd.jpg"])
ALL = np.arange(4)


def test_photos_are_found_under_other_names_and_only_among_the_given_ones():
    assert shared_photos(LEARNT, ALL, TEST, ALL).tolist() == [0, 2]
    assert shared_photos(LEARNT, ALL, TEST, ALL[:2]).tolist() == [2]  # photo 12 is no test picture
    assert shared_photos(LEARNT, ALL[1:2], TEST, ALL).tolist() == []


def test_the_guard_names_how_many_and_the_first():
    with pytest.raises(
        UserError, match=r"^2 pictures of aadb are test pictures of flickr_aes \(first: farm3_4_12_cd_b"
    ):
        refuse_shared_photos(LEARNT, ALL, TEST, ALL)


def test_the_guard_lets_through_what_is_left_after_leaving_out_what_it_found():
    rest = np.setdiff1d(ALL, shared_photos(LEARNT, ALL, TEST, ALL))
    assert rest.tolist() == [1, 3]
    refuse_shared_photos(LEARNT, rest, TEST, ALL)


def test_eva_and_ava_number_alike_and_others_do_not():
    ava, eva = table("ava", ["images/7.jpg", "images/8.jpg"]), table("eva, EVA", ["EVA_together/8.jpg"])
    mine = table("ratings_csv, mine", ["images/8.jpg"])
    assert shared_photos(ava, ALL[:2], eva, ALL[:1]).tolist() == [1]
    assert shared_photos(mine, ALL[:1], eva, ALL[:1]).tolist() == []
