from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.networks import networks_of
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.learning.personal_file import PersonalFile, load_personal_file, networks_in
from piaa_lightning.photos.learning.programs import ONNX, TORCH, ScoringProgram, write_programs
from piaa_lightning.photos.learning.published_model import load_prior, prior_directory
from piaa_lightning.photos.results.cards import prior_card, user_card
from tests.photos.conftest import DESCRIPTION, FEATURES, make_learnt_model, make_prior, make_seen


@pytest.fixture(params=[make_prior, make_learnt_model], ids=["folder", "learnt"])
def model(request):
    return request.param()


@pytest.fixture
def published(model, tmp_path):
    model.save(tmp_path / "prior", prior_card(model, {ONNX: 1e-6}))
    return tmp_path / "prior"


def someone(prior, count=10):
    seen, stars = make_seen(count), {number: 1.0 + 4 * number / max(count - 1, 1) for number in range(count)}
    names = [str(number) for number in range(count)]
    return PersonalFile.learnt("Ana", prior, Shelf(names, names, [(1, 1)] * count, seen), stars, Scale(1, 5))


def moments(prior, seen):
    process = prior.population.process(FolderStatistics.of(seen))
    images = process.describe(seen)
    return images.expected, process.covariance(images, images)


def test_what_was_published_is_read_again(model, published):
    again = load_prior(published)
    assert again.hash == model.hash
    assert again.networks.keys == model.networks.keys
    assert again.population.learnt_from == "tests"
    for found, expected in zip(moments(again, make_seen(6)), moments(model, make_seen(6)), strict=True):
        assert torch.allclose(found, expected, atol=1e-5)


def test_the_hash_tells_models_apart():
    assert make_prior(0).hash == make_prior(0).hash
    assert make_prior(1).hash != make_prior(0).hash
    assert make_learnt_model(0).hash != make_prior(0).hash


def test_the_card_says_what_it_stands_on(published, model):
    card = (published / "README.md").read_text()
    for words in ("drawn pictures", "small_cnn", model.hash, "prior.onnx", "16 x 16 (bicubic)", "What it is not for"):
        assert words in card


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda home: (home / "config.json").unlink(), "no published model"),
        (lambda home: (home / "config.json").write_text("{"), "config.json cannot be read"),
        (lambda home: (home / "config.json").write_text("[]"), "no config of a model"),
        (lambda home: (home / "prior.safetensors").unlink(), "is missing"),
        (lambda home: (home / "prior.safetensors").write_bytes(b"1234567890"), "cannot be read"),
        (lambda home: change(home, format=0), "another version"),
        (lambda home: change(home, format=1), "another version"),
        (lambda home: change(home, networks=[{"name": "small_cnn"}]), "describes no networks that are known"),
        (lambda home: change(home, networks="os.system"), "describes no networks that are known"),
        (lambda home: change(home, networks=[{**DESCRIPTION[0], "name": "none"}]), "nor a timm model"),
        (lambda home: change(home, networks=[{**DESCRIPTION[0], "layer": 7}]), "no such layer"),
        (lambda home: change(home, people={"kind": "os.system"}), "do not fit together"),
        (lambda home: change(home, networks=DESCRIPTION * 2), "stands twice in the list"),
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
    name = next(name for name in tensors if name.startswith("people."))
    tensors[name] = tensors[name] * 2 + 1
    save_file(tensors, home / "prior.safetensors")


def test_a_published_model_may_not_read_other_files():
    options = {**DESCRIPTION[0]["options"], "checkpoint_path": "elsewhere.pth"}
    with pytest.raises(UserError, match="checkpoint_path, which a published one must not"):
        networks_of([{**DESCRIPTION[0], "options": options}])


def test_numbers_that_are_none_are_refused(tmp_path):
    model = make_learnt_model()
    model.population.said[0] = torch.nan
    model.save(tmp_path, "")
    with pytest.raises(UserError, match=r"people\.said holds numbers that are none"):
        load_prior(tmp_path)


def test_weights_that_are_half_precision_anyway_are_kept_so(tmp_path):
    model = make_prior()
    for value in model.networks.backbone.state_dict().values():
        value.copy_(value.half())
    model.save(tmp_path, "")
    kept = load_file(tmp_path / "prior.safetensors")
    assert {value.dtype for name, value in kept.items() if name.endswith("weight")} == {torch.float16}
    assert load_prior(tmp_path).networks.keys == model.networks.keys


def test_a_place_is_a_path_or_an_id_on_the_hub(published):
    assert prior_directory(str(published)) == published
    assert prior_directory(str(published / "prior.safetensors")) == published
    with pytest.raises(UserError, match="the hub gave nothing of that name"):
        prior_directory("somebody/nothing-of-the-kind")


@pytest.mark.slow
def test_programs_agree_with_the_networks(tmp_path):
    pytest.importorskip("onnxruntime")
    differences = write_programs(make_learnt_model(), tmp_path)
    assert set(differences) == {TORCH, ONNX}
    assert max(differences.values()) <= 1e-4
    assert (tmp_path / TORCH).stat().st_size > 1000
    assert (tmp_path / ONNX).stat().st_size > 1000


