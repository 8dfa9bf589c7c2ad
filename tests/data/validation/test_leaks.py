from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rating_tables import table_of

from piaa_lightning.data.ratings import Scale
from piaa_lightning.data.splits import Split
from piaa_lightning.data.validation.leaks import refuse_shared_photos, shared_photos, without_shared_photos
from piaa_lightning.errors import UserError


def table(database, files):
    return table_of([], [], [], [], files, database=database, root=Path("nowhere"), scale=Scale(0, 1))


def split(train, val, test):
    nobody = np.zeros(0, dtype=np.int64)
    return Split("by hand", nobody, nobody, nobody, *(np.array(part, dtype=np.int64) for part in (train, val, test)))


TEST = table("flickr_aes", ["40K/farm1_2_10_ab.jpg", "40K/farm1_2_11_ab.jpg", "40K/farm1_2_12_ab.jpg", "40K/odd.jpg"])
LEARNT = table("aadb", ["farm3_4_12_cd_b.jpg", "farm3_4_99_cd_b.jpg", "farm3_4_10_cd_b.jpg", "odd.jpg"])
ALL = np.arange(4)
# Of LEARNT, image 0 is photo 12 and image 2 is photo 10; of TEST, these are images 2 and 0.
EVALUATED = split([1], [2], [0, 3])


def parts(found):
    return [found.images(part).tolist() for part in ("train", "val", "test")]


def test_photos_are_found_under_other_names_and_only_among_the_given_ones():
    assert shared_photos(LEARNT, ALL, TEST, ALL).tolist() == [0, 2]
    assert shared_photos(LEARNT, ALL, TEST, ALL[:2]).tolist() == [2]  # photo 12 is no test image
    assert shared_photos(LEARNT, ALL[1:2], TEST, ALL).tolist() == []


@pytest.mark.parametrize(
    ("learnt", "left", "counts"),
    [
        (split([0, 1, 2, 3], [], []), [[1, 3], [], []], "2 training and 0 validation"),
        (split([0, 1], [2, 3], []), [[1], [3], []], "1 training and 1 validation"),  # photo 10 is tested there
        (split([1], [0, 3], [2]), None, ""),  # photo 12 validates here and there; the test images are not learnt from
        (split([1, 3], [], [0, 2]), None, ""),
    ],
)
def test_what_is_evaluated_on_elsewhere_is_left_out_and_counted(learnt, left, counts):
    found = without_shared_photos(LEARNT, learnt, TEST, EVALUATED)
    if left is None:
        assert found is learnt
        refuse_shared_photos(LEARNT, learnt, TEST, EVALUATED)
        return
    assert parts(found) == left
    assert found.description == f"by hand, less {counts} images that are evaluated on in flickr_aes"
    assert found.check(LEARNT).hash(LEARNT) != learnt.hash(LEARNT)
    refuse_shared_photos(LEARNT, found, TEST, EVALUATED)
    with pytest.raises(
        UserError,
        match=rf"^{counts} images of aadb are evaluated on in flickr_aes \(first: farm3.*on_shared_photos=drop",
    ):
        refuse_shared_photos(LEARNT, learnt, TEST, EVALUATED)


def test_a_database_s_own_split_shares_nothing_with_itself():
    assert without_shared_photos(TEST, EVALUATED, TEST, EVALUATED) is EVALUATED


def test_another_split_of_the_same_database_does():
    assert parts(without_shared_photos(TEST, split([0, 1, 2], [], [3]), TEST, EVALUATED)) == [[1], [], [3]]


def test_eva_and_ava_number_alike_and_others_do_not():
    ava, eva = table("ava", ["images/7.jpg", "images/8.jpg"]), table("eva, EVA", ["EVA_together/8.jpg"])
    mine = replace(eva, database="ratings_csv, mine")
    assert shared_photos(ava, ALL[:2], eva, ALL[:1]).tolist() == [1]
    assert shared_photos(mine, ALL[:1], eva, ALL[:1]).tolist() == []
