from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.utilities.exceptions import SIGTERMException
from safetensors.torch import load_file

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.data.splits import users_and_images
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.fusion import FusedHead
from piaa_lightning.models.two_streams import TwoStreams
from piaa_lightning.pipeline.make_trainer import make_trainer
from piaa_lightning.pipeline.open_data import Data
from piaa_lightning.pipeline.train_models import ModelTrainer, _save

from composing import config_of
from tables import everybody, numbered, table_of

OVERRIDES = [
    "experiment=blg_piaa",
    "task.init_from.epochs=2",
    "task.init_from.batch_size=16",
    "task.epochs=1",
    "task.dataset.min_ratings=10",
    "head.hidden=[4]",
    "trainer.enable_progress_bar=false",
]


def composed(cache: Path, *overrides: str):
    return config_of(*OVERRIDES, f"paths.cache={cache}", *overrides)


def joint(cache: Path, *overrides: str):
    """PA_IAA, its head as small as the images."""
    small = [
        "experiment=pa_iaa",
        "head.bins=5",
        "head.hidden=[4]",
        "task.epochs=1",
        "task.batch_size=16",
        "task.init_from.epochs=1",
        "task.init_from.batch_size=8",
        "trainer.enable_progress_bar=false",
    ]
    return config_of(*small, f"paths.cache={cache}", *overrides)


@dataclass(frozen=True)
class Opened:
    """As much of the databases as priors ask for."""

    opened: dict[str, Data]
    backbone: Backbone | None
    features: int = 6

    def get(self, name: str | None) -> Data:
        return self.opened[name or "main"]

    @property
    def main(self) -> Data:
        return self.opened["main"]

    def but(self, name: str = "main", **changes) -> Opened:
        return replace(self, opened={**self.opened, name: replace(self.opened[name], **changes)})


@pytest.fixture(scope="module")
def data() -> Opened:
    """Twelve users who like bright images, more or less; what they are like does not matter."""
    random = np.random.default_rng(0)
    user, image = everybody(12, 90)
    light = random.random(90)
    score = np.clip(light[image] + 0.1 * random.standard_normal(len(image)), 0, 1)
    traits = random.uniform(-1, 1, (12, 5)).astype(np.float32)
    known = {"traits": traits, "trait_names": ("O", "C", "E", "A", "N")}
    table = table_of(user, image, score, numbered("u", 12, 2), numbered("p", 90, 2), **known)
    pixels = (light[:, None, None, None] * random.integers(100, 256, (90, 3, 18, 18))).astype(np.uint8)
    inputs = Inputs(Images(np.ascontiguousarray(pixels[..., :16, :16]), {}), Images(pixels, {}), 16)
    torch.manual_seed(0)
    backbone = build_backbone("small_cnn", size=16, width=2, features=6)
    one = Data("tests", table, users_and_images(table, 0.25, 0.25, 0.3, 0.3), inputs)
    return Opened({"main": one, "aesthetics": one, "personality": one}, backbone)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> ModelTrainer:
    """Both priors of BLG-PIAA, trained, in a cache of their own."""
    directory = tmp_path_factory.mktemp("trained")
    priors = ModelTrainer(composed(directory / "cache"), data, False, directory / "checkpoints")
    priors.get(priors.cfg.task)
    return priors


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return set(one) == set(other) and all(torch.equal(one[name], other[name]) for name in one)


