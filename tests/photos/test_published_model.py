from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.frozen import Scaling
from piaa_lightning.photos.cards import prior_card, user_card
from piaa_lightning.photos.personal_file import PersonalFile, load_personal_file
from piaa_lightning.photos.programs import ONNX, TORCH, write_programs
from piaa_lightning.photos.published_model import load_prior, prior_directory
from piaa_lightning.photos.scoring_network import FeatureScale, scoring_network_of
from tests.photos.conftest import DESCRIPTION, make_prior


@pytest.fixture
def published(prior, tmp_path):
    prior.save(tmp_path / "prior", prior_card(prior, {ONNX: 1e-6}))
    return tmp_path / "prior"


def someone(prior, count=10):
    drawn = torch.Generator().manual_seed(0)
    rows = torch.randn(count, 5, generator=drawn)
    return PersonalFile("Ana", prior.hash, Scale(1, 5), rows, torch.linspace(0, 1, count))


def test_what_was_published_is_read_again(prior, published):
    again = load_prior(published)
    images = torch.randint(0, 256, (3, 3, 16, 16), dtype=torch.uint8)
    assert again.hash == prior.hash
    assert torch.allclose(again.rows(images), prior.rows(images), atol=1e-6)
    assert dict(again.users.prior_variances) == dict(prior.users.prior_variances)


def test_the_hash_tells_priors_apart(prior):
    assert make_prior(0).hash == prior.hash
    assert make_prior(1).hash != prior.hash


def test_the_card_says_what_it_stands_on(published, prior):
    card = (published / "README.md").read_text()
    for words in ("drawn pictures", "small_cnn", prior.hash, "prior.onnx", "What it is not for"):
        assert words in card


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda home: (home / "config.json").unlink(), "no published prior"),
        (lambda home: (home / "config.json").write_text("{"), "config.json cannot be read"),
        (lambda home: (home / "config.json").write_text("[]"), "no config of a prior"),
        (lambda home: (home / "prior.safetensors").unlink(), "is missing"),
        (lambda home: (home / "prior.safetensors").write_bytes(b"1234567890"), "cannot be read"),
        (lambda home: change(home, format=0), "another version"),
        (lambda home: change(home, head={"kind": "os.system"}), "describes no network that is known"),
        (lambda home: change(home, head={"kind": "ScoreHead", "hidden": [7]}), "do not fit together"),
        (lambda home: change(home, resize="antialias"), "not those that its config was written with"),
        (lambda home: harm_weights(home), "not those that its config was written with"),
    ],
)
def test_every_damage_is_one_sentence(published, harm, words):
    harm(published)
    with pytest.raises(UserError, match=words):
        load_prior(published)


def change(home, **values):
    config = json.loads((home / "config.json").read_text())
    (home / "config.json").write_text(json.dumps({**config, **values}))


def harm_weights(home):
    tensors = load_file(home / "prior.safetensors")
    tensors["people.noise"] *= 2
    save_file(tensors, home / "prior.safetensors")


def test_a_published_prior_may_not_read_other_files():
    options = {**DESCRIPTION["backbone"]["options"], "checkpoint_path": "elsewhere.pth"}
    with pytest.raises(UserError, match="checkpoint_path, which a published one must not"):
        scoring_network_of({**DESCRIPTION, "backbone": {**DESCRIPTION["backbone"], "options": options}})


def test_joint_and_fused_networks_are_rebuilt():
    told = {"personality": {"traits": 3, "hidden": [4]}, "head": {"kind": "DistributionHead", "bins": 5}}
    joint = scoring_network_of({**DESCRIPTION, **told})
    together = scoring_network_of({**DESCRIPTION, **told, "fused": {"fusion": "constant", "generic": "dist_mean"}})
    images = torch.randint(0, 256, (2, 3, 16, 16), dtype=torch.uint8)
    assert joint(images)[0].shape == together(images)[0].shape == (2,)


def test_a_scaling_becomes_a_part_of_the_network():
    random = torch.Generator().manual_seed(0)
    values = torch.randn(5, 6, generator=random).numpy()
    mean, spread = values[0].astype("float64"), abs(values[1]).astype("float64")
    for axes, unit in ((None, 1.0), (values[2:4].astype("float64"), 3.0)):
        scaling = Scaling(mean, spread, axes, unit)
        found = FeatureScale.of(scaling)(torch.from_numpy(values))
        assert torch.allclose(found, scaling.apply(values), atol=1e-5)


def test_a_place_is_a_path_or_an_id_on_the_hub(published):
    assert prior_directory(str(published)) == published
    assert prior_directory(str(published / "prior.safetensors")) == published
    with pytest.raises(UserError, match="the hub gave nothing of that name"):
        prior_directory("somebody/nothing-of-the-kind")


def test_programs_agree_with_the_network(prior, tmp_path):
    pytest.importorskip("onnxruntime")
    differences = write_programs(prior.network, tmp_path)
    assert set(differences) == {TORCH, ONNX}
    assert max(differences.values()) <= 1e-4
    assert (tmp_path / TORCH).stat().st_size > 1000
    assert (tmp_path / ONNX).stat().st_size > 1000


def test_a_program_that_disagrees_is_refused(prior, tmp_path, monkeypatch):
    from piaa_lightning.photos import programs

    monkeypatch.setattr(programs, "_onnx", lambda *arguments: 0.01)
    with pytest.raises(UserError, match=r"differ by 0\.01"):
        write_programs(prior.network, tmp_path)


class TestUser:
    def test_it_is_small_and_read_again(self, prior, tmp_path):
        user = someone(prior, 2000)
        user.save(tmp_path / "ana.safetensors", user_card(user, prior))
        again = load_personal_file(tmp_path / "ana.safetensors", prior)
        assert (again.name, again.scale) == ("Ana", Scale(1, 5))
        assert torch.equal(again.rows, user.rows)
        assert torch.equal(again.scores, user.scores)
        assert (tmp_path / "ana.safetensors").stat().st_size < 2_000_000
        assert "2000 ratings" in (tmp_path / "ana.md").read_text()

    def test_that_of_another_prior_is_refused_in_one_sentence(self, prior, tmp_path):
        someone(make_prior(1)).save(tmp_path / "ana.safetensors", "")
        with pytest.raises(UserError, match="was made with another prior"):
            load_personal_file(tmp_path / "ana.safetensors", prior)

    @pytest.mark.parametrize(
        ("content", "words"),
        [(None, "no such personal file"), (b"\0" * 20, "is damaged"), (b"", "is damaged")],
    )
    def test_damage_is_said(self, prior, tmp_path, content, words):
        if content is not None:
            (tmp_path / "ana.safetensors").write_bytes(content)
        with pytest.raises(UserError, match=words):
            load_personal_file(tmp_path / "ana.safetensors", prior)

    def test_another_safetensors_file_is_no_user(self, prior, published):
        with pytest.raises(UserError, match="this is no personal file"):
            load_personal_file(published / "prior.safetensors", prior)

    @pytest.mark.parametrize("rows", [torch.zeros(10, 3), torch.full((10, 5), torch.nan), torch.zeros(9, 5)])
    def test_numbers_that_do_not_fit_are_refused(self, prior, tmp_path, rows):
        PersonalFile("Ana", prior.hash, Scale(1, 5), rows, torch.rand(10)).save(tmp_path / "a.safetensors", "")
        with pytest.raises(UserError, match="is damaged"):
            load_personal_file(tmp_path / "a.safetensors", prior)
