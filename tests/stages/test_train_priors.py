from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from safetensors.torch import load_file

from piaa_lightning.backbones.factory import build_backbone
from piaa_lightning.config import config_dir, register
from piaa_lightning.data.inputs import Features, Inputs
from piaa_lightning.data.pictures import Pictures
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import users_and_images
from piaa_lightning.stages.open_data import Data
from piaa_lightning.stages.train_priors import Priors, _save

OVERRIDES = [
    "experiment=blg_piaa",
    "task.starts_from.epochs=2",
    "task.epochs=1",
    "task.form.min_ratings=10",
    "head.hidden=[4]",
    "trainer.enable_progress_bar=false",
]


def composed(cache: Path, *overrides: str):
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        return compose("config", [*OVERRIDES, f"paths.cache={cache}", *overrides])


@pytest.fixture(scope="module")
def data() -> Data:
    """Twelve people who like bright pictures, more or less."""
    random = np.random.default_rng(0)
    user, image = (grid.ravel() for grid in np.meshgrid(np.arange(12), np.arange(90), indexing="ij"))
    light = random.random(90)
    score = np.clip(light[image] + 0.1 * random.standard_normal(len(image)), 0, 1)
    table = RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{number:02}" for number in range(90)]),
        image_files=np.array([f"p{number:02}.jpg" for number in range(90)]),
        user_ids=np.array([f"u{number:02}" for number in range(12)]),
        user=user,
        image=image,
        score=score.astype(np.float32),
        scale=Scale(1, 5),
    )
    pixels = (light[:, None, None, None] * random.integers(100, 256, (90, 3, 18, 18))).astype(np.uint8)
    inputs = Inputs(Pictures(np.ascontiguousarray(pixels[..., :16, :16]), {}), Pictures(pixels, {}), 16)
    torch.manual_seed(0)
    backbone = build_backbone("small_cnn", size=16, width=2, features=6)
    return Data("tests", table, users_and_images(table, 0.25, 0.25, 0.3, 0.3), inputs, backbone, 6)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> Priors:
    """Both priors of BLG-PIAA, trained, in a cache of their own."""
    directory = tmp_path_factory.mktemp("trained")
    priors = Priors(composed(directory / "cache"), data, False, directory / "checkpoints")
    priors.get(priors.cfg.task)
    return priors


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


class TestKey:
    @pytest.mark.parametrize(
        "override",
        [
            "seed=1",
            "task.epochs=2",
            "task.starts_from.epochs=3",
            "task.module.learner.steps=4",
            "task.module.learner.inner.rates.head=2e-4",
            "backbone.options.width=8",
            "backbone=resnet18",
            "head.dropout=0.1",
            "trainer.precision=64-true",
            "trainer.limit_train_batches=2",
            "callbacks=rich_progress",
            "data.resize=antialias",
            "data.stored=1.2",
        ],
    )
    def test_it_moves_with_everything_that_training_depends_on(self, trained, data, tmp_path, override):
        other = Priors(composed(tmp_path, override), data, False, tmp_path)
        assert other.key(other.cfg.task) != trained.key(trained.cfg.task)

    @pytest.mark.parametrize(
        "overrides", [["shots=5", "name=other", "logger=csv"], ["protocol.test.seed=3", "methods.random.label=R"]]
    )
    def test_it_stays_with_everything_else(self, trained, data, tmp_path, overrides):
        other = Priors(composed(tmp_path, *overrides), data, False, tmp_path)
        assert other.key(other.cfg.task) == trained.key(trained.cfg.task)

    def test_the_task_that_it_starts_from_is_another(self, data, tmp_path):
        priors = Priors(composed(tmp_path), data, False, tmp_path)
        assert priors.key(priors.cfg.task) != priors.key(priors.cfg.task.starts_from)

    def test_it_moves_with_ratings_split_weights_and_features(self, data):
        table = data.table
        score = table.score.copy()
        score[0] = 1 - score[0]
        weights = copy.deepcopy(data.backbone)
        with torch.no_grad():
            next(weights.parameters()).add_(1e-6)
        features = torch.zeros(90, 6)
        others = [
            replace(data, table=replace(table, score=score)),
            replace(data, split=users_and_images(table, 0.25, 0.25, 0.3, 0.3, seed=1)),
            replace(data, backbone=weights),
            replace(data, backbone=None, inputs=Inputs(Features(features))),
            replace(data, backbone=None, inputs=Inputs(Features(features + 1))),
        ]
        found = [each.fingerprint() for each in [data, *others]]
        assert len(set(found)) == len(found)
        assert replace(data, name="another").fingerprint() == data.fingerprint()


