from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from rating_tables import everybody, numbered, table_of
from torch import nn

from piaa_lightning.data.batches import Episode
from piaa_lightning.data.datasets import AverageScores, HeldOutImages, UserEpisodes
from piaa_lightning.data.images.augment import Crops, cut_all
from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.data.splits import random_images, users_and_images
from piaa_lightning.datamodules import task_data as modules
from piaa_lightning.datamodules.task_data import RatingsModule, SourcesModule
from piaa_lightning.errors import UserError


@pytest.fixture(scope="module")
def database():
    """Twenty users who rated all of a hundred images, and a split of both."""
    random = np.random.default_rng(0)
    user, image = everybody(20, 100)
    table = table_of(user, image, random.random(2000), numbered("u", 20), numbered("p", 100))
    return table, users_and_images(table, 0.2, 0.2, 0.3, 0.3)


INPUTS = Inputs(Features(torch.arange(100, dtype=torch.float32)[:, None]))
FORMS = [AverageScores, partial(UserEpisodes, support=8, query=2)]


class Recorder(pl.LightningModule):
    """Keeps what the trainer hands over; learns nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.seen: list[tuple[int, object]] = []
        self.evaluated: list[object] = []

    def training_step(self, batch, batch_idx):
        self.seen.append((self.current_epoch, batch))
        return self.weight * 0

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        self.evaluated.append((dataloader_idx, batch))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def of_epoch(self, epoch: int) -> list:
        return [batch for own, batch in self.seen if own == epoch]


def trainer(directory: Path, epochs: int, **options) -> pl.Trainer:
    return pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        default_root_dir=directory,
        **{"enable_checkpointing": False, **options},
    )


def examples(batch):
    """The examples of a batch, whatever its dataset."""
    if isinstance(batch, list):
        return [part for episode in batch for part in examples(episode)]
    return [batch.support, batch.query] if isinstance(batch, Episode) else [batch]


def images(loader) -> list[int]:
    return [int(i) for batch in loader for part in examples(batch) for i in part.inputs.flatten()]


@pytest.mark.parametrize("dataset", FORMS)
def test_training_serves_training_images_and_validation_validation_images(database, dataset):
    table, split = database
    module = RatingsModule(table, split, INPUTS, dataset, batch_size=4, seed=0)
    assert set(images(module.train_dataloader())) <= set(split.train_images.tolist())
    assert set(images(module.val_dataloader())) <= set(split.val_images.tolist())


@pytest.mark.parametrize("dataset", FORMS)
def test_ratings_of_test_and_validation_users_never_reach_training(database, dataset):
    table, split = database
    users = set(split.train_users.tolist())
    own = {(int(i), float(s)) for u, i, s in zip(table.user, table.image, table.score, strict=True) if int(u) in users}
    batches = list(RatingsModule(table, split, INPUTS, dataset, batch_size=4, seed=0).train_dataloader())
    pairs = [
        (int(i), float(s))
        for batch in batches
        for part in examples(batch)
        for i, s in zip(part.inputs.flatten(), part.scores, strict=True)
    ]
    if dataset is AverageScores:
        expected = {
            image: np.mean([s for i, s in own if i == image], dtype=np.float64) for image in split.train_images.tolist()
        }
        assert dict(pairs) == pytest.approx(expected, abs=1e-6)
        assert len(pairs) == len(expected)
    else:
        assert set(pairs) <= own


def test_each_validation_user_is_served_alone(database):
    table, split = database
    episodes = list(RatingsModule(table, split, INPUTS, AverageScores, 4, seed=0).val_dataloader())
    assert [episode.user for episode in episodes] == list(range(len(split.val_users)))
    assert all(len(episode.support.scores) == 10 for episode in episodes)
    assert all(len(episode.query.scores) == len(split.val_images) - 10 for episode in episodes)


def test_validation_images_are_served_many_at_once(database):
    table, _ = database
    split = random_images(table, 0.1, 0.7)
    batches = list(RatingsModule(table, split, INPUTS, AverageScores, 4, seed=0).val_dataloader())
    assert [len(batch.scores) for batch in batches] == [64, 6]
    assert torch.cat([batch.images for batch in batches]).tolist() == split.val_images.tolist()


def test_every_image_once_per_epoch_in_batches_of_the_size_asked_for(database):
    table, split = database
    loader = RatingsModule(table, split, INPUTS, AverageScores, batch_size=16, seed=0).train_dataloader()
    sizes = [len(batch.scores) for batch in loader]
    assert sizes == [16, 16, len(split.train_images) - 32]
    assert sorted(images(loader)) == split.train_images.tolist()


@pytest.mark.parametrize(("batch", "sizes"), [(13, [13, 13, 13]), (1, [1] * 40), (39, [39])])
def test_one_image_left_over_waits_for_another_epoch(database, batch, sizes):
    # batch norm, for one, stops at a batch of one
    table, split = database
    assert len(split.train_images) == 40
    loader = RatingsModule(table, split, INPUTS, AverageScores, batch_size=batch, seed=0).train_dataloader()
    assert [len(each.scores) for each in loader] == sizes
    seen = set()
    for epoch in range(30):
        loader.batch_sampler.sampler.set_epoch(epoch)
        seen |= set(images(loader))
    assert seen == set(split.train_images.tolist())


def test_one_user_left_over_is_a_batch_of_one_user(database):
    table, split = database
    users = len(split.train_users)
    loader = RatingsModule(table, split, INPUTS, FORMS[1], batch_size=users - 1, seed=0).train_dataloader()
    assert [len(each) for each in loader] == [users - 1, 1]


def test_workers_serve_what_the_main_process_serves(database):
    table, split = database
    here, there = (
        RatingsModule(table, split, INPUTS, FORMS[1], batch_size=4, seed=0, workers=workers) for workers in (0, 1)
    )
    assert images(here.train_dataloader()) == images(there.train_dataloader())


@pytest.fixture
def as_process(monkeypatch):
    """Let modules believe that they are one of two processes; what they make afterwards keeps to it."""

    def become(number: int) -> None:
        monkeypatch.setattr(modules, "process_index", lambda: number)
        monkeypatch.setattr(modules, "world_size", lambda: 2)

    return become


@pytest.fixture
def of_process(as_process, database):
    def made(number: int, dataset=AverageScores, batch_size: int = 8) -> RatingsModule:
        table, split = database
        as_process(number)
        return RatingsModule(table, split, INPUTS, dataset, batch_size, seed=0)

    return made


@pytest.mark.parametrize("dataset", FORMS)
def test_two_processes_train_together_on_the_batches_of_one(database, dataset, of_process):
    table, split = database
    whole = RatingsModule(table, split, INPUTS, dataset, 8, seed=0).train_dataloader()
    shares = [of_process(number, dataset).train_dataloader() for number in (0, 1)]
    for batch, *parts in zip(whole, *shares, strict=True):
        assert sorted(images([batch])) == sorted(images(parts))


def test_two_processes_share_the_validation_users_each_under_their_own_number(database, of_process):
    table, split = database
    whole = {e.user: e for e in RatingsModule(table, split, INPUTS, AverageScores, 8, seed=0).val_dataloader()}
    shares = [list(of_process(number).val_dataloader()) for number in (0, 1)]
    assert [[episode.user for episode in own] for own in shares] == [[0, 2], [1, 3]]
    for episode in (*shares[0], *shares[1]):
        assert torch.equal(episode.query.inputs, whole[episode.user].query.inputs)
        assert torch.equal(episode.query.scores, whole[episode.user].query.scores)


def test_a_batch_that_processes_cannot_share_is_a_sentence(of_process):
    with pytest.raises(UserError, match=r"task\.batch_size=7 cannot be divided evenly between 2 processes"):
        of_process(0, batch_size=7).train_dataloader()


def test_a_database_smaller_than_a_batch_is_a_sentence(database):
    table, split = database
    RatingsModule(table, split, INPUTS, AverageScores, 40, seed=0)
    with pytest.raises(UserError, match=r"^tests: 40 training items are fewer than one batch of 41; lower task\.batch"):
        RatingsModule(table, split, INPUTS, AverageScores, 41, seed=0)


def test_a_batch_of_the_smallest_embedded_copy_is_cut_to_what_there_is(database, caplog):
    table, split = database
    with caplog.at_level("INFO"):
        module = RatingsModule(table, split, INPUTS, AverageScores, 41, seed=0, cut_batches=True)
    assert caplog.messages == ["tests: batches of 40 instead of 41, which is all there is."]
    ((batch),) = module.train_dataloader()
    assert len(batch.scores) == 40


@pytest.mark.parametrize("val_users", [0, 0.2])
def test_nothing_to_validate_on_is_a_sentence(database, val_users):
    table, _ = database
    # no validation images at all, or too few of them for any validation user
    split = users_and_images(table, 0.2, val_users, 0.3, 0.05 if val_users else 0.0, min_ratings=0)
    with pytest.raises(UserError, match=r"^tests: the split holds out nothing on which the best epoch could be chosen"):
        RatingsModule(table, split, INPUTS, AverageScores, 4, seed=0)


def stored() -> Inputs:
    pixels = np.random.default_rng(0).integers(0, 256, (100, 3, 12, 12), dtype=np.uint8)
    return Inputs(Images(np.ascontiguousarray(pixels[..., :8, :8]), {}), Images(pixels, {}), 8)


@pytest.mark.parametrize("dataset", FORMS)
def test_a_trainer_gets_squares_that_were_cut_after_the_transfer(database, dataset, tmp_path):
    table, split = database
    module = RatingsModule(table, split, stored(), dataset, 8, seed=0)
    fetched = next(iter(module.train_dataloader()))
    assert isinstance(examples(fetched)[0].inputs, Crops)
    seen = Recorder()
    trainer(tmp_path, 1, limit_train_batches=1).fit(seen, datamodule=module)
    ((_, batch),) = seen.seen
    for part, expected in zip(examples(batch), examples(cut_all(fetched)), strict=True):
        assert part.inputs.shape[1:] == (3, 8, 8)
        assert torch.equal(part.inputs, expected.inputs)


def test_a_resumed_run_sees_what_the_uninterrupted_one_would_have_seen(database, tmp_path):
    table, split = database

    def run(epochs: int, resume: Path | None = None) -> tuple[Recorder, pl.Trainer]:
        seen, one = Recorder(), trainer(tmp_path, epochs)
        module = RatingsModule(table, split, stored(), AverageScores, 16, seed=0)
        one.fit(seen, datamodule=module, ckpt_path=resume, weights_only=None if resume is None else False)
        return seen, one

    whole, _ = run(4)
    _, first = run(2)
    first.save_checkpoint(tmp_path / "two.ckpt")
    rest, _ = run(4, tmp_path / "two.ckpt")
    assert {epoch for epoch, _ in rest.seen} == {2, 3}
    epochs = [torch.cat([batch.inputs for batch in whole.of_epoch(epoch)]) for epoch in range(4)]
    assert all(not torch.equal(epochs[0], other) for other in epochs[1:])
    for epoch in (2, 3):
        assert torch.equal(torch.cat([batch.inputs for batch in rest.of_epoch(epoch)]), epochs[epoch])


class TestStreams:
    @pytest.fixture
    def module(self, database):
        """Forty training images in batches of 6, which makes seven, and ten others in batches of 4."""
        table, split = database
        small = random_images(table, 0.6, 0.3, seed=1)
        assert (len(split.train_images), len(small.train_images)) == (40, 10)
        return SourcesModule(
            {
                "large": RatingsModule(table, split, INPUTS, AverageScores, 6, seed=0),
                "small": RatingsModule(table, small, INPUTS, AverageScores, 4, 0, validation=HeldOutImages),
            }
        )

    @pytest.fixture
    def seen(self, module, tmp_path):
        seen = Recorder()
        trainer(tmp_path, 3).fit(seen, datamodule=module)
        return seen

    def test_every_step_has_a_batch_of_each(self, seen):
        for epoch in range(3):
            batches = seen.of_epoch(epoch)
            assert [set(batch) for batch in batches] == [{"large", "small"}] * 7
            assert [len(batch["large"].scores) for batch in batches] == [6] * 6 + [4]
            assert [len(batch["small"].scores) for batch in batches] == [4] * 7

    def test_the_large_one_sets_the_pace_and_the_small_one_goes_round(self, module, seen):
        for epoch in range(3):
            large, small = (images(batch[name] for batch in seen.of_epoch(epoch)) for name in ("large", "small"))
            assert sorted(large) == module.sources["large"].training.images.tolist()
            own = module.sources["small"].training.images.tolist()
            rounds = [small[start : start + 10] for start in (0, 10, 20)]
            assert [sorted(items) for items in rounds[:2]] == [own, own]
            assert set(rounds[2]) <= set(own)
            assert rounds[0] != rounds[1]

    def test_both_orders_are_keyed_by_epoch(self, seen):
        for name in ("large", "small"):
            orders = {tuple(images(batch[name] for batch in seen.of_epoch(epoch))) for epoch in range(3)}
            assert len(orders) == 3

    def test_a_resumed_run_sees_the_same(self, module, seen, tmp_path):
        # from an epoch on: a checkpoint of one epoch and the next
        one = trainer(tmp_path, 1)
        one.fit(Recorder(), datamodule=module)
        one.save_checkpoint(tmp_path / "one.ckpt")
        rest = Recorder()
        trainer(tmp_path, 3).fit(rest, datamodule=module, ckpt_path=tmp_path / "one.ckpt", weights_only=False)
        for epoch in (1, 2):
            for name in ("large", "small"):
                again, before = (images(b[name] for b in each.of_epoch(epoch)) for each in (rest, seen))
                assert again == before

    def test_everything_is_validated_one_after_another(self, module, seen):
        one = seen.evaluated[: len(seen.evaluated) // 3]
        users, others = ([batch for number, batch in one if number == loader] for loader in (0, 1))
        assert [episode.user for episode in users] == [0, 1, 2, 3]
        assert images(others) == module.sources["small"].validation.images.tolist()

    def test_a_stream_may_choose_no_epoch(self, database, module, tmp_path):
        table, split = database
        silent = RatingsModule(table, split, INPUTS, AverageScores, 4, 0, validation=None)
        sources = SourcesModule({"silent": silent, **module.sources})
        seen = Recorder()
        trainer(tmp_path, 1).fit(seen, datamodule=sources)
        assert {name for _, batch in seen.seen for name in batch} == {"silent", "large", "small"}
        numbers = [number for number, _ in seen.evaluated]
        assert numbers == [0] * 4 + [1] * (len(numbers) - 4)

    def test_crops_are_cut_in_every_stream(self, database, tmp_path):
        table, split = database
        module = SourcesModule({n: RatingsModule(table, split, stored(), AverageScores, 8, seed=0) for n in "ab"})
        seen = Recorder()
        trainer(tmp_path, 1, limit_train_batches=1).fit(seen, datamodule=module)
        ((_, batch),) = seen.seen
        assert batch["a"].inputs.shape == batch["b"].inputs.shape == (8, 3, 8, 8)

    def test_two_processes_keep_step(self, module, as_process):
        shares = []
        for number in (0, 1):
            as_process(number)
            shares.append([batch for batch, _, _ in module.train_dataloader()])
        assert len(shares[0]) == len(shares[1]) == 7
        for one, other in zip(*shares, strict=True):
            for name in ("large", "small"):
                assert not set(images([one[name]])) & set(images([other[name]]))
