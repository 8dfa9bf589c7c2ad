"""A model is named by everything that training depends on, and by nothing else."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.splits import users_and_images
from piaa_lightning.models.feature_extractor import FeatureExtractor
from tests.pipeline.conftest import composed, joint, trainer

pytestmark = pytest.mark.slow


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
        other = trainer(composed(tmp_path, override), data, tmp_path)
        assert other.keys.of_task(other.spec.task) != trained.keys.of_task(trained.spec.task)

    @pytest.mark.parametrize(
        "overrides", [["name=other", "logger=csv"], ["protocol.test.seed=3", "methods.random.label=R"]]
    )
    def test_it_stays_with_everything_else(self, trained, data, tmp_path, overrides):
        other = trainer(composed(tmp_path, *overrides), data, tmp_path)
        assert other.keys.of_task(other.spec.task) == trained.keys.of_task(trained.spec.task)

    def test_a_learner_is_validated_at_the_runs_shots_and_moves_with_them_and_the_generic_network_stays(
        self, trained, data, tmp_path
    ):
        other = trainer(composed(tmp_path, "shots=5"), data, tmp_path)
        learner, generic = other.spec.task, other.spec.task.init_from
        assert other.keys.of_task(learner) != trained.keys.of_task(trained.spec.task)
        assert other.keys.of_task(generic) == trained.keys.of_task(trained.spec.task.init_from)

    def test_a_task_that_is_named_and_not_started_from_changes_nothing(self, data, tmp_path):
        def key(*overrides):
            made = trainer(composed(tmp_path, "init_from=none", *overrides), data, tmp_path)
            return made.keys.of_task(made.spec.task)

        assert key() == key("task.init_from.epochs=7")

    def test_the_task_that_it_starts_from_is_another(self, data, tmp_path):
        priors = trainer(composed(tmp_path), data, tmp_path)
        assert priors.keys.of_task(priors.spec.task) != priors.keys.of_task(priors.spec.task.init_from)

    def test_it_moves_with_the_backbones_weights(self, trained, data, tmp_path):
        weights = copy.deepcopy(data.extractor.backbone)
        with torch.no_grad():
            next(weights.parameters()).add_(1e-6)
        for extractor in (FeatureExtractor(weights), FeatureExtractor(weights, frozen=True)):
            other = trainer(composed(tmp_path), replace(data, extractor=extractor), tmp_path)
            assert other.keys.of_task(other.spec.task) != trained.keys.of_task(trained.spec.task)

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
            priors = trainer(joint(tmp_path), data.but(name, table=smaller), tmp_path)
            return [priors.keys.of_task(task) for task in (priors.spec.task, priors.spec.task.init_from)]

        priors = trainer(joint(tmp_path), data, tmp_path)
        task, before = (priors.keys.of_task(each) for each in (priors.spec.task, priors.spec.task.init_from))
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
        one, other = (trainer(joint(tmp_path, *more), data, tmp_path) for more in ([], [override]))
        assert one.keys.of_task(one.spec.task) != other.keys.of_task(other.spec.task)

    def test_it_moves_with_the_contents_of_given_weights(self, trained, data, tmp_path):
        file = tmp_path / "given.safetensors"
        cfg = composed(tmp_path, f"task.init_from.weights={file}")
        keys = []
        for part in ("generic", "blg"):
            file.write_bytes((trained.checkpoints / f"{part}.safetensors").read_bytes())
            priors = trainer(cfg, data, tmp_path)
            keys.append(priors.keys.of_task(priors.spec.task))
        assert keys[0] != keys[1]
