from importlib.util import find_spec

import pytest

from piaa_lightning.data.validation.published_counts import PUBLISHED


@pytest.mark.parametrize("database", PUBLISHED)
def test_every_entry_says_something_and_where_from(database):
    published = PUBLISHED[database]
    assert published.source
    assert any((published.images, published.users, published.ratings))


@pytest.mark.parametrize("database", sorted(set(PUBLISHED) - {"oasis"}))
def test_every_entry_is_of_a_database_that_is_read(database):
    assert find_spec(f"piaa_lightning.data.readers.{database}")  # a misspelt key would silently compare nothing


def test_parts_add_up():
    assert PUBLISHED["aadb"].images == 8458 + 500 + 1000
    assert PUBLISHED["para"].images == 28220 + 3000
    assert PUBLISHED["lapis"].images == 8205 + 1173 + 2345
    assert PUBLISHED["psychoflickr"].images == 300 * 200
