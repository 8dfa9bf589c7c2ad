from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from piaa_lightning.data.datasets import AverageScores, UserEpisodes
from piaa_lightning.data.inputs import Features, Inputs
from piaa_lightning.data.modules import RatingsModule
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import users_and_images
from piaa_lightning.examples import Episode


@pytest.fixture(scope="module")
def database():
    """Twenty people who rated all of a hundred pictures, and a split of both."""
    random = np.random.default_rng(0)
    user, image = (grid.ravel() for grid in np.meshgrid(np.arange(20), np.arange(100), indexing="ij"))
    table = RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{number:03}" for number in range(100)]),
        image_files=np.array([f"p{number:03}.jpg" for number in range(100)]),
        user_ids=np.array([f"u{number:03}" for number in range(20)]),
        user=user,
        image=image,
        score=random.random(2000).astype(np.float32),
        scale=Scale(1, 5),
    )
    return table, users_and_images(table, 0.2, 0.2, 0.3, 0.3)


INPUTS = Inputs(Features(torch.arange(100, dtype=torch.float32)[:, None]))
FORMS = [AverageScores, partial(UserEpisodes, support=8, query=2)]


def examples(batch):
    """The examples of a batch, whatever its form."""
    if isinstance(batch, list):
        return [part for episode in batch for part in episode]
    return list(batch) if isinstance(batch, Episode) else [batch]


def pictures(loader) -> list[int]:
    return [int(i) for batch in loader for part in examples(batch) for i in part.inputs.flatten()]


@pytest.mark.parametrize("form", FORMS)
def test_training_serves_training_pictures_and_validation_validation_pictures(database, form):
    table, split = database
    module = RatingsModule(table, split, INPUTS, form, batch_size=4, seed=0)
    assert set(pictures(module.train_dataloader())) <= set(split.train_images.tolist())
    assert set(pictures(module.val_dataloader())) <= set(split.val_images.tolist())


@pytest.mark.parametrize("form", FORMS)
def test_ratings_of_test_and_validation_people_never_reach_training(database, form):
    table, split = database
    own = {
        (int(i), float(s)) for u, i, s in zip(table.user, table.image, table.score, strict=True) if u in allowed(split)
    }
    batches = list(RatingsModule(table, split, INPUTS, form, batch_size=4, seed=0).train_dataloader())
    pairs = [
        (int(i), float(s))
        for batch in batches
        for part in examples(batch)
        for i, s in zip(part.inputs.flatten(), part.scores, strict=True)
    ]
    if form is AverageScores:
        expected = {
            image: np.mean([s for i, s in own if i == image], dtype=np.float64) for image in split.train_images.tolist()
        }
        assert dict(pairs) == pytest.approx(expected, abs=1e-6)
        assert len(pairs) == len(expected)
    else:
        assert set(pairs) <= own


def allowed(split) -> set[int]:
    return set(split.train_users.tolist())


def test_each_validation_user_is_served_alone(database):
    table, split = database
    episodes = list(RatingsModule(table, split, INPUTS, AverageScores, 4, seed=0).val_dataloader())
    assert len(episodes) == len(split.val_users)
    assert all(len(episode.support.scores) == 10 for episode in episodes)
    assert all(len(episode.query.scores) == len(split.val_images) - 10 for episode in episodes)


def test_every_picture_once_per_epoch_in_batches_of_the_size_asked_for(database):
    table, split = database
    loader = RatingsModule(table, split, INPUTS, AverageScores, batch_size=16, seed=0).train_dataloader()
    sizes = [len(batch.scores) for batch in loader]
    assert sizes == [16, 16, len(split.train_images) - 32]
    assert sorted(pictures(loader)) == split.train_images.tolist()


def test_workers_serve_what_the_main_process_serves(database):
    table, split = database
    here, there = (
        RatingsModule(table, split, INPUTS, FORMS[1], batch_size=4, seed=0, workers=workers) for workers in (0, 1)
    )
    assert pictures(here.train_dataloader()) == pictures(there.train_dataloader())