class TestKey:
    @pytest.mark.parametrize(
        "override",
        [
            "seed=1",
            "task.epochs=2",
            "task.init_from.epochs=3",
            "task.module.learner.steps=4",
            "task.module.learner.inner.lr_by_part.head=2e-4",
            "backbone.options.width=8",
            "backbone=resnet18",
            "head.dropout=0.1",
            "trainer.precision=64-true",
            "trainer.limit_train_batches=2",
            "callbacks=rich_progress",
            "data.resize=antialias",
            "data.store_scale=1.2",
        ],
    )
    def test_it_moves_with_everything_that_training_depends_on(self, trained, data, tmp_path, override):
        other = ModelTrainer(composed(tmp_path, override), data, False, tmp_path)
        assert other.key(other.cfg.task) != trained.key(trained.cfg.task)

    @pytest.mark.parametrize(
        "overrides", [["shots=5", "name=other", "logger=csv"], ["protocol.test.seed=3", "methods.random.label=R"]]
    )
    def test_it_stays_with_everything_else(self, trained, data, tmp_path, overrides):
        other = ModelTrainer(composed(tmp_path, *overrides), data, False, tmp_path)
        assert other.key(other.cfg.task) == trained.key(trained.cfg.task)

    def test_the_task_that_it_starts_from_is_another(self, data, tmp_path):
        priors = ModelTrainer(composed(tmp_path), data, False, tmp_path)
        assert priors.key(priors.cfg.task) != priors.key(priors.cfg.task.init_from)

    def test_it_moves_with_the_backbones_weights(self, trained, data, tmp_path):
        weights = copy.deepcopy(data.backbone)
        with torch.no_grad():
            next(weights.parameters()).add_(1e-6)
        for backbone in (weights, None):
            other = ModelTrainer(composed(tmp_path), replace(data, backbone=backbone), False, tmp_path)
            assert other.key(other.cfg.task) != trained.key(trained.cfg.task)

    def test_a_database_is_its_labels_its_split_and_its_inputs(self, data):
        main, table = data.main, data.main.table
        score = table.score.copy()
        score[0] = 1 - score[0]
        labels = np.zeros((90, 2), dtype=np.float32)
        features = torch.zeros(90, 6)
        tables = [
            {"score": score},
            {"image_score": labels[:, 0]},
            {"distribution": labels},
            {"attributes": labels + 1},
            {"traits": table.traits / 2},
        ]
        others = [
            *(replace(main, table=replace(table, **change)) for change in tables),
            replace(main, split=users_and_images(table, 0.25, 0.25, 0.3, 0.3, seed=1)),
            replace(main, inputs=Inputs(Features(features))),
            replace(main, inputs=Inputs(Features(features + 1))),
        ]
        found = [each.fingerprint() for each in [main, *others]]
        assert len(set(found)) == len(found)
        assert replace(main, name="another").fingerprint() == main.fingerprint()

    def test_it_moves_with_the_databases_that_the_task_learns_from_and_no_other(self, data, tmp_path):
        def keys(name: str) -> list[str]:
            smaller = data.main.table.without_labels_of([0], "tests")
            priors = ModelTrainer(joint(tmp_path), data.but(name, table=smaller), False, tmp_path)
            return [priors.key(task) for task in (priors.cfg.task, priors.cfg.task.init_from)]

        priors = ModelTrainer(joint(tmp_path), data, False, tmp_path)
        task, before = (priors.key(each) for each in (priors.cfg.task, priors.cfg.task.init_from))
        moved = {
            name: [new != old for new, old in zip(keys(name), (task, before), strict=True)] for name in data.opened
        }
        # the task learns from the main database, the one before it from the other two
        assert moved == {"main": [True, False], "aesthetics": [True, True], "personality": [True, True]}

    @pytest.mark.parametrize(
        "override",
        [
            "task.init_from.sources.aesthetics.database=personality",
            "task.init_from.sources.personality.dataset.liked=0.6",
            "task.init_from.module.balance=alternate",
            "task.database=personality",
            "task.extend.fusion=mlp",
            "databases.personality.store_scale=1.2",
        ],
    )
    def test_it_moves_with_streams_and_what_is_grown(self, data, tmp_path, override):
        one, other = (ModelTrainer(joint(tmp_path, *more), data, False, tmp_path) for more in ([], [override]))
        assert one.key(one.cfg.task) != other.key(other.cfg.task)

    def test_it_moves_with_the_contents_of_given_weights(self, trained, data, tmp_path):
        file = tmp_path / "given.safetensors"
        cfg = composed(tmp_path, f"task.init_from.weights={file}")
        keys = []
        for part in ("generic", "blg"):
            file.write_bytes((trained.checkpoints / f"{part}.safetensors").read_bytes())
            keys.append(ModelTrainer(cfg, data, False, tmp_path).key(cfg.task))
        assert keys[0] != keys[1]


