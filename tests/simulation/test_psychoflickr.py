from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.simulation import psychoflickr
from piaa_lightning.simulation.latent import draw_image, stream
from piaa_lightning.simulation.population import draw_users, features


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("psychoflickr")
    psychoflickr.write(folder, "tiny", 0)
    return folder


@pytest.fixture(scope="module")
def traits(root):
    with (root / "traits.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_user_has_a_folder_of_favourites_and_a_row_of_traits(root, traits):
    folders = {path.name for path in root.iterdir() if path.is_dir()}
    assert folders == {row["user"] for row in traits}
    assert len(folders) == 12
    for folder in folders:
        images = list((root / folder).glob("*.jpg"))
        assert len(images) == 12
        with Image.open(images[0]) as image:
            assert max(image.size) == 72


def test_traits_are_on_the_scale_that_the_note_states(root, traits):
    assert list(traits[0]) == ["user", *"OCEAN", *(f"self_{trait}" for trait in "OCEAN")]
    values = np.array([[float(value) for name, value in row.items() if name != "user"] for row in traits])
    assert values.min() >= 1
    assert values.max() <= 5
    assert np.array_equal(values[:, 5:] * 2, np.round(values[:, 5:] * 2))
    assert "from 1 to 5" in (root / "EMBEDDED.md").read_text()


@pytest.mark.slow
def test_attributed_traits_are_nearer_to_the_simulated_ones_than_self_assessed():
    data = psychoflickr.simulate("demo", 0)
    true = draw_users(stream(0, psychoflickr.NAME, "people"), 300).traits
    seen = [np.corrcoef(true.ravel(), values.ravel())[0, 1] for values in (data.attributed, data.own)]
    assert seen == [pytest.approx(0.9, abs=0.05), pytest.approx(0.75, abs=0.07)]


def test_favourites_are_liked_better_than_what_else_was_seen():
    data = psychoflickr.simulate("tiny", 0)
    users = draw_users(stream(0, psychoflickr.NAME, "people"), 12)
    for user in range(12):
        pool = range(user * 60, user * 60 + 60)
        taste = features([draw_image(0, psychoflickr.NAME, number) for number in pool]) @ users.weights[user]
        chosen = np.isin(pool, data.numbers[user])
        assert chosen.sum() == 12
        assert taste[chosen].mean() > taste[~chosen].mean() + 0.5


def test_truth_names_every_favourite_once(root):
    with (root / "truth.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["image"] for row in rows}) == len(rows) == 144
    assert all((root / row["image"]).is_file() and row["image"].startswith(row["user"] + "/") for row in rows)
    assert all(1 <= float(row["score"]) <= 5 for row in rows)
