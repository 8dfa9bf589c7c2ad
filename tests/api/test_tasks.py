"""The LightningModules from plain values: any of them is fitted to its view, and a checkpoint is enough."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from piaa_lightning import (
    AVA,
    BilevelMetaLearning,
    FlickrAES,
    GenericAesthetics,
    JointAestheticsPersonality,
    JointData,
    MetaLearning,
    PersonalAesthetics,
    PersonalityTraits,
    PsychoFlickr,
)
from piaa_lightning.errors import ArgumentError
from piaa_lightning.models.backbones.factory import build_backbone

TINY = {"image_size": 16, "backbone_options": {"width": 2, "features": 8}}


@pytest.mark.parametrize(
    ("make", "database"),
    [
        (lambda: GenericAesthetics(**TINY, loss="binary"), FlickrAES),
        (lambda: GenericAesthetics(**TINY, loss="emd"), AVA),
        (lambda: GenericAesthetics(**TINY, loss="distribution", bins=5), FlickrAES),
        (lambda: PersonalityTraits(**TINY), partial(PsychoFlickr, split={"val_users": 0.3})),
        (lambda: MetaLearning(**TINY, learner="reptile", steps=1), FlickrAES),
        (lambda: MetaLearning(**TINY, learner="metasgd"), FlickrAES),
    ],
)
def test_fit_just_works_and_a_checkpoint_is_enough(make, database, tmp_path, trained):
    task = make()
    trainer = trained(task, database(size="tiny"))
    assert trainer.callback_metrics["val/srocc"].isfinite()
    trainer.save_checkpoint(tmp_path / "task.ckpt")
    again = type(task).load_from_checkpoint(tmp_path / "task.ckpt")
    for name, value in task.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])


def test_joint_and_personal(data, tmp_path, trained):
    joint = JointAestheticsPersonality(**TINY)
    both = JointData(aesthetics=AVA(size="tiny"), personality=PsychoFlickr(size="tiny"))
    trained(joint, both)
    before = {name: value.clone() for name, value in joint.network.state_dict().items()}
    personal = PersonalAesthetics(joint)
    trainer = trained(personal, data)
    trainer.save_checkpoint(tmp_path / "task.ckpt")
    again = PersonalAesthetics.load_from_checkpoint(tmp_path / "task.ckpt")
    assert torch.equal(again.network.head.fusion.weight, personal.network.head.fusion.weight)
    assert all(torch.equal(value, before[name]) for name, value in joint.network.state_dict().items())


def test_what_starts_from_a_model_has_its_numbers_and_leaves_it(generic, data, tmp_path, trained):
    before = {name: value.clone() for name, value in generic.network.state_dict().items()}
    blg = BilevelMetaLearning(init_from=generic, steps=1)
    assert all(torch.equal(value, before[name]) for name, value in blg.network.state_dict().items())
    trainer = trained(blg, data)
    assert all(torch.equal(value, before[name]) for name, value in generic.network.state_dict().items())
    moved = any(not torch.equal(value, before[name]) for name, value in blg.network.state_dict().items())
    assert moved
    trainer.save_checkpoint(tmp_path / "blg.ckpt")
    again = BilevelMetaLearning.load_from_checkpoint(tmp_path / "blg.ckpt")
    assert again.hparams["image_size"] == 16
    for name, value in blg.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])


def test_a_learner_starts_from_weights_or_from_nothing_by_one_word():
    given = build_backbone("small_cnn", "embedded").state_dict()
    pretrained = BilevelMetaLearning("pretrained", weights="embedded")
    assert all(torch.equal(value, given[name]) for name, value in pretrained.network.backbone.state_dict().items())
    nothing = BilevelMetaLearning("none", weights="embedded")
    first = "network.layers.0.weight"
    assert not torch.equal(nothing.network.backbone.state_dict()[first], given[first])
    for arguments, sentence in (
        ({"init_from": "pretrained"}, "the backbone needs some, such as 'imagenet'"),
        ({"init_from": "generic"}, "give the trained task itself"),
        ({"init_from": "imagenet"}, "there is no such choice"),
    ):
        with pytest.raises(ArgumentError, match=sentence):
            BilevelMetaLearning(**arguments)


def test_a_loss_of_ones_own(data, trained):
    asked = []

    def loss(prediction, target):
        asked.append(prediction.shape)
        return (prediction - target).abs().mean()

    trained(GenericAesthetics(**TINY, loss=loss), data)
    assert asked[0] == (64,)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: GenericAesthetics(backbone="resnet81"), r"^backbone=resnet81: neither one of"),
        (lambda: GenericAesthetics(head="big"), r"^head=big: choose one of"),
        (
            lambda: GenericAesthetics(loss="mae"),
            r"^loss=mae: there is no such choice.*; take one of mse, binary, emd, distribution",
        ),
        (lambda: GenericAesthetics(lr=-1), r"^lr=-1: give a learning rate above 0"),
        (lambda: GenericAesthetics(image_size=7), r"^image_size=7: small_cnn halves"),
        (lambda: MetaLearning(learner="leap"), r"^learner=leap: there is no such choice.*; take one of blg"),
        (lambda: MetaLearning(steps=0), r"^steps=0: give 1 or more"),
        (lambda: BilevelMetaLearning(beta=0), r"^beta=0: give a learning rate"),
        (
            lambda: PersonalAesthetics(fusion="sum"),
            r"^fusion=sum: there is no such choice; take one of constant, mlp, none",
        ),
        (lambda: JointAestheticsPersonality(balance="both"), r"^balance=both: choose one of alternate, sum"),
        (lambda: JointData(), r"^sources: give one database"),
    ],
)
def test_a_mistake_names_the_argument(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_a_joint_task_asks_for_joint_data(data, trained):
    with pytest.raises(ValueError, match=r"^datamodule: this task learns from several databases; give JointData of"):
        trained(JointAestheticsPersonality(**TINY), data)