class TestGet:
    def test_the_same_prior_is_trained_once(self, trained):
        assert trained.get(trained.cfg.task) is trained.get(trained.cfg.task)
        assert len(trained.networks) == 2

    def test_two_priors_share_no_tensor(self, trained, data):
        meta, generic = (trained.get(task) for task in (trained.cfg.task, trained.cfg.task.init_from))
        parts = [list(net.state_dict().values()) for net in (meta, generic, data.backbone)]
        pointers = [{tensor.data_ptr() for tensor in tensors} for tensors in parts]
        assert sum(map(len, parts)) == len(set.union(*pointers))

    def test_the_meta_prior_has_moved_from_the_one_it_started_from_and_left_it_alone(self, trained, data, tmp_path):
        task = trained.cfg.task.init_from
        alone = ModelTrainer(composed(tmp_path), data, False, tmp_path).get(task)
        assert same(trained.get(task).state_dict(), alone.state_dict())
        assert not same(trained.get(trained.cfg.task).state_dict(), alone.state_dict())

    def test_training_has_learnt_something(self, trained, data):
        main, task = data.main, trained.cfg.task.init_from
        start, prior = trained.start(task), trained.get(task)
        images = main.split.train_images
        truth = torch.from_numpy(main.table.average_scores())[images]
        with torch.no_grad():
            before, after = ((net.eval()(main.inputs.batch(images)) - truth).square().mean() for net in (start, prior))
        assert after < before

    def test_the_backbone_that_it_started_from_has_not_moved(self, trained, data):
        start = trained.start(trained.cfg.task.init_from)
        assert same(start.backbone.state_dict(), data.backbone.state_dict())

    def test_training_again_gives_the_same_bits(self, trained, data, tmp_path):
        torch.rand(100)  # whatever was drawn before must not matter
        again = ModelTrainer(composed(tmp_path, "reuse_models=false"), data, False, tmp_path)
        assert same(again.get(again.cfg.task).state_dict(), trained.get(trained.cfg.task).state_dict())
        assert again.reused == []

    def test_reuse_gives_the_same_bits_without_training(self, trained, data, tmp_path, monkeypatch):
        reusing = ModelTrainer(trained.cfg, data, False, tmp_path)
        monkeypatch.setattr(reusing, "_train", lambda task: pytest.fail("trained again"))
        taken = reusing.get(reusing.cfg.task)
        assert same(taken.state_dict(), trained.get(trained.cfg.task).state_dict())
        assert reusing.reused == ["blg"]

    def test_no_reuse_unless_allowed(self, trained, data, tmp_path, monkeypatch):
        cfg = OmegaConf.merge(trained.cfg, {"reuse_models": False})
        priors = ModelTrainer(cfg, data, False, tmp_path)
        monkeypatch.setattr(priors, "_train", lambda task: "trained")
        monkeypatch.setattr("piaa_lightning.pipeline.train_models._save", lambda network, file, key: None)
        assert priors.get(cfg.task) == "trained"

    def test_another_seed_starts_elsewhere(self, trained, data, tmp_path):
        other = ModelTrainer(composed(tmp_path, "seed=1"), data, False, tmp_path)
        first, second = (priors.start(priors.cfg.task.init_from) for priors in (trained, other))
        assert not same(first.head.state_dict(), second.head.state_dict())


class TestSaved:
    def test_the_files_are_theta_and_nothing_else(self, trained):
        for task in (trained.cfg.task, trained.cfg.task.init_from):
            state = trained.get(task).state_dict()
            kept = load_file(trained.store / f"{trained.key(task)}.safetensors")
            assert set(kept) == set(state)
            assert all(torch.equal(kept[name], state[name]) for name in state)
            beside = load_file(trained.checkpoints / f"{task.name}.safetensors")
            assert all(torch.equal(beside[name], kept[name]) for name in kept)

    def test_the_best_epoch_on_validation_users_is_kept(self, trained):
        best = torch.load(trained.checkpoints / "generic" / "best.ckpt", weights_only=True)["state_dict"]
        state = trained.get(trained.cfg.task.init_from).state_dict()
        assert all(torch.equal(best[f"network.{name}"], value) for name, value in state.items())

    def test_an_interrupted_write_leaves_what_was_there(self, trained, tmp_path, monkeypatch):
        network = copy.deepcopy(trained.get(trained.cfg.task))
        _save(network, tmp_path / "prior.safetensors", "key")
        before = (tmp_path / "prior.safetensors").read_bytes()

        def interrupted(handle):
            raise KeyboardInterrupt

        monkeypatch.setattr("piaa_lightning.runtime.atomic.os.fsync", interrupted)
        with torch.no_grad():
            next(network.parameters()).add_(1)
        with pytest.raises(KeyboardInterrupt):
            _save(network, tmp_path / "prior.safetensors", "key")
        assert (tmp_path / "prior.safetensors").read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["prior.safetensors"]


