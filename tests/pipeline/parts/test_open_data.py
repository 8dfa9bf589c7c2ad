"""Several databases, opened as one run sees them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from piaa_lightning.data.images.inputs import Features
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.evaluating.evaluate_methods import refuse_impossible
from piaa_lightning.pipeline.parts import open_data
from piaa_lightning.pipeline.parts.build_model import build_extractor
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.simulation import embedded

from composing import config_of

CPU = torch.device("cpu")
SMALL = ["data.size=tiny", "backbone.size=16", "backbone.options.width=2", "backbone.options.features=4"]


def composed(cache: Path, *overrides: str):
    return config_of(*SMALL, f"paths.cache={cache}", *overrides)


TWO = ["+method@methods.one=images", "data=ava", "+data@databases.other=eva", "databases.other.size=tiny"]


def opened(cfg) -> Databases:
    spec = RunSpec.of(cfg)
    return Databases(spec, build_extractor(spec, CPU), CPU)


@pytest.fixture(scope="module")
def two(cache) -> Databases:
    return opened(composed(cache, *TWO))


class TestDatabases:
    def test_the_main_one_and_others_by_name(self, two):
        assert two.main is two.get(None)
        assert two.main.name == "ava, embedded tiny"
        assert two.get("other").name == "eva, embedded tiny"
        assert two.extractor.features == 4
        assert two.main.inputs.batch(np.arange(2)).shape == (2, 3, 16, 16)
        assert two.main.inputs.training.batch(np.arange(2)).shape[-1] == round(16 * 1.143)

    def test_the_cut_is_the_databases_own(self, two):
        # above 5 of 1..10; the middle where the database names none
        assert two.main.threshold == pytest.approx(4 / 9)
        assert two.get("other").threshold == 0.5

    def test_a_name_that_is_not_there_is_a_sentence(self, two):
        sentence = r"^databases: there is no others \(there is other\); add it with \+data@databases\.others=NAME\.$"
        with pytest.raises(UserError, match=sentence):
            two.get("others")

    def test_one_database_under_two_names_is_opened_once(self, cache, monkeypatch):
        seen = []
        make = open_data.data_module
        monkeypatch.setattr(open_data, "data_module", lambda *given: seen.append(1) or make(*given))
        more = ["+method@methods.one=images", "data=ava", "+databases.aesthetics=${data}"]
        found = opened(composed(cache, *more))
        assert found.get("aesthetics") is found.main
        assert len(seen) == 1
        changed = opened(composed(cache, *more[:2], "+data@databases.b=ava", "databases.b.split.seed=1"))
        assert changed.get("b") is not changed.main


def photos(database) -> set[str]:
    """Numbers by which AVA and EVA call the same images."""
    return {Path(file).stem for file in database}


class TestSharedPhotos:
    """EVA's images are AVA's; the embedded copies are given one in common here."""

    @pytest.fixture
    def sharing(self, cache, tmp_path, two):
        """AVA as a copy one of whose training images is one that EVA is evaluated on."""
        ava, eva = two.main, two.get("other")
        test = Path(eva.table.image_files[eva.split.test_images[0]]).stem
        file = ava.table.image_files[ava.split.train_images[0]]
        assert test not in photos(ava.table.image_files)
        copy = tmp_path / "ava"
        shutil.copytree(embedded.ensure("ava", "tiny", cache), copy)
        (copy / file).rename((copy / file).with_stem(test))
        for text in copy.rglob("*.txt"):
            number = Path(file).stem
            lines = text.read_text(encoding="utf-8").splitlines()
            changed = [" ".join(test if word == number else word for word in line.split(" ")) for line in lines]
            text.write_text("\n".join(changed) + "\n", encoding="utf-8")
        methods = ["+method@methods.one=images", "methods.one.database=other"]
        data = [f"data.root={copy}", "data=ava", "+data@databases.other=eva", "databases.other.size=tiny"]
        return test, lambda *more: composed(cache, *methods, *data, *more)

    def test_learning_from_what_another_database_is_evaluated_on_is_refused(self, sharing):
        _, cfg = sharing
        with pytest.raises(UserError, match=r"^\d training and 0 .* are evaluated on in eva.*on_shared_photos=drop"):
            opened(cfg())

    def test_or_left_out_and_said(self, sharing):
        test, cfg = sharing
        found = opened(cfg("on_shared_photos=drop"))
        table, split = found.main.table, found.main.split
        assert test in photos(table.image_files)
        assert test not in photos(table.image_files[split.train_images])
        assert re.search(r"less \d training and 0 validation images that are evaluated on in eva", split.description)

    def test_where_that_database_is_not_evaluated_on_nothing_is_wrong(self, sharing):
        test, cfg = sharing
        found = opened(cfg("methods.one.database=null"))
        assert test in photos(found.main.table.image_files[found.main.split.train_images])

    def test_another_choice_is_a_sentence(self, sharing):
        _, cfg = sharing
        with pytest.raises(UserError, match=r"^on_shared_photos=keep: choose refuse or drop\.$"):
            opened(cfg("on_shared_photos=keep"))


def test_frozen_features_are_scaled_by_the_training_images_of_the_main_database(cache):
    found = opened(composed(cache, *TWO, "backbone.frozen=true"))
    assert found.extractor.frozen
    main, other = (data.inputs.evaluation for data in (found.main, found.get("other")))
    assert isinstance(main, Features)
    known = main.values[found.main.split.train_images].double()
    assert known.mean(dim=0).numpy() == pytest.approx(np.zeros(4), abs=1e-5)
    spread = known.std(dim=0, correction=0)
    live = spread > 0  # a random network may have a feature that is zero for every image
    assert live.any()
    assert spread[live].numpy() == pytest.approx(1, abs=1e-5)
    # the other's are on the same scale, not on their own
    theirs = other.values[found.get("other").split.train_images].double()
    assert theirs.mean(dim=0)[live].abs().max() > 1e-3
    one = opened(composed(cache, *TWO, "backbone.frozen=true", "backbone.components=2"))
    assert one.extractor.features == 2
    assert one.main.inputs.evaluation.values.shape[1] == 2


def test_a_broken_image_is_neither_learnt_from_nor_evaluated_on(cache, tmp_path, two):
    ava = two.main
    broken = [ava.table.image_files[part[0]] for part in (ava.split.train_images, ava.split.test_images)]
    copy = tmp_path / "ava"
    shutil.copytree(embedded.ensure("ava", "tiny", cache), copy)
    for file in broken:
        (copy / file).write_bytes(b"no image")
    more = ["+method@methods.one=images", "data=ava", f"data.root={copy}", "data.max_broken=0.5"]
    table = opened(composed(cache, *more)).main.table
    assert table.dropped["broken images"] == 2
    for file in broken:
        (image,) = np.flatnonzero(table.image_files == file)
        assert np.isnan(table.distribution[image]).all()
        assert np.isnan(table.image_score[image])
    with pytest.raises(UserError, match=r"max_broken"):
        opened(composed(cache, *more[:3]))


class TestRefuseImpossible:
    @pytest.mark.parametrize(
        ("overrides", "sentence"),
        [
            (["methods.one.database=nowhere"], r"^databases: there is no nowhere"),
            (["task=generic", "task.database=nowhere"], r"^databases: there is no nowhere"),
            (
                ["+method@methods.two=random"],
                r"^ava, embedded tiny: the split holds out no users, and random is evaluated",
            ),
        ],
    )
    def test_what_cannot_be_judged_is_a_sentence_before_anything_is_learnt(self, cache, two, overrides, sentence):
        with pytest.raises(UserError, match=sentence):
            refuse_impossible(RunSpec.of(composed(cache, *TWO, *overrides)), two)

    @pytest.mark.parametrize(
        ("overrides", "sentence"),
        [
            (["shots=100000"], r"no test user has the 100000 \+ 10 ratings .* \(the most are \d+\); lower shots"),
            (["protocol.test.min_query=99999"], r"no test user has the 10 \+ 99999 ratings"),
            (["evaluate_on=val", "shots=5000"], r"no val user has the 5000 \+ \d+ ratings"),
        ],
    )
    def test_users_with_too_few_ratings_are_told_of_before_anything_is_learnt(self, cache, overrides, sentence):
        cfg = composed(cache, "+method@methods.one=ridge", *overrides)
        with pytest.raises(UserError, match=sentence):
            refuse_impossible(RunSpec.of(cfg), opened(cfg))

    def test_what_can_be_judged_passes(self, cache, two):
        refuse_impossible(RunSpec.of(composed(cache, *TWO)), two)
