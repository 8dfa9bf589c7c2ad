import numpy as np
import pytest

from piaa_lightning.data.splits import Split
from piaa_lightning.data.validation.known_faults import refuse_known_faults
from piaa_lightning.data.validation.manifest import ImageFile, Manifest
from piaa_lightning.errors import UserError

NOTHING = Manifest("", {})


def image_split(train, val, test):
    nobody = np.zeros(0, dtype=np.int64)
    images = (np.array(part, dtype=np.int64) for part in (train, val, test))
    return Split("by hand", nobody, nobody, nobody, *images)


def manifest(broken=(), **digests):
    files = {f"{name}.jpg": ImageFile(digest, 1, 1, "RGB") for name, digest in digests.items()}
    files |= {f"{name}.jpg": ImageFile("", 0, 0, "", f"{name}.jpg: cut off.") for name in broken}
    return Manifest("key", files)


SPLIT = image_split([0, 1], [2], [3])


def test_nothing_known_is_nothing_against_it(make_table):
    refuse_known_faults(make_table([]), SPLIT, NOTHING, 0.0)


@pytest.mark.parametrize("allowed", [0.0, 0.25, 0.49])
def test_more_broken_images_than_allowed(make_table, allowed):
    sentence = r"earlier check found 2 of 4 images .*max_broken=.* \(first: a\.jpg: cut off\).*raise data\.max_broken"
    with pytest.raises(UserError, match=sentence):
        refuse_known_faults(make_table([]), SPLIT, manifest(["a", "c"], b="1"), allowed)


def test_as_many_broken_images_as_allowed(make_table):
    refuse_known_faults(make_table([]), SPLIT, manifest(["a", "c"], b="1", d="2"), 0.5)


@pytest.mark.parametrize(("twin", "parts"), [("d", "train and test"), ("c", "train and val")])
def test_the_same_bytes_in_two_parts(make_table, twin, parts):
    sentence = (
        rf"^nowhere: 1 times one image .*byte for byte \(first: a\.jpg and {twin}\.jpg, in {parts}\).*; remove one"
    )
    with pytest.raises(UserError, match=sentence):
        refuse_known_faults(make_table([]), SPLIT, manifest(a="1", b="2", **{twin: "1"}), 0.0)


def test_the_same_bytes_in_one_part_or_in_none(make_table):
    found = manifest(a="1", b="1", c="2", d="2")
    refuse_known_faults(make_table([]), image_split([0, 1], [2], []), found, 0.0)


def test_one_photo_under_two_names_needs_no_check(make_table):
    names = ["farm1_2_333_abc.jpg", "farm9_8_444_abc.jpg", "farm1_2_555_abc.jpg", "farm5_6_333_fed_b.jpg"]
    table = make_table([], names)
    with pytest.raises(UserError, match=r"id of the image.*first: farm1_2_333_abc\.jpg and farm5_6_333_fed_b"):
        refuse_known_faults(table, SPLIT, NOTHING, 0.0)
    refuse_known_faults(table, image_split([0, 1, 3], [], [2]), NOTHING, 0.0)