class KilledError(Exception):
    pass


class Killed(pl.Callback):
    """Ends a training after a step, as a kill does: without a word."""

    def __init__(self, task, step):
        self.task, self.step = task, step

    def on_train_batch_end(self, trainer, module, *_rest):
        if module.prefix == f"{self.task}/" and trainer.global_step >= self.step:
            raise KilledError


@pytest.fixture
def kill(monkeypatch):
    """Have the training of a task end after a step; None lets it live."""

    def kill(task=None, step=0):
        def made(*given):
            trainer, best = make_trainer(*given)
            if task is not None:
                trainer.callbacks.append(Killed(task, step))  # after what keeps the state of training
            return trainer, best

        monkeypatch.setattr("piaa_lightning.pipeline.train_models.make_trainer", made)

    return kill


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
class TestResume:
    """A run that was cut off in training ends with the bits of one that was not."""

    LONGER = ("reuse_models=false", "task.init_from.epochs=3", "task.epochs=2")

    @pytest.mark.parametrize("composed", [composed, joint], ids=["blg", "pa_iaa"])
    @pytest.mark.parametrize("every", [None, 2], ids=["epochs", "steps"])
    def test_killed_in_both_trainings(self, data, tmp_path, kill, composed, every):
        keys = [*self.LONGER, f"checkpoint_steps={every or 'null'}"]
        whole = ModelTrainer(composed(tmp_path, *keys), data, False, tmp_path / "whole")
        expected = [whole.get(task).state_dict() for task in (whole.cfg.task, whole.cfg.task.init_from)]
        first, second = whole.cfg.task.init_from.name, whole.cfg.task.name
        again = [composed(tmp_path, *keys, "resume=auto")]
        for task, step in ((first, 1), (first, 5), (first, 9), (second, 1), (second, 4)):
            kill(task, step)
            priors = ModelTrainer(again[0], data, False, tmp_path / "threshold")
            with contextlib.suppress(KilledError):
                priors.get(priors.cfg.task)
        kill()
        priors = ModelTrainer(again[0], data, False, tmp_path / "threshold")
        found = [priors.get(task).state_dict() for task in (priors.cfg.task, priors.cfg.task.init_from)]
        assert all(same(one, other) for one, other in zip(found, expected, strict=True))
        assert not list((tmp_path / "threshold").rglob("step_*.ckpt")), "nothing is left to go on from"

    def test_it_goes_on_where_it_was(self, data, tmp_path, kill, monkeypatch):
        begun = []
        monkeypatch.setattr(pl.Trainer, "fit", watched(pl.Trainer.fit, begun))
        cfg = composed(tmp_path, *self.LONGER, "resume=auto")
        kill("generic", 7)
        with pytest.raises(KilledError):
            ModelTrainer(cfg, data, False, tmp_path / "threshold").get(cfg.task)
        states = sorted(file.name for file in (tmp_path / "threshold" / "generic").glob("step_*.ckpt"))
        kill()
        ModelTrainer(cfg, data, False, tmp_path / "threshold").get(cfg.task)
        assert [None if path is None else path.name for path in begun] == [None, states[-1], None]

    def test_without_resume_it_begins_anew(self, data, tmp_path, kill, monkeypatch):
        begun = []
        monkeypatch.setattr(pl.Trainer, "fit", watched(pl.Trainer.fit, begun))
        cfg = composed(tmp_path, *self.LONGER)
        kill("generic", 7)
        for _ in range(2):
            with pytest.raises(KilledError):
                ModelTrainer(cfg, data, False, tmp_path / "threshold").get(cfg.task)
        assert begun == [None, None]

    def test_a_prior_that_this_run_finished_is_not_trained_twice(self, data, tmp_path, monkeypatch):
        cfg = composed(tmp_path, "reuse_models=false", "resume=auto")
        task = cfg.task.init_from
        expected = ModelTrainer(cfg, data, False, tmp_path / "run").get(task).state_dict()
        again = ModelTrainer(cfg, data, False, tmp_path / "run")
        monkeypatch.setattr(again, "_train", lambda task: pytest.fail("trained again"))
        assert same(again.get(task).state_dict(), expected)
        assert again.reused == [], "no earlier run's"
        other = ModelTrainer(
            composed(tmp_path, "reuse_models=false", "resume=auto", "seed=1"), data, False, tmp_path / "run"
        )
        monkeypatch.setattr(other, "_train", lambda task: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):  # another prior of that name is trained
            other.get(task)

    def test_a_damaged_stored_prior_is_trained_anew(self, data, tmp_path, caplog):
        cfg = composed(tmp_path)
        task = cfg.task.init_from
        priors = ModelTrainer(cfg, data, False, tmp_path / "one")
        expected = priors.get(task).state_dict()
        stored = priors.store / f"{priors.key(task)}.safetensors"
        whole = stored.read_bytes()
        stored.write_bytes(whole[: len(whole) // 2])
        again = ModelTrainer(cfg, data, False, tmp_path / "two")
        assert same(again.get(task).state_dict(), expected)
        assert again.reused == []
        assert "It is trained anew." in caplog.text
        assert stored.read_bytes() == whole

    def test_a_best_epoch_that_is_removed_meanwhile_is_a_sentence_and_then_trained_anew(self, data, tmp_path, kill):
        cfg = composed(tmp_path, "reuse_models=false", "resume=auto")
        task, directory = cfg.task.init_from, tmp_path / "run"

        class Removing(pl.Callback):
            def on_fit_end(self, trainer, module):
                (directory / "generic" / "best.ckpt").unlink()

        cfg.callbacks = {"removing": {"_target_": "piaa_lightning.callbacks.channels_last.ChannelsLast"}}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("piaa_lightning.callbacks.channels_last.ChannelsLast", Removing)
            with pytest.raises(
                UserError, match=r"best\.ckpt: the best epoch of the prior generic was damaged or removed"
            ):
                ModelTrainer(cfg, data, False, directory).get(task)
        assert ModelTrainer(cfg, data, False, directory).get(task) is not None

    def test_a_killed_worker_is_a_sentence(self, data, tmp_path, monkeypatch):
        cfg = composed(tmp_path)

        def killed(trainer, module, **_given):
            raise RuntimeError("DataLoader worker (pid 1) is killed by signal: Killed.")

        monkeypatch.setattr(pl.Trainer, "fit", killed)
        with pytest.raises(UserError, match=r"for the prior generic was ended by the system, .*lower data\.workers"):
            ModelTrainer(cfg, data, False, tmp_path).get(cfg.task)

    def test_a_cache_that_cannot_be_written_costs_later_runs_alone(self, data, tmp_path, caplog):
        (tmp_path / "file").touch()
        cfg = composed(tmp_path / "file")  # a file in the cache's place: nothing can be written below it
        priors = ModelTrainer(cfg, data, False, tmp_path / "run")
        assert priors.get(cfg.task.init_from) is not None
        assert "the prior is not kept for later runs" in caplog.text
        assert (tmp_path / "run" / "generic.safetensors").is_file()

    def test_sigterm_ends_the_program_with_its_status_and_leaves_a_state(self, data, tmp_path, monkeypatch):
        cfg = composed(tmp_path, *self.LONGER, "resume=auto")

        def terminated(trainer, module, **_given):
            raise SIGTERMException

        monkeypatch.setattr(pl.Trainer, "fit", terminated)
        with pytest.raises(SystemExit) as ended:
            ModelTrainer(cfg, data, False, tmp_path).get(cfg.task)
        assert ended.value.code == 143


def watched(fit, begun):
    def seen(self, *given, ckpt_path=None, **options):
        begun.append(ckpt_path)
        return fit(self, *given, ckpt_path=ckpt_path, **options)

    return seen


class TestGivenWeights:
    def test_they_are_taken_instead_of_training(self, trained, data, tmp_path, monkeypatch):
        file = trained.checkpoints / "generic.safetensors"
        cfg = composed(tmp_path, f"task.init_from.weights={file}")
        priors = ModelTrainer(cfg, data, False, tmp_path / "checkpoints")
        monkeypatch.setattr(priors, "_train", lambda task: pytest.fail("trained"))
        assert same(priors.get(cfg.task.init_from).state_dict(), load_file(file))
        assert same(load_file(tmp_path / "checkpoints" / "generic.safetensors"), load_file(file))
        assert priors.reused == []
        assert not list((tmp_path / "priors").glob("*.safetensors")), (
            "what was given is not kept as if it had been trained"
        )

    @pytest.mark.parametrize(
        ("override", "sentence"),
        [
            ("head.hidden=[5]", "are of another network than the prior generic .*compose the backbone, head and task"),
            ("head.norm=true", "are of another network than the prior generic"),
            ("seed=0", None),
        ],
    )
    def test_weights_of_another_network_are_a_sentence(self, trained, data, tmp_path, override, sentence):
        file = trained.checkpoints / "generic.safetensors"
        cfg = composed(tmp_path, f"task.init_from.weights={file}", override)
        priors = ModelTrainer(cfg, data, False, tmp_path)
        if sentence is None:
            priors.get(cfg.task.init_from)
            return
        with pytest.raises(UserError, match=sentence) as told:
            priors.get(cfg.task.init_from)
        assert str(told.value).startswith(str(file))
        assert "\n" not in str(told.value)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [(None, "there are no such weights of the prior generic"), (b"no tensors", "cannot be read as weights")],
    )
    def test_a_file_that_cannot_be_read_is_a_sentence(self, data, tmp_path, content, sentence):
        file = tmp_path / "given.safetensors"
        if content is not None:
            file.write_bytes(content)
        cfg = composed(tmp_path, f"task.init_from.weights={file}")
        with pytest.raises(UserError, match=sentence) as told:
            ModelTrainer(cfg, data, False, tmp_path).get(cfg.task.init_from)
        assert "\n" not in str(told.value)


@pytest.fixture(scope="module")
def extended(data, tmp_path_factory) -> ModelTrainer:
    directory = tmp_path_factory.mktemp("joint")
    priors = ModelTrainer(joint(directory / "cache"), data, False, directory / "out")
    priors.get(priors.cfg.task)
    return priors


class TestJoint:
    def test_the_network_before_has_two_streams_and_both_have_learnt(self, extended):
        task = extended.cfg.task.init_from
        network, start = extended.get(task), extended.start(task)
        assert isinstance(network, TwoStreams)
        for part in ("backbone", "head", "personality"):
            before, after = (getattr(each, part).state_dict() for each in (start, network))
            assert not same(before, after), part

    def test_fusion_is_grown_upon_it_and_it_stays_as_it_was(self, extended):
        network = extended.get(extended.cfg.task)
        assert isinstance(network.head, FusedHead)
        assert (network.head.fusion.weight != 0).any()
        before = extended.get(extended.cfg.task.init_from)
        assert not same(network.backbone.state_dict(), before.backbone.state_dict())
        kept = load_file(extended.checkpoints / "joint.safetensors")
        assert same(before.state_dict(), kept)

    def test_no_epochs_leave_what_was_grown_for_every_user_to_train(self, extended, data, tmp_path):
        cfg = joint(tmp_path, "task.epochs=0")
        given = extended.checkpoints / "joint.safetensors"
        cfg.task.init_from.weights = str(given)
        network = ModelTrainer(cfg, data, False, tmp_path).get(cfg.task)
        before = extended.get(extended.cfg.task.init_from)
        assert (network.head.fusion.weight == 0).all()
        assert same(network.backbone.state_dict(), before.backbone.state_dict())
        images = data.main.inputs.batch(np.arange(10))
        with torch.no_grad():
            assert torch.equal(network.eval()(images), before.eval()(images))

    def test_a_grown_network_comes_back_from_the_cache(self, extended, data, tmp_path, monkeypatch):
        again = ModelTrainer(extended.cfg, data, False, tmp_path)
        monkeypatch.setattr(again, "_train", lambda task: pytest.fail("trained again"))
        assert same(again.get(again.cfg.task).state_dict(), extended.get(extended.cfg.task).state_dict())
        assert again.reused == ["pa_iaa"]
