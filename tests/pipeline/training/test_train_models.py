from __future__ import annotations

import contextlib

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.utilities.exceptions import SIGTERMException
from safetensors.torch import load_file

from piaa_lightning.errors import UserError
from piaa_lightning.models.papers.fusion import FusedHead
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.pipeline.parts.make_trainer import make_trainer
from piaa_lightning.pipeline.specs.specs import RunSpec
from tests.pipeline.conftest import composed, joint, trained_task, trainer

pytestmark = pytest.mark.slow


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return set(one) == set(other) and all(torch.equal(one[name], other[name]) for name in one)


class TestGet:
    def test_the_same_prior_is_trained_once(self, trained):
        assert trained.get(trained.spec.task) is trained.get(trained.spec.task)
        assert len(trained.networks) == 2

    def test_two_priors_share_no_tensor(self, trained, data):
        meta, generic = (trained.get(task) for task in (trained.spec.task, trained.spec.task.init_from))
        parts = [list(net.state_dict().values()) for net in (meta, generic, data.extractor.backbone)]
        pointers = [{tensor.data_ptr() for tensor in tensors} for tensors in parts]
        assert sum(map(len, parts)) == len(set.union(*pointers))

    def test_the_meta_prior_has_moved_from_the_one_it_started_from_and_left_it_alone(self, trained, data, tmp_path):
        task = trained.spec.task.init_from
        alone = trainer(composed(tmp_path), data, tmp_path).get(task)
        assert same(trained.get(task).state_dict(), alone.state_dict())
        assert not same(trained.get(trained.spec.task).state_dict(), alone.state_dict())

    def test_training_has_learnt_something(self, trained, data):
        main, task = data.main, trained.spec.task.init_from
        start, prior = trained.start(task), trained.get(task)
        images = main.split.train_images
        truth = torch.from_numpy(main.table.average_scores())[images]
        with torch.no_grad():
            before, after = ((net.eval()(main.inputs.batch(images)) - truth).square().mean() for net in (start, prior))
        assert after < before

    def test_the_backbone_that_it_started_from_has_not_moved(self, trained, data):
        start = trained.start(trained.spec.task.init_from)
        assert same(start.backbone.state_dict(), data.extractor.backbone.state_dict())

    def test_training_again_gives_the_same_bits(self, trained, data, tmp_path):
        torch.rand(100)  # whatever was drawn before must not matter
        again = trainer(composed(tmp_path, "reuse_models=false"), data, tmp_path)
        assert same(again.get(again.spec.task).state_dict(), trained.get(trained.spec.task).state_dict())
        assert again.reused == []

    def test_reuse_gives_the_same_bits_without_training(self, trained, data, tmp_path, monkeypatch):
        reusing = trainer(trained.spec.config, data, tmp_path)
        monkeypatch.setattr(reusing, "_train", lambda task, key: pytest.fail("trained again"))
        taken = reusing.get(reusing.spec.task)
        assert same(taken.state_dict(), trained.get(trained.spec.task).state_dict())
        assert reusing.reused == ["blg"]

    def test_no_reuse_unless_allowed(self, trained, data, tmp_path, monkeypatch):
        cfg = OmegaConf.merge(trained.spec.config, {"reuse_models": False})
        priors = trainer(cfg, data, tmp_path)
        network = torch.nn.Linear(1, 1)
        monkeypatch.setattr(priors, "_train", lambda task, key: network)
        monkeypatch.setattr(priors.cache, "keep", lambda network, key: None)  # others still want what is there
        assert priors.get(priors.spec.task) is network

    def test_another_seed_starts_elsewhere(self, trained, data, tmp_path):
        other = trainer(composed(tmp_path, "seed=1"), data, tmp_path)
        first, second = (priors.start(priors.spec.task.init_from) for priors in (trained, other))
        assert not same(first.head.state_dict(), second.head.state_dict())