class TestGet:
    def test_the_same_prior_is_trained_once(self, trained):
        assert trained.get(trained.cfg.task) is trained.get(trained.cfg.task)
        assert len(trained.networks) == 2

    def test_two_priors_share_no_tensor(self, trained, data):
        meta, generic = (trained.get(task) for task in (trained.cfg.task, trained.cfg.task.starts_from))
        parts = [list(net.state_dict().values()) for net in (meta, generic, data.backbone)]
        pointers = [{tensor.data_ptr() for tensor in tensors} for tensors in parts]
        assert sum(map(len, parts)) == len(set.union(*pointers))

    def test_the_meta_prior_has_moved_from_the_one_it_started_from_and_left_it_alone(self, trained, data, tmp_path):
        task = trained.cfg.task.starts_from
        alone = Priors(composed(tmp_path), data, False, tmp_path).get(task)
        assert same(trained.get(task).state_dict(), alone.state_dict())
        assert not same(trained.get(trained.cfg.task).state_dict(), alone.state_dict())

    def test_training_has_learnt_something(self, trained, data):
        start = trained.start(None)
        prior = trained.get(trained.cfg.task.starts_from)
        images = data.split.train_images
        truth = torch.from_numpy(data.table.average_scores())[images]
        with torch.no_grad():
            before, after = ((net.eval()(data.inputs.batch(images)) - truth).square().mean() for net in (start, prior))
        assert after < before

    def test_the_backbone_that_it_started_from_has_not_moved(self, trained, data):
        assert same(trained.start(None).backbone.state_dict(), data.backbone.state_dict())

    def test_training_again_gives_the_same_bits(self, trained, data, tmp_path):
        torch.rand(100)  # whatever was drawn before must not matter
        again = Priors(composed(tmp_path, "reuse_priors=false"), data, False, tmp_path)
        assert same(again.get(again.cfg.task).state_dict(), trained.get(trained.cfg.task).state_dict())
        assert again.reused == []

    def test_reuse_gives_the_same_bits_without_training(self, trained, data, tmp_path, monkeypatch):
        reusing = Priors(trained.cfg, data, False, tmp_path)
        monkeypatch.setattr(reusing, "_train", lambda task: pytest.fail("trained again"))
        taken = reusing.get(reusing.cfg.task)
        assert same(taken.state_dict(), trained.get(trained.cfg.task).state_dict())
        assert reusing.reused == ["blg"]

    def test_no_reuse_unless_allowed(self, trained, data, tmp_path, monkeypatch):
        cfg = OmegaConf.merge(trained.cfg, {"reuse_priors": False})
        priors = Priors(cfg, data, False, tmp_path)
        monkeypatch.setattr(priors, "_train", lambda task: "trained")
        monkeypatch.setattr("piaa_lightning.stages.train_priors._save", lambda network, file: None)
        assert priors.get(cfg.task) == "trained"

    def test_another_seed_starts_elsewhere(self, trained, data, tmp_path):
        other = Priors(composed(tmp_path, "seed=1"), data, False, tmp_path)
        assert not same(other.start(None).head.state_dict(), trained.start(None).head.state_dict())


class TestSaved:
    def test_the_files_are_theta_and_nothing_else(self, trained):
        for task in (trained.cfg.task, trained.cfg.task.starts_from):
            state = trained.get(task).state_dict()
            kept = load_file(trained.store / f"{trained.key(task)}.safetensors")
            assert set(kept) == set(state)
            assert all(torch.equal(kept[name], state[name]) for name in state)
            beside = load_file(trained.checkpoints / f"{task.name}.safetensors")
            assert all(torch.equal(beside[name], kept[name]) for name in kept)

    def test_the_best_epoch_on_validation_users_is_kept(self, trained):
        best = torch.load(trained.checkpoints / "generic" / "best.ckpt", weights_only=True)["state_dict"]
        state = trained.get(trained.cfg.task.starts_from).state_dict()
        assert all(torch.equal(best[f"network.{name}"], value) for name, value in state.items())

    def test_an_interrupted_write_leaves_what_was_there(self, trained, tmp_path, monkeypatch):
        network = copy.deepcopy(trained.get(trained.cfg.task))
        _save(network, tmp_path / "prior.safetensors")
        before = (tmp_path / "prior.safetensors").read_bytes()

        def interrupted(handle):
            raise KeyboardInterrupt

        monkeypatch.setattr("piaa_lightning.atomic.os.fsync", interrupted)
        with torch.no_grad():
            next(network.parameters()).add_(1)
        with pytest.raises(KeyboardInterrupt):
            _save(network, tmp_path / "prior.safetensors")
        assert (tmp_path / "prior.safetensors").read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["prior.safetensors"]
