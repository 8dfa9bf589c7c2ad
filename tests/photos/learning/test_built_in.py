"""The model out of the box: what it is, and what it is worth where real photographs are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import read_photos, shelf_of
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learning.built_in import CHOSEN, REFERENCE_IMAGES, built_in_model, open_model
from piaa_lightning.photos.learning.folder_prior import FolderPrior
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.published_model import load_prior
from piaa_lightning.photos.results.cards import prior_card
from piaa_lightning.photos.results.ranking import order_of
from piaa_lightning.photos.stars.ratings import STARS

pytestmark = pytest.mark.slow


# Directories of real photographs, which are no part of the project: they lie beside it, or where these say.
BESIDE = Path(__file__).parents[4] / "shared" / "data"
OASIS = Path(os.environ.get("PIAA_OASIS", BESIDE / "oasis_beauty"))
FREE = Path(os.environ.get("PIAA_FREE_PHOTOGRAPHS", BESIDE / "free_photographs"))
PEOPLE, RATINGS = 20, 10


@pytest.fixture(scope="module")
def model():
    return built_in_model()


def test_it_holds_two_networks_and_a_reference_of_their_features(model):
    assert model.networks.names == ["mobilenetv2", "nima"]
    assert model.networks.features == 2304
    assert isinstance(model.population, FolderPrior)
    assert model.population.chosen == CHOSEN
    assert model.population.reference.count == REFERENCE_IMAGES
    assert model.population.reference.mean.shape == (2305,)
    assert bool((model.population.reference.variance > 0).all())


def test_the_same_model_every_time_and_through_a_directory(model, tmp_path):
    assert built_in_model().hash == model.hash
    model.save(tmp_path, prior_card(model, {}))
    assert load_prior(tmp_path).hash == model.hash
    found, note = open_model(str(tmp_path))
    assert (found.hash, note) == (model.hash, "")
    assert open_model(None)[1].startswith("The first order is what people")


def test_gradients_reach_the_pixels_through_both_networks(model):
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    seen = model.networks.look_at_all([model.networks.squares(pixels)])
    rated = PhotoFeatures.joined([seen, PhotoFeatures(seen.values * 0.9, seen.score * 0.9)])
    folder = shelf_statistics(rated)
    personal = PersonalModel(model.population.process(folder), rated, torch.tensor([1.0, 0.0]))
    images = model.networks.prepare(pixels).requires_grad_()
    followed = model.networks.follow(images)
    assert torch.allclose(followed.values, seen.values, atol=1e-3)
    personal.score(followed).sum().backward()
    assert float(images.grad.abs().sum()) > 0


def shelf_statistics(seen):
    from piaa_lightning.photos.images.folder_statistics import FolderStatistics

    return FolderStatistics.of(seen)


@pytest.mark.skipif(not FREE.is_dir(), reason="there are no photographs that may be shown here")
@pytest.mark.parametrize("copy", [(1000, "png", {}), (400, "png", {}), (1000, "jpeg", {"quality": 90})])
def test_the_size_of_the_file_moves_an_order_less_than_noise_does(model, tmp_path, copy):
    """What one photograph gets at another size differs by less than photographs differ."""
    width, kind, options = copy
    files = sorted(FREE.glob("*.jpg"))[:6]
    seen = []
    for file in files:
        small = tmp_path / f"{file.stem}.{kind}"
        image = to_image(open_photo(file).pixels)
        image.resize((width, round(image.height * width / image.width))).save(small, **options)
        networks = model.networks
        seen.append(networks.look_at_all([networks.squares(open_photo(path, 448).pixels) for path in (file, small)]))
    apart = [abs(float(both.score[0] - both.score[1])) for both in seen]
    originals = torch.stack([both.score[0] for both in seen])
    assert np.mean(apart) < 0.5 * float(originals.std())
    values = torch.stack([both.values[:, :] for both in seen]).double()
    between = values[:, 0].var(dim=0).mean()
    assert float((values[:, 0] - values[:, 1]).square().mean()) < 0.25 * float(between)


def to_image(pixels):
    from PIL import Image

    return Image.fromarray(pixels)


@pytest.mark.skipif(not OASIS.is_dir(), reason="OASIS, which may not be passed on, is not here")
def test_ten_stars_bring_the_order_nearer_to_a_person(model, tmp_path):
    """Mean SROCC over twenty people whom nothing was chosen on rises, through all of the library."""
    images = pd.read_csv(OASIS / "images.csv")
    files = images.file[images.subset == "subset4"].tolist()
    told = pd.read_csv(OASIS / "ratings.csv")
    told = told[told.file.isin(files)]
    store = Store(tmp_path / "seen.sqlite")
    shelf = shelf_of(model.networks, store, list(read_photos(model.networks, store, OASIS / "images", files)))
    store.close()
    process = model.population.process(shelf.statistics)
    place = {file: number for number, file in enumerate(shelf.files)}
    before, after = [], []
    for user in sorted(told.rater.unique())[:PEOPLE]:
        own = told[told.rater == user]
        numbers = own.file.map(place).to_numpy()
        scores = ((own.beauty - 1) / 6).to_numpy()
        drawn = np.random.default_rng(int(user)).permutation(len(numbers))
        support, query = drawn[:RATINGS], drawn[RATINGS:]
        for found, rated in ((before, support[:0]), (after, support)):
            personal = PersonalModel(process, shelf.seen[numbers[rated].tolist()], torch.from_numpy(scores[rated]))
            ranking = order_of(personal, shelf, STARS)
            found.append(float(srocc(-ranking.places[numbers[query]].astype(float), scores[query])))
    assert np.mean(before) > 0.2
    assert np.mean(after) > np.mean(before) + 0.005
