"""Models that see colours, and folders of drawn images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf, read_photos, shelf_of
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learn import UserRatings, learn_population
from piaa_lightning.photos.learning.folder_prior import FolderNumbers, FolderPrior
from piaa_lightning.photos.learning.learnt_prior import LearntPrior
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.published_model import PublishedModel

FEATURES = 8
OPTIONS = {"width": 8, "features": FEATURES}
DESCRIPTION = [{"name": "small_cnn", "size": 16, "output": "pooled", "layer": "last", "options": OPTIONS}]
NUMBERS = FolderNumbers(
    slope=0.3, slope_variance=0.05, feature_variance=3.0, level_variance=0.5, noise=1.0, pretended=2.0
)


def make_networks(seed: int = 0) -> PhotoNetworks:
    torch.manual_seed(seed)
    return PhotoNetworks(build_backbone("small_cnn", None, 16, **OPTIONS), DESCRIPTION)


def make_folder_prior() -> FolderPrior:
    """One whose reference has a spread of its own."""
    drawn = torch.Generator().manual_seed(2)
    mean = torch.rand(FEATURES + 1, generator=drawn).double()
    return FolderPrior(NUMBERS, FolderStatistics(50.0, mean, (0.1 + mean) / 100), "tests")


def make_prior(seed: int = 0) -> PublishedModel:
    """One that measures features against the folder, as the model out of the box does."""
    config = {"name": "test model", "data": "drawn pictures", "command": "pytest", "versions": {}}
    return PublishedModel(make_networks(seed), make_folder_prior(), config)


def make_seen(count: int, seed: int = 0) -> PhotoFeatures:
    """What networks might have seen in images."""
    drawn = torch.Generator().manual_seed(seed)
    values = torch.rand(count, FEATURES, generator=drawn)
    return PhotoFeatures(values.half(), torch.rand(count, generator=drawn))


def make_users(seen: PhotoFeatures, count: int = 9) -> list[UserRatings]:
    """People with tastes of their own who rated most of these images with one to five stars."""
    random = np.random.default_rng(3)
    values = seen.values.double().numpy()
    common, users = random.normal(size=FEATURES), []
    for _ in range(count):
        liked = (values - values.mean(axis=0)) @ (common + random.normal(size=FEATURES))
        images = np.sort(random.permutation(len(seen))[: len(seen) * 3 // 4])
        stars = np.clip(np.round(3 + 2 * liked / liked.std() / 1.5), 1, 5)[images]
        users.append(UserRatings(images, stars))
    return users


def make_learnt_prior() -> LearntPrior:
    seen = make_seen(40, seed=5)
    return learn_population(seen, [FEATURES], make_users(seen), "tests")


def make_learnt_model(seed: int = 0) -> PublishedModel:
    return PublishedModel(make_networks(seed), make_learnt_prior(), make_prior().config)


def taste_of(prior: PublishedModel, shelf: Shelf, rated: list[int], scores: list[float]) -> PersonalModel:
    """The model of somebody who has rated images of a shelf, in [0, 1]."""
    process = prior.population.process(shelf.statistics)
    return PersonalModel(process, shelf.seen[rated], torch.tensor(scores, dtype=torch.float64))


@pytest.fixture(scope="session")
def prior() -> PublishedModel:
    return make_prior()


def draw(path: Path, colour: tuple[int, int, int], seed: int = 0, size: tuple[int, int] = (60, 40), **options) -> None:
    """Write an image of one colour with some noise, which tells it from others; of the kind that its name says."""
    random = np.random.default_rng(seed)
    noise = random.integers(-40, 41, (size[1], size[0], 3))
    pixels = (np.array(colour) + noise).clip(0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


RED, BLUE, GREEN = (200, 40, 40), (40, 40, 200), (40, 180, 60)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of eight red and eight blue images in two directories."""
    root = tmp_path / "photos"
    for number in range(8):
        draw(root / "red" / f"r{number}.jpg", RED, number)
        draw(root / "sea" / f"b{number}.jpg", BLUE, 100 + number)
    return root


@pytest.fixture
def store(tmp_path: Path):
    opened = Store(tmp_path / "cache" / "seen.sqlite")
    yield opened
    opened.close()


def read(prior: PublishedModel, store: Store, root: Path) -> Shelf:
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return shelf_of(prior.networks, store, list(read_photos(prior.networks, store, root, files)))