@pytest.mark.slow
def test_a_program_that_disagrees_is_refused(tmp_path, monkeypatch):
    from piaa_lightning.photos.learning import programs

    monkeypatch.setattr(programs, "_onnx", lambda *arguments: 0.01)
    with pytest.raises(UserError, match=r"differ by 0\.01"):
        write_programs(make_learnt_model(), tmp_path)


def test_a_model_that_needs_the_folder_has_no_program():
    with pytest.raises(UserError, match="against their folder has no program"):
        ScoringProgram(make_prior())


class TestUser:
    def test_it_is_small_and_read_again(self, model, tmp_path):
        user = someone(model, 200)
        user.save(tmp_path / "ana.safetensors", user_card(user, model))
        again = load_personal_file(tmp_path / "ana.safetensors", model)
        assert (again.name, again.scale, again.networks) == ("Ana", Scale(1, 5), networks_in(model))
        assert torch.equal(again.told.values, user.told.values)
        assert torch.equal(again.scores, user.scores)
        assert torch.allclose(again.folder.mean, user.folder.mean, atol=1e-6)
        assert again.folder.count == 200
        assert "200 ratings" in (tmp_path / "ana.md").read_text()

    def test_a_taste_is_measured_against_both_folders(self, model):
        user = someone(model)
        names = [str(number) for number in range(6)]
        shelf = Shelf(names, names, [(1, 1)] * 6, make_seen(6, seed=8))
        personal = user.personal_model(model, shelf)
        both = FolderStatistics.of(PhotoFeatures.joined([make_seen(10), make_seen(6, seed=8)]))
        expected = model.population.process(both).describe(shelf.seen)
        assert torch.allclose(personal.process.describe(shelf.seen).linear, expected.linear, atol=1e-4)

    def test_models_of_the_same_networks_share_it(self, tmp_path):
        someone(make_prior()).save(tmp_path / "ana.safetensors", "")
        assert load_personal_file(tmp_path / "ana.safetensors", make_learnt_model()).name == "Ana"

    @pytest.mark.parametrize("described", [make_prior(1), None], ids=["other weights", "another list"])
    def test_that_of_other_networks_is_refused_in_one_sentence(self, tmp_path, described):
        user = someone(described or make_prior())
        if described is None:
            user = PersonalFile(
                "Ana", {"mobilenetv2": "1", "nima": "2"}, user.scale, user.told, user.scores, user.folder
            )
        user.save(tmp_path / "ana.safetensors", "")
        with pytest.raises(UserError, match="it holds what other networks saw") as raised:
            load_personal_file(tmp_path / "ana.safetensors", make_prior())
        assert (described is not None) or "(mobilenetv2, nima) than those of this model (small_cnn)" in str(
            raised.value
        )

    def test_that_of_the_earlier_model_says_what_to_do(self, model, tmp_path):
        told = {"format": "piaa_lightning person 1", "config": "{}"}
        save_file({"rows": torch.zeros(3, 5)}, tmp_path / "ana.safetensors", metadata=told)
        with pytest.raises(UserError, match="make it again with mode=adapt from the same ratings"):
            load_personal_file(tmp_path / "ana.safetensors", model)

    @pytest.mark.parametrize(
        ("content", "words"),
        [(None, "no such personal file"), (b"\0" * 20, "is damaged"), (b"", "is damaged")],
    )
    def test_damage_is_said(self, model, tmp_path, content, words):
        if content is not None:
            (tmp_path / "ana.safetensors").write_bytes(content)
        with pytest.raises(UserError, match=words):
            load_personal_file(tmp_path / "ana.safetensors", model)

    def test_another_safetensors_file_is_no_user(self, model, published):
        with pytest.raises(UserError, match="this is no personal file"):
            load_personal_file(published / "prior.safetensors", model)

    @pytest.mark.parametrize(
        "values", [torch.zeros(10, 3), torch.full((10, FEATURES), torch.nan), torch.zeros(9, FEATURES)]
    )
    def test_numbers_that_do_not_fit_are_refused(self, model, tmp_path, values):
        told, folder = PhotoFeatures(values, torch.zeros(10)), FolderStatistics.of(make_seen(10))
        user = PersonalFile("Ana", networks_in(model), Scale(1, 5), told, torch.rand(10), folder)
        user.save(tmp_path / "a.safetensors", "")
        with pytest.raises(UserError, match="is damaged"):
            load_personal_file(tmp_path / "a.safetensors", model)


class KilledError(BaseException):
    """As a kill is: nothing after it is done."""


@pytest.mark.parametrize("step", range(8))
def test_an_export_that_is_killed_over_an_older_one_leaves_one_of_the_two_whole(tmp_path, monkeypatch, step):
    old, new, home = make_prior(0), make_prior(1), tmp_path / "prior"
    old.save(home, "old")
    done = []

    def killing(name):
        original = getattr(Path, name)

        def call(path, *given, **more):
            if len(done) == step:
                raise KilledError
            done.append(name)
            return original(path, *given, **more)

        monkeypatch.setattr(Path, name, call)

    killing("replace")
    killing("open")
    try:
        new.save(home, "new")
    except KilledError:
        monkeypatch.undo()
        assert load_prior(home).hash in (old.hash, new.hash)
        new.save(home, "new")
    monkeypatch.undo()
    assert load_prior(home).hash == new.hash
    assert sorted(path.name for path in home.iterdir() if path.name.startswith(".") and "part" not in path.name) == []
