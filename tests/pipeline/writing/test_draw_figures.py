from types import SimpleNamespace

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.evaluation.trait_evaluation import Likes, TraitEvaluation
from piaa_lightning.pipeline.evaluating.evaluate_methods import Results
from piaa_lightning.pipeline.writing.draw_figures import draw_figures

pytestmark = pytest.mark.slow


CFG = OmegaConf.create({"methods": {}, "comparisons": []})
SUMMARY = {"data": "ava, tiny", "experiment": "e", "rows": [], "comparisons": []}


@pytest.fixture
def databases(tmp_path):
    """Two databases of ten images; the last image is not on the disk."""
    for number in range(9):
        Image.fromarray(np.full((20, 30, 3), 25 * number, np.uint8)).save(tmp_path / f"p{number}.png")

    def opened(name):
        ids = np.array([f"p{number}" for number in range(10)])
        nobody = np.zeros(0, np.int64)
        files = np.array([f"{image}.png" for image in ids])
        scores, traits = np.zeros(0, np.float32), np.zeros((2, 2), np.float32)
        known = {"trait_names": ("O", "C"), "traits": traits}
        table = RatingTable(name, tmp_path, ids, files, ids[:2], nobody, nobody, scores, Scale(1, 10), **known)
        return SimpleNamespace(name=f"{name}, tiny", table=table)

    found = {"main": opened("ava"), "personality": opened("psychoflickr")}
    return SimpleNamespace(opened=found | {"aesthetics": found["main"]}, get=found.get)


@pytest.fixture
def results():
    rng = np.random.default_rng(0)
    ids = np.array([f"p{number}" for number in range(10)])
    votes = rng.dirichlet(np.ones(5), 10)
    means = votes @ np.linspace(0, 1, 5)
    likes = Likes(np.array([0, 1, 8, 9]), np.array([0, 0, 1, 1]), rng.uniform(-1, 1, (4, 2)))
    traits = np.array([[0.5, 0.1], [-0.5, 0.2]])
    return Results(
        images={"a": ImageEvaluation("PA_IAA", "b", "ava, tiny", ids, means, means, votes, votes),
                  "b": ImageEvaluation("scores alone", "b", "ava, tiny", ids, means, means)},
        traits={"c": TraitEvaluation("PA_IAA", "b", "psychoflickr, tiny", ("O", "C"), ("u", "v"), traits, traits,
                                     likes)},
        tables={"d": {"fused_weights": [
            {"method": "PA_IAA", "shots": 100, "user": user, "trait": trait, "weight": weight}
            for user, own in zip("uv", traits, strict=True) for trait, weight in zip("OC", own, strict=True)
        ]}, "e": {"of_another_kind": [{"method": "m", "shots": 1, "user": "u"}]}},
    )  # fmt: skip


def test_every_kind_of_result_is_drawn_under_a_caption_that_says_how_it_was_chosen(tmp_path, databases, results):
    found = draw_figures(CFG, SUMMARY, databases, results, tmp_path / "figures")
    drawn = tmp_path / "figures"
    assert sorted(file.relative_to(drawn).as_posix() for file in drawn.rglob("*.png")) == [
        "fused_weights_d.png", "images/liked.png", "images/vote_distributions.png", "traits.png",
    ], "those that show a database's images stand apart"  # fmt: skip
    captions = list(found)
    assert captions[0].startswith("PA_IAA: what each trait in an image adds to each test user's score, at 100 shots")
    assert "by the truth alone: evenly spaced from the worst to the best" in captions[1]
    assert "over 2 test users of psychoflickr, tiny" in captions[2]
    assert "PA_IAA finds most typical" in captions[3]
    assert all(svg.startswith("<svg") for svg in found.values())


def test_an_image_that_is_gone_does_not_stop_the_report(tmp_path, databases, results, caplog):
    draw_figures(CFG, SUMMARY, databases, results, tmp_path / "figures")
    assert "p9.png" in caplog.text


def test_nothing_judged_gives_no_figure(tmp_path, databases):
    assert draw_figures(CFG, SUMMARY, databases, Results(), tmp_path / "figures") == {}
