import pytest

from piaa_lightning.data.images.photo_ids import photo_ids
from piaa_lightning.simulation.flickr_aes import image_names


@pytest.mark.parametrize(
    ("database", "file", "photo"),
    [
        ("flickr_aes", "40K/farm1_26_36923624_0ef3a3d4b1.jpg", "flickr:36923624"),
        ("flickr_aes", "farm1_26_36923624_0ef3a3d4b1_b.jpg", "flickr:36923624"),
        ("aadb, embedded demo", "AADB/0.500_farm8_7_36923624_aa_b.JPG", "flickr:36923624"),
        ("ratings_csv, mine", "images/farm1_26_36923624_0ef3a3d4b1.png", "flickr:36923624"),
        ("ava", "images/953619.jpg", "dpchallenge:953619"),
        ("eva, embedded tiny", "EVA_together/953619.jpg", "dpchallenge:953619"),
        ("ratings_csv, mine", "images/953619.jpg", ""),
        ("para", "imgs/session1/iaa_pub1_.jpg", ""),
        ("flickr_aes", "40K/farm1_26_36923624.jpg", ""),
        ("flickr_aes", "40K/notafarm1_26_36923624_0ef3.jpg", ""),
    ],
)
def test_the_photograph_behind_a_file(database, file, photo):
    assert photo_ids(database, [file]) == [photo]


def test_every_name_of_the_embedded_flickr_aes_tells_its_own_photo():
    found = photo_ids("flickr_aes", image_names(0, 300).tolist())
    assert len(set(found)) == 300
    assert all(photo.startswith("flickr:") for photo in found)
