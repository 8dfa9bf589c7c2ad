from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.metrics.emd import emd
from piaa_lightning.report.vote_distributions import chosen_images, vote_distributions

pytestmark = pytest.mark.slow


AVA = Scale(1, 10)


def peaked(means, spread=()):
    """Votes on five levels that all fall on one, but where half fall on either end."""
    votes = np.zeros((len(means), 5))
    votes[np.arange(len(means)), means] = 1
    for row in spread:
        votes[row] = [0.5, 0, 0, 0, 0.5]
    ids = np.array([f"p{number}" for number in range(len(means))])
    unit = votes @ np.linspace(0, 1, 5)
    return ImageEvaluation("m", "b", "ava", ids, unit, unit, votes, votes)


def test_the_choice_runs_from_the_worst_to_the_best_and_ends_with_the_most_disputed():
    evaluation = peaked([4, 0, 2, 1, 3, 2, 0], spread=[5])
    assert chosen_images(evaluation, 4) == [1, 2, 0, 5]  # means 0, .5, 1; p6 has mean 0 as well and a later id


def test_a_disputed_image_that_is_already_there_is_not_shown_twice():
    evaluation = peaked([2, 0, 4, 1, 3], spread=[0])
    assert chosen_images(evaluation, 4)[:3] == [1, 0, 2]
    assert chosen_images(evaluation, 4)[3] in (3, 4)
    assert chosen_images(evaluation, 8) == [1, 3, 0, 4, 2]
    assert chosen_images(peaked([1]), 8) == [0]


def test_no_network_changes_the_choice(image_evaluation):
    assert chosen_images(image_evaluation(seed=0)) == chosen_images(image_evaluation(seed=5))


def distances(evaluation):
    return emd(evaluation.predicted_votes, evaluation.votes, 1)


def test_means_and_distances_stand_above_the_votes(tmp_path, image_evaluation, image, words):
    evaluation = image_evaluation()
    other = replace(image_evaluation("single task"), predicted_votes=evaluation.votes)
    texts = words(vote_distributions([evaluation, other], image, AVA, tmp_path / "v.png", "ava, embedded tiny"))
    first = chosen_images(evaluation)[0]
    assert f"true mean {1 + 9 * evaluation.scores[first]:.2f}" in texts
    said = f"{1 + 9 * evaluation.predicted[first]:.2f}, EMD {distances(evaluation)[first]:.3f}".replace(" 0.", " .")
    assert said in texts
    assert f"{1 + 9 * evaluation.scores[first]:.2f}, EMD .000" in texts  # the network that is right
    assert sum(text.startswith("true mean") for text in texts) == 8
    mean = f"{distances(evaluation).mean():.3f}"[1:]
    assert {f"PA_IAA (mean EMD r=1 {mean})", "single task (mean EMD r=1 .000)", "share of votes"} <= set(texts)
    assert (tmp_path / "v.png").stat().st_size > 10_000


@pytest.mark.parametrize(("images", "levels"), [(1, 10), (3, 5), (9, 21)])
def test_few_images_and_other_scales(tmp_path, image_evaluation, image, words, images, levels):
    evaluation = image_evaluation(images=images, levels=levels)
    texts = words(vote_distributions([evaluation], image, Scale(0, 100), tmp_path / "v.png", "d"))
    assert sum(text.startswith("true mean") for text in texts) == min(images, 8)


def test_two_networks_of_one_name_are_told_apart(tmp_path, image_evaluation, image, words):
    evaluations = [image_evaluation(), replace(image_evaluation(seed=1), backbone="vgg16")]
    texts = " ".join(words(vote_distributions(evaluations, image, AVA, tmp_path / "v.png", "d")))
    assert "PA_IAA (densenet121) (mean" in texts
    assert "PA_IAA (vgg16) (mean" in texts


def test_without_distributions_there_is_nothing_to_draw(tmp_path, image_evaluation, image):
    for evaluations in ([], [replace(image_evaluation(), predicted_votes=None)]):
        with pytest.raises(UserError, match="no distribution of votes"):
            vote_distributions(evaluations, image, AVA, tmp_path / "v.png", "d")


def test_equal_evaluations_give_equal_bytes(tmp_path, image_evaluation, image):
    drawn = [vote_distributions([image_evaluation()], image, AVA, tmp_path / f"{k}.png", "d") for k in (0, 1)]
    assert drawn[0] == drawn[1]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
