"""A prior that sees colours, and folders of drawn images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning.photos.population import PopulationPrior
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.reading import Shelf, read_photos, shelf_of
from piaa_lightning.photos.scoring_network import ScoringNetwork, scoring_network_of
from piaa_lightning.photos.store import Store

DESCRIPTION = {
    "backbone": {"name": "small_cnn", "size": 16, "output": "pooled", "options": {"width": 4, "features": 8}},
    "frozen": False,
    "components": None,
    "head": {"kind": "ScoreHead", "hidden": [6], "norm": False, "dropout": 0.0},
    "personality": None,
    "fused": None,
}


def make_eye(seed: int = 0) -> ScoringNetwork:
    torch.manual_seed(seed)
    return scoring_network_of(DESCRIPTION).requires_grad_(False)


def make_users(features: int = 8, components: int = 4) -> PopulationPrior:
    drawn = torch.Generator().manual_seed(1)
    half = torch.randn(2 + components, 2 + components, generator=drawn, dtype=torch.float64) / 3
    one = torch.tensor(1.0, dtype=torch.float64)
    mean = torch.zeros(2 + components, dtype=torch.float64)
    mean[:2] = torch.tensor([0.5, 1.0])
    return PopulationPrior(
        centre=torch.zeros(features, dtype=torch.float64),
        axes=torch.linalg.qr(torch.randn(features, components, generator=drawn, dtype=torch.float64)).Q.T,
        unit=one / 4,
        level=one / 2,
        mean=mean,
        covariance=half @ half.T,
        noise=one / 50,
        rbf=one / 5,
        length=one,
        prior_variances={5: 0.5, 10: 1.0},
        learnt_from="tests",
    )


def make_prior(seed: int = 0) -> PublishedModel:
    config = {
        "name": "test prior",
        "data": "drawn pictures",
        **DESCRIPTION,
        "resize": "bilinear",
        "people": {"of": "tests", "prior_variances": {"5": 0.5, "10": 1.0}},
        "command": "pytest",
        "versions": {},
    }
    return PublishedModel(make_eye(seed), make_users(), config)


@pytest.fixture(scope="session")
def prior() -> PublishedModel:
    return make_prior()


def draw(path: Path, colour: tuple[int, int, int], seed: int = 0, size: tuple[int, int] = (60, 40), **options) -> None:
    """Write an image of one colour with a little noise; as a JPEG, or whatever the name's ending says."""
    random = np.random.default_rng(seed)
    noise = random.integers(-8, 9, (size[1], size[0], 3))
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
    return shelf_of(store, list(read_photos(prior, store, root, files)))