class TestSaved:
    def test_the_files_are_theta_and_nothing_else(self, trained):
        for task in (trained.spec.task, trained.spec.task.init_from):
            state = trained.get(task).state_dict()
            kept = load_file(trained.cache.file(trained.keys.of_task(task)))
            assert set(kept) == set(state)
            assert all(torch.equal(kept[name], state[name]) for name in state)
            beside = load_file(trained.checkpoints / f"{task.name}.safetensors")
            assert all(torch.equal(beside[name], kept[name]) for name in kept)

    def test_the_best_epoch_on_validation_users_is_kept(self, trained):
        best = torch.load(trained.checkpoints / "generic" / "best.ckpt", weights_only=True)["state_dict"]
        state = trained.get(trained.spec.task.init_from).state_dict()
        assert all(torch.equal(best[f"network.{name}"], value) for name, value in state.items())


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

        monkeypatch.setattr("piaa_lightning.pipeline.training.train_model.make_trainer", made)

    return kill


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
class TestResume:
    """A run that was cut off in training ends with the bits of one that was not."""

    LONGER = ("reuse_models=false", "task.init_from.epochs=3", "task.epochs=2")

    @pytest.mark.parametrize("composed", [composed, joint], ids=["blg", "pa_iaa"])
    @pytest.mark.parametrize("every", [None, 2], ids=["epochs", "steps"])
    def test_killed_in_both_trainings(self, data, tmp_path, kill, composed, every):
        keys = [*self.LONGER, f"checkpoint_steps={every or 'null'}"]
        whole = trainer(composed(tmp_path, *keys), data, tmp_path / "whole")
        expected = [whole.get(task).state_dict() for task in (whole.spec.task, whole.spec.task.init_from)]
        first, second = whole.spec.task.init_from.name, whole.spec.task.name
        again = [composed(tmp_path, *keys, "resume=auto")]
        for task, step in ((first, 1), (first, 5), (first, 9), (second, 1), (second, 4)):
            kill(task, step)
            priors = trainer(again[0], data, tmp_path / "threshold")
            with contextlib.suppress(KilledError):
                priors.get(priors.spec.task)
        kill()
        priors = trainer(again[0], data, tmp_path / "threshold")
        found = [priors.get(task).state_dict() for task in (priors.spec.task, priors.spec.task.init_from)]
        assert all(same(one, other) for one, other in zip(found, expected, strict=True))
        assert not list((tmp_path / "threshold").rglob("step_*.ckpt")), "nothing is left to go on from"

    def test_it_goes_on_where_it_was(self, data, tmp_path, kill, monkeypatch):
        begun = []
        monkeypatch.setattr(pl.Trainer, "fit", watched(pl.Trainer.fit, begun))
        cfg = composed(tmp_path, *self.LONGER, "resume=auto")
        kill("generic", 7)
        with pytest.raises(KilledError):
            trained_task(trainer(cfg, data, tmp_path / "threshold"))
        states = sorted(file.name for file in (tmp_path / "threshold" / "generic").glob("step_*.ckpt"))
        kill()
        trained_task(trainer(cfg, data, tmp_path / "threshold"))
        assert [None if path is None else path.name for path in begun] == [None, states[-1], None]

    def test_without_resume_it_begins_anew(self, data, tmp_path, kill, monkeypatch):
        begun = []
        monkeypatch.setattr(pl.Trainer, "fit", watched(pl.Trainer.fit, begun))
        cfg = composed(tmp_path, *self.LONGER)
        kill("generic", 7)
        for _ in range(2):
            with pytest.raises(KilledError):
                trained_task(trainer(cfg, data, tmp_path / "threshold"))
        assert begun == [None, None]

    def test_a_prior_that_this_run_finished_is_not_trained_twice(self, data, tmp_path, monkeypatch):
        cfg = composed(tmp_path, "reuse_models=false", "resume=auto")
        task = RunSpec.of(cfg).task.init_from
        expected = trainer(cfg, data, tmp_path / "run").get(task).state_dict()
        again = trainer(cfg, data, tmp_path / "run")
        monkeypatch.setattr(again, "_train", lambda task, key: pytest.fail("trained again"))
        assert same(again.get(task).state_dict(), expected)
        assert again.reused == [], "no earlier run's"
        other = trainer(composed(tmp_path, "reuse_models=false", "resume=auto", "seed=1"), data, tmp_path / "run")
        monkeypatch.setattr(other, "_train", lambda task, key: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):  # another prior of that name is trained
            other.get(task)

    def test_a_damaged_stored_prior_is_trained_anew(self, data, tmp_path, caplog):
        cfg = composed(tmp_path)
        task = RunSpec.of(cfg).task.init_from
        priors = trainer(cfg, data, tmp_path / "one")
        expected = priors.get(task).state_dict()
        stored = priors.cache.file(priors.keys.of_task(task))
        whole = stored.read_bytes()
        stored.write_bytes(whole[: len(whole) // 2])
        again = trainer(cfg, data, tmp_path / "two")
        assert same(again.get(task).state_dict(), expected)
        assert again.reused == []
        assert "It is trained anew." in caplog.text
        assert stored.read_bytes() == whole

    def test_a_best_epoch_that_is_removed_meanwhile_is_a_sentence_and_then_trained_anew(self, data, tmp_path, kill):
        cfg = composed(tmp_path, "reuse_models=false", "resume=auto")
        task, directory = RunSpec.of(cfg).task.init_from, tmp_path / "run"

        class Removing(pl.Callback):
            def on_fit_end(self, trainer, module):
                (directory / "generic" / "best.ckpt").unlink()

        cfg.callbacks = {"removing": {"_target_": "piaa_lightning.callbacks.channels_last.ChannelsLast"}}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("piaa_lightning.callbacks.channels_last.ChannelsLast", Removing)
            with pytest.raises(
                UserError, match=r"best\.ckpt: the kept epoch of the prior generic was damaged or removed"
            ):
                trainer(cfg, data, directory).get(task)
        assert trainer(cfg, data, directory).get(task) is not None

    def test_a_killed_worker_is_a_sentence(self, data, tmp_path, monkeypatch):
        cfg = composed(tmp_path)

        def killed(trainer, module, **_given):
            raise RuntimeError("DataLoader worker (pid 1) is killed by signal: Killed.")

        monkeypatch.setattr(pl.Trainer, "fit", killed)
        with pytest.raises(UserError, match=r"for the prior generic was ended by the system, .*lower data\.workers"):
            trained_task(trainer(cfg, data, tmp_path))

    def test_a_cache_that_cannot_be_written_costs_later_runs_alone(self, data, tmp_path, caplog):
        (tmp_path / "file").touch()
        cfg = composed(tmp_path / "file")  # a file in the cache's place: nothing can be written below it
        priors = trainer(cfg, data, tmp_path / "run")
        assert priors.get(priors.spec.task.init_from) is not None
        assert "the prior is not kept for later runs" in caplog.text
        assert (tmp_path / "run" / "generic.safetensors").is_file()

    def test_sigterm_ends_the_program_with_its_status_and_leaves_a_state(self, data, tmp_path, monkeypatch):
        cfg = composed(tmp_path, *self.LONGER, "resume=auto")

        def terminated(trainer, module, **_given):
            raise SIGTERMException

        monkeypatch.setattr(pl.Trainer, "fit", terminated)
        with pytest.raises(SystemExit) as ended:
            trained_task(trainer(cfg, data, tmp_path))
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
        priors = trainer(cfg, data, tmp_path / "checkpoints")
        monkeypatch.setattr(priors, "_train", lambda task, key: pytest.fail("trained"))
        assert same(priors.get(priors.spec.task.init_from).state_dict(), load_file(file))
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
        priors = trainer(cfg, data, tmp_path)
        if sentence is None:
            priors.get(priors.spec.task.init_from)
            return
        with pytest.raises(UserError, match=sentence) as told:
            priors.get(priors.spec.task.init_from)
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
            trained_task(trainer(cfg, data, tmp_path), before=True)
        assert "\n" not in str(told.value)


class TestJoint:
    def test_the_network_before_has_two_streams_and_both_have_learnt(self, extended):
        task = extended.spec.task.init_from
        network, start = extended.get(task), extended.start(task)
        assert isinstance(network, TwoStreams)
        for part in ("backbone", "head", "personality"):
            before, after = (getattr(each, part).state_dict() for each in (start, network))
            assert not same(before, after), part

    def test_fusion_is_grown_upon_it_and_it_stays_as_it_was(self, extended):
        network = extended.get(extended.spec.task)
        assert isinstance(network.head, FusedHead)
        assert (network.head.fusion.weight != 0).any()
        before = extended.get(extended.spec.task.init_from)
        assert not same(network.backbone.state_dict(), before.backbone.state_dict())
        kept = load_file(extended.checkpoints / "joint.safetensors")
        assert same(before.state_dict(), kept)

    def test_no_epochs_leave_what_was_grown_for_every_user_to_train(self, extended, data, tmp_path):
        cfg = joint(tmp_path, "task.epochs=0")
        given = extended.checkpoints / "joint.safetensors"
        cfg.task.init_from.weights = str(given)
        network = trained_task(trainer(cfg, data, tmp_path))
        before = extended.get(extended.spec.task.init_from)
        assert (network.head.fusion.weight == 0).all()
        assert same(network.backbone.state_dict(), before.backbone.state_dict())
        images = data.main.inputs.batch(np.arange(10))
        with torch.no_grad():
            assert torch.equal(network.eval()(images), before.eval()(images))

    def test_a_grown_network_comes_back_from_the_cache(self, extended, data, tmp_path, monkeypatch):
        again = trainer(extended.spec.config, data, tmp_path)
        monkeypatch.setattr(again, "_train", lambda task, key: pytest.fail("trained again"))
        assert same(again.get(again.spec.task).state_dict(), extended.get(extended.spec.task).state_dict())
        assert again.reused == ["pa_iaa"]
