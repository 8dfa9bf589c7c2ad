"""What a run, its methods and tasks are, read of the composed configuration; mistakes are told with their key."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf, open_dict

from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.specs.specs import RunSpec, shots_of

from composing import config_of

pytestmark = pytest.mark.slow


def composed(*overrides):
    return config_of(*overrides)


def spec(*overrides) -> RunSpec:
    return RunSpec.of(composed(*overrides))


class TestTasks:
    def test_a_chain_goes_back_to_where_nothing_was_before(self):
        found = spec("experiment=blg_piaa", "init_from=generic", "~methods.blg_generic")
        assert [task.name for task in found.task.chain()] == ["blg", "generic"]
        assert [task.key for task in found.task.chain()] == ["task", "task.init_from"]

    def test_a_task_that_several_name_is_one(self):
        found = spec("experiment=blg_piaa")
        methods = found.methods
        assert methods["blg"].model is found.task
        assert methods["ba"].model is methods["generic"].model is methods["blg_generic"].model.init_from
        # also where a task names another's beginning
        joint = spec("experiment=pa_iaa")
        assert joint.methods["mt_iaa"].model.init_from is joint.task.init_from

    def test_all_tasks_of_a_run_come_once_and_auxiliary_ones_with_them(self):
        assert [task.name for task in spec("experiment=blg_piaa").tasks()] == ["blg", "blg_from_generic", "generic"]
        names = [task.name for task in spec("experiment=flickr_aes_table").tasks()]
        assert names == ["generic", "ten_attributes", "mt_iaa", "joint", "pa_iaa", "blg"]

    def test_a_task_learns_from_one_database_or_from_several_by_name(self):
        found = spec("experiment=pa_iaa").task
        (own,) = found.sources
        assert (own.name, own.database, found.in_step) == ("", None, False)
        assert [source.name for source in found.init_from.sources] == ["aesthetics", "personality"]
        assert found.init_from.in_step

    def test_without_methods_there_is_a_task_still(self):
        assert spec("task=generic").task.name == "generic"


class TestStarts:
    @pytest.mark.parametrize(
        ("start", "begins_with", "label"),
        [
            ("pretrained", None, "BLG-PIAA from pretrained"),
            ("generic", "task.init_from", "BLG-PIAA from generic"),
            ("none", None, "BLG-PIAA from nothing"),
        ],
    )
    def test_one_word_says_where_every_learner_starts_and_its_label_names_it(self, start, begins_with, label):
        found = spec("experiment=blg_piaa", f"init_from={start}", "~methods.blg_generic")
        assert found.task.start == start
        assert (found.task.init_from and found.task.init_from.key) == begins_with
        assert found.methods["blg"].label == label
        every = spec("experiment=meta_learners", f"init_from={start}").methods
        learners = [every[key] for key in ("blg", "reptile", "fomaml", "maml", "anil", "metasgd", "plain")]
        assert {method.model.start for method in learners} == {start}
        assert all(method.label.endswith(label.removeprefix("BLG-PIAA")) for method in learners)
        assert every["ba"].model is spec_of_generic(every)

    def test_the_authors_preset_starts_keeps_and_scores_as_their_code_does(self):
        cfg = composed("experiment=blg_piaa_authors")
        task = RunSpec.of(cfg).task
        assert (task.start, task.init_from, task.keep, task.candidates_include_start) == (
            "pretrained",
            None,
            "last",
            False,
        )
        losses = [
            cfg.task.module.learner.inner.loss,
            cfg.task.init_from.module.loss,
            *(cfg.methods[key].personalizer.inner.loss for key in ("blg", "ba")),
        ]
        for loss in losses:  # the worst of five levels is a fifth, the best is one
            made = instantiate(loss)
            assert made(torch.tensor([0.2, 1.0]), torch.tensor([0.0, 1.0])).item() == 0

    def test_what_goes_on_from_a_trained_network_may_stay_as_it_was(self):
        found = spec("experiment=blg_piaa")
        assert found.tasks()[1].name == "blg_from_generic"
        assert found.tasks()[1].candidates_include_start
        assert not found.task.candidates_include_start, "a random head is no candidate"
        assert not spec("experiment=blg_piaa", "tasks.blg_generic.keep=last").tasks()[1].candidates_include_start

    @pytest.mark.parametrize(
        ("overrides", "sentence"),
        [
            (["task.start=generic", "task.init_from=null"], r"task\.start=generic: there is no generic task below"),
            (["init_from=imagenet"], r"task\.start=imagenet: there is no such choice.*pretrained, generic, none"),
            (["task.init_from=pretrained"], r"task\.init_from=pretrained: .* say init_from=pretrained for the run"),
            (["init_from=generic"], r"methods\.blg and methods\.blg_generic are both called BLG-PIAA from generic"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(self, overrides, sentence):
        with pytest.raises(UserError, match=sentence):
            spec("experiment=blg_piaa", "~methods.ba", "~methods.generic", "~methods.generic_affine", *overrides)


def spec_of_generic(methods):
    return methods["generic"].model


class TestMethods:
    def test_every_kind_is_read(self):
        found = spec("experiment=ava_table").methods
        assert {method.evaluation for method in found.values()} == {"images"}
        assert found["handcrafted"].estimator is not None
        assert found["handcrafted"].models() == []
        assert found["rapid"].threshold == 0.5
        users = spec("experiment=pam").methods
        assert users["pam"].auxiliary["attributes"] in users["pam"].models()
        assert users["ceiling"].control
        assert not users["pam"].control


def changed(key, value):
    cfg = composed("experiment=blg_piaa")
    with open_dict(cfg):
        OmegaConf.update(cfg, key, value, force_add=True)
    return cfg


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("methods.blg.suport", {"a": 1}, r"methods\.blg\.suport: methods have .* \(did you mean support\?\)\."),
        (
            "task.init_from.keep",
            "lsat",
            r"task\.init_from\.keep=lsat: there is no such choice \(did you mean last\?\); take one of best, last\.",
        ),
        ("task.init_from.epoch", 3, r"task\.init_from\.epoch: tasks have no such key \(did you mean epochs\?\)\."),
        ("task.zzz", 3, r"task\.zzz: tasks have no such key; there are name, label, epochs, .*"),
        ("task.init_from.name", "???", r"task\.init_from\.name is missing: give it a value\."),
        ("task.module", None, r"task\.module is missing: give it a value\."),
        ("task.epochs", "three", r"task\.epochs=three: give a whole number from 0\."),
        ("task.epochs", -1, r"task\.epochs=-1: give a whole number from 0\."),
        ("task.batch_size", True, r"task\.batch_size=True: give a whole number from 1\."),
        ("task.batch_size", 0, r"task\.batch_size=0: give a whole number from 1\."),
        ("task.dataset", "AverageScores", r"task\.dataset=AverageScores: give a mapping\."),
        ("task.sources", {"a": {"databas": "x"}}, r"task\.sources\.a\.databas: sources have no such key \(did you .*"),
        ("task.sources", {}, r"task\.sources: name at least one, or null .*"),
        ("methods.blg.control", "maybe", r"methods\.blg\.control=maybe: give true or false\."),
        ("methods.blg.threshold", "high", r"methods\.blg\.threshold=high: give a number\."),
        ("methods.blg.evaluation", "scores", r"methods\.blg\.evaluation=scores: choose one of images, traits, or .*"),
        ("methods.blg.personalizer", None, r"methods\.blg: give a personalizer, which fits users, or an evaluation .*"),
        ("methods.blg.estimator", {"_target_": "x"}, r"methods\.blg\.evaluation=None: an estimator .*"),
        ("methods.blg", 3, r"methods\.blg=3: give a mapping with the keys of methods\."),
        ("evaluate_on", "train", r"evaluate_on=train: methods are evaluated on test or val, .*"),
        ("on_shared_photos", "keep", r"on_shared_photos=keep: choose refuse or drop\."),
        ("comparisons", [["blg"]], r"comparisons: \['blg'\] is no pair; give pairs of keys of methods, .*"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_the_full_key(key, value, sentence):
    with pytest.raises(UserError, match=rf"^{sentence}$") as told:
        RunSpec.of(changed(key, value))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("value", "expected"), [(10, (10,)), ([100, 10], (10, 100)), ([5, 5, 1], (1, 5)), ([10, 0], (0, 10))]
)
def test_shots_come_out_ascending_and_once(value, expected):
    assert shots_of(value) == shots_of(OmegaConf.create({"shots": value}).shots) == expected


@pytest.mark.parametrize("value", ["abc", -1, [], [10, -5], 1.5, [10, "x"], True, None])
def test_shots_that_are_no_whole_numbers_are_a_sentence(value):
    with pytest.raises(UserError, match=r"^shots=.*: give one whole number from 0 or a list of them"):
        shots_of(value)


def test_a_spec_is_read_without_torch():
    program = "import sys; import piaa_lightning.pipeline.specs.specs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
