from piaa_lightning.data.validation.image_facts import alike, image_facts
from piaa_lightning.data.validation.manifest import ImageFile, Manifest
from piaa_lightning.data.validation.rating_facts import Spread


def test_groups_of_equal_keys():
    assert alike(["x", "", "y", "x", "", "x"]) == [[0, 3, 5]]


def test_facts_by_hand(make_table):
    files = {
        "a.jpg": ImageFile("1", 10, 20, "RGB"),
        "b.jpg": ImageFile("2", 0, 0, "", "b.jpg: cut off."),
        "d.jpg": ImageFile("1", 30, 40, "L"),
    }
    facts = image_facts(make_table([]), Manifest("key", files, evaluated=1))
    assert (facts.images, facts.evaluated, facts.reused) == (4, 3, 2)
    assert facts.unreadable == {1: "b.jpg: cut off."}
    assert (facts.width, facts.height) == (Spread(10, 20.0, 30), Spread(20, 30.0, 40))
    assert facts.modes == {"RGB": 1, "L": 1}
    assert facts.same_bytes == [[0, 3]]


def test_files_that_could_not_be_read_are_not_each_others_copies(make_table):
    files = {name: ImageFile("", 0, 0, "", "no") for name in ("a.jpg", "b.jpg")}
    assert image_facts(make_table([]), Manifest("key", files)).same_bytes == []


def test_one_photo_under_two_names_is_found_without_opening_it(make_table):
    names = ["farm1_2_333_abc.jpg", "farm9_8_444_abc.jpg", "farm5_6_333_fed_b.jpg"]
    facts = image_facts(make_table([], names), Manifest("key", {}))
    assert facts.same_photo == [[0, 2]]
    assert facts.width is None
