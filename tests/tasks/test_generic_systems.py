"""The losses of the generic systems of the talk's AVA table, by hand."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from piaa_lightning.data.batches import Examples, Labelled, Pairs
from piaa_lightning.errors import UserError
from piaa_lightning.losses.binary import binary_loss
from piaa_lightning.losses.labels import content_loss, label_loss
from piaa_lightning.losses.ranking import ranking_loss
from piaa_lightning.losses.triplet import triplet_loss
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.aesthetic_space import AestheticSpace
from piaa_lightning.models.papers.attribute_network import AttributeNetwork
from piaa_lightning.models.papers.kong_network import KongNetwork
from piaa_lightning.models.papers.scene_columns import SceneColumns
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.tasks.aesthetic_space import AestheticSpaceTask
from piaa_lightning.tasks.attributes import AttributeTask
from piaa_lightning.tasks.kong import KongTask
from piaa_lightning.tasks.scenes import SceneTask
from piaa_lightning.tasks.space_classifier import SpaceClassifierTask

SGD = partial(torch.optim.SGD, lr=0.5)
BINARY = partial(binary_loss, middle=0.45)
NAN = float("nan")
INPUTS = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
SCORES = torch.rand(8, generator=torch.Generator().manual_seed(1))
TAGS = torch.where(torch.rand(8, 3, generator=torch.Generator().manual_seed(2)) > 0.5, 1.0, -1.0)
TAGS[[2, 5]] = NAN  # untagged
BATCH = Labelled(INPUTS, SCORES, TAGS, torch.arange(8))
GOOD = (SCORES > 0.45).float()
WEIGHTS = {"margin": 0.1, "rank_weight": 0.5, "attribute_weight": 2.0, "content_weight": 0.25}


def cross_entropy(probability: torch.Tensor, good: torch.Tensor) -> float:
    p = probability.detach().double().numpy()
    return float(-np.log(np.where(good.numpy() > 0, p, 1 - p)).mean())


class TestTags:
    """Kao et al. 2017."""

    def task(self) -> AttributeTask:
        torch.manual_seed(0)
        network = AttributeNetwork(None, ScoreHead, 4, partial(TraitHead, traits=3))
        return AttributeTask(network, SGD, weight=0.5, loss=BINARY, label_loss=label_loss)

    def test_untagged_images_teach_whether_they_are_good_and_nothing_of_tags(self, logged):
        task = self.task()
        scores, tags = task.network.both(INPUTS)
        tagged = [0, 1, 3, 4, 6, 7]
        expected = cross_entropy(scores, GOOD) + 0.5 * cross_entropy((1 + tags[tagged]) / 2, TAGS[tagged])
        assert task.training_step(BATCH, 0).item() == pytest.approx(expected, rel=1e-5)
        other = INPUTS.clone()
        other[[2, 5]] *= 3
        moved = task.training_step(BATCH._replace(inputs=other), 0).item()
        expected += cross_entropy(task.network(other), GOOD) - cross_entropy(scores, GOOD)
        assert moved == pytest.approx(expected, rel=1e-5)

    def test_a_score_that_is_not_known_is_neither_good_nor_bad(self, logged):
        task = self.task()
        known = BATCH._replace(inputs=INPUTS[1:], scores=SCORES[1:], attributes=TAGS[1:])
        blank = BATCH._replace(scores=torch.cat([torch.tensor([NAN]), SCORES[1:]]), attributes=TAGS.clone())
        blank.attributes[0] = NAN
        assert task.training_step(blank, 0).item() == pytest.approx(task.training_step(known, 0).item(), rel=1e-6)

    def test_streams_are_added_up(self, logged):
        task = self.task()
        scored, labelled = Examples(INPUTS[:5], SCORES[:5]), BATCH._replace(scores=torch.full((8,), NAN))
        both = task.training_step({"aesthetics": scored, "styles": labelled}, 0)
        alone = [task.training_step(part, 0).item() for part in (scored, labelled)]
        assert both.item() == pytest.approx(sum(alone), rel=1e-6)
        both.backward()
        assert all(parameter.grad.isfinite().all() for parameter in task.network.parameters())


class TestScenes:
    """Wang et al. 2016."""

    def task(self) -> SceneTask:
        torch.manual_seed(0)
        return SceneTask(SceneColumns(None, ScoreHead, 4, scenes=3, width=2), SGD, weight=0.5, loss=BINARY)

    def test_a_column_learns_from_images_of_its_scene_alone(self, logged):
        task = self.task()
        scores, own = task.network.both(INPUTS)
        where = torch.nonzero(TAGS > 0).tolist()
        assert 0 < len(where) < 24
        columns = torch.stack([own[row, column] for row, column in where])
        expected = cross_entropy(scores, GOOD) + 0.5 * cross_entropy(columns, torch.stack([GOOD[r] for r, _ in where]))
        assert task.training_step(BATCH, 0).item() == pytest.approx(expected, rel=1e-5)

    def test_another_number_of_scenes_is_a_sentence(self, logged):
        with pytest.raises(UserError, match=r"^task\.network\.scenes=3: the database has 2 attributes to learn"):
            self.task().training_step(BATCH._replace(attributes=TAGS[:, :2]), 0)


def test_an_aesthetic_space_learns_from_triplets_and_its_classifier_from_both_sides(logged):
    torch.manual_seed(0)
    network = AestheticSpace(None, ScoreHead, 4, dimensions=3)
    task = AestheticSpaceTask(network, SGD, loss=BINARY, margin=0.3, gap=0.2)
    loss = task.training_step(Examples(INPUTS, SCORES), 0)
    triplets = triplet_loss(network.embed(INPUTS), SCORES, 0.3, 0.2)
    assert loss.item() == pytest.approx(triplets.item() + cross_entropy(network(INPUTS), GOOD), rel=1e-5)
    loss.backward()
    space = torch.autograd.grad(triplet_loss(network.embed(INPUTS), SCORES, 0.3, 0.2), network.space.weight)[0]
    assert torch.allclose(network.space.weight.grad, space)  # of the triplets and of nothing else


class TestKong:
    def task(self, attributes: bool = True, experts: int = 3) -> KongTask:
        torch.manual_seed(0)
        branch = partial(TraitHead, traits=3) if attributes else None
        return KongTask(KongNetwork(None, ScoreHead, 4, branch, experts), SGD, **WEIGHTS)

    def of_scores(self, task: KongTask) -> float:
        predicted = task.network(INPUTS)
        return (((predicted - SCORES) ** 2).mean() + 0.5 * ranking_loss(predicted, SCORES, 0.1)).item()

    def test_scores_alone_are_squares_and_the_order_of_all_pairs(self, logged):
        task = self.task(experts=0)
        loss = task.training_step(Examples(INPUTS, SCORES), 0)
        assert loss.item() == pytest.approx(self.of_scores(task), rel=1e-5)

    def test_contents_teach_the_gate(self, logged):
        task = self.task(attributes=False)
        expected = self.of_scores(task) + 0.25 * content_loss(task.network.head.shares(INPUTS), TAGS).item()
        assert task.training_step(BATCH, 0).item() == pytest.approx(expected, rel=1e-5)

    def test_attributes_come_from_a_stream_of_their_own_whose_scores_are_not_learnt(self, logged):
        task = self.task()
        wanted = torch.rand(8, 3) * 2 - 1
        wanted[3, 1] = NAN
        other = Labelled(INPUTS * 2, torch.full((8,), 9.0), wanted, torch.arange(8))
        loss = task.training_step({"aesthetics": BATCH, "attributes": other}, 0)
        squares = np.nanmean((task.network.attributes(INPUTS * 2).detach().numpy() - wanted.numpy()) ** 2)
        expected = task.training_step(BATCH, 0).item() + 2.0 * squares
        assert loss.item() == pytest.approx(expected, rel=1e-5)
        assert set(logged) >= {"train/aesthetics_loss", "train/attributes_loss"}

    def test_pairs_within_and_across_raters_are_added_up(self, logged):
        task = self.task(False, 0)
        order = SCORES.argsort(descending=True)
        pairs = Pairs(*(Examples(INPUTS[half], SCORES[half]) for half in order.chunk(2)))
        above, below = (task.network(INPUTS[half]).detach() for half in order.chunk(2))
        one = ((task.network(INPUTS) - SCORES) ** 2).mean() + 0.5 * (0.1 - (above - below)).relu().mean()
        loss = task.training_step({"across": pairs, "within": pairs}, 0)
        assert loss.item() == pytest.approx(2 * one.item(), rel=1e-5)

    def test_another_number_of_contents_is_a_sentence(self, logged):
        with pytest.raises(UserError, match=r"^task\.network\.experts=2: the database has 3 tags to learn"):
            self.task(experts=2).training_step(BATCH, 0)


def test_a_classifier_in_a_finished_space_is_logistic_regression_and_moves_nothing_else():
    torch.manual_seed(0)
    network = AestheticSpace(None, ScoreHead, 4, dimensions=3)
    before = {name: value.clone() for name, value in network.state_dict().items() if not name.startswith("head.")}
    task = SpaceClassifierTask(network, partial(torch.optim.SGD, lr=1.0), loss=BINARY)
    task.log = lambda *args, **kwargs: None
    inputs = torch.randn(60, 4)
    scores = (inputs[:, 0] > 0.3).float() * 0.6 + 0.2
    (optimizer,) = [task.configure_optimizers()]
    task.on_train_epoch_start()
    assert {id(p) for group in optimizer.param_groups for p in group["params"]} == {
        id(p) for p in network.head.parameters()
    }
    for _ in range(1500):
        optimizer.zero_grad()
        task.training_step(Examples(inputs, scores), 0).backward()
        optimizer.step()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items() if name in before)
    # scikit-learn's without a penalty, on the same places
    places = network.embed(inputs).detach().numpy()
    known = LogisticRegression(C=np.inf, max_iter=5000).fit(places, scores.numpy() > 0.5)
    with torch.no_grad():
        found = network(inputs).numpy()
    assert ((found > 0.5) == known.predict(places)).mean() > 0.95
