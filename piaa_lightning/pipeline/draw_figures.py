"""Fourth stage: the figures of a run, by caption."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig

from piaa_lightning.data.images.decode import decode
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.image_evaluation import PictureExam
from piaa_lightning.evaluation.trait_evaluation import TraitExam
from piaa_lightning.pipeline.evaluate_methods import Judgement
from piaa_lightning.pipeline.open_data import Data, Databases
from piaa_lightning.report.best_and_worst import best_and_worst_pictures
from piaa_lightning.report.distributions import RULE, vote_distributions
from piaa_lightning.report.figures import differences, summary_bars, test_individuals
from piaa_lightning.report.forest import forest
from piaa_lightning.report.fused_weights import fused_weights
from piaa_lightning.report.gradient_maps import gradient_maps, spoken
from piaa_lightning.report.learning_curves import learning_curves
from piaa_lightning.report.liked import liked_pictures
from piaa_lightning.report.predicted_scores import METHODS as SIDE_BY_SIDE
from piaa_lightning.report.predicted_scores import RULE as EVENLY
from piaa_lightning.report.predicted_scores import predicted_scores
from piaa_lightning.report.style import THUMBNAIL, Pixels, thumbnail
from piaa_lightning.report.trait_bars import trait_bars

log = logging.getLogger(__name__)

Figures = dict[str, str | bytes]
PHOTOGRAPHS = "pictures"  # folder of the figures that show a database's own pictures

INDIVIDUALS = 4  # methods in the figure of test individuals, the first that are compared; more hide each other
CURVE = 3  # numbers of shots that make a curve


def draw_figures(
    cfg: DictConfig, summary: dict[str, Any], databases: Databases, judgement: Judgement, directory: Path
) -> Figures:
    """Draw what a run has to show.

    Args:
        cfg: the composed configuration.
        summary: what the run writes as ``summary.json``.
        databases: what was read.
        judgement: what was measured.
        directory: where PNG files go; those that show pictures of a database into a folder of their own.

    Returns:
        Caption -> SVG, or the bytes of a PNG. The first sentence of a caption says what is shown.
    """
    return {
        **_of_people(cfg, summary, judgement, directory),
        **_of_shown(databases, judgement, directory / PHOTOGRAPHS),
        **_of_fusion(summary, judgement, directory),
        **_of_pictures(databases, judgement, directory / PHOTOGRAPHS),
        **_of_traits(databases, judgement, directory),
    }


def _of_shown(databases: Databases, judgement: Judgement, directory: Path) -> Figures:
    """Draw single pictures of a few people: best and worst, predicted scores, gradient maps."""
    figures: Figures = {}
    shown = judgement.shown
    if shown is None or not shown.predicted:
        return figures
    data = databases.main
    pictures, scale = partial(_thumbnail, data), data.table.scale
    who = (
        f"People are chosen before anything is predicted: those two who share most pictures, then by hashed id; models"
        f" saw {shown.shots} ratings of their first split, and none of these pictures' ratings."
    )
    first = next(iter(shown.predicted))
    figures[f"Pictures that {first} expects a person to like best and least, of all that it was judged on. {who}"] = (
        best_and_worst_pictures(shown, first, pictures, scale, directory / "best_and_worst.png", data.name)
    )
    names = " and ".join(list(shown.predicted)[:SIDE_BY_SIDE])
    figures[f"What people rated pictures, and what {names} said. Pictures are {EVENLY}. {who}"] = predicted_scores(
        shown, pictures, scale, directory / "predicted_scores.png", data.name
    )
    if shown.explained:
        figures[
            f"Gradient maps of the prior of {shown.explains} and of the models of people. Colours: the largest absolute"
            " gradient of the score over the colours of a pixel, smoothed, each map stretched to its own range; last"
            " below each: the share of the gradient in the strongest tenth of the pixels (.1 is even)."
            f" {spoken(shown)} Pictures are those that the two people rated most differently, then"
            " the best and the worst rated of either."
        ] = gradient_maps(shown, pictures, scale, directory / "gradient_maps.png", data.name)
    return figures


def _of_people(cfg: DictConfig, summary: dict[str, Any], judgement: Judgement, directory: Path) -> Figures:
    """Draw the talk's figure of test individuals, the paired differences, and the table as bars."""
    figures: Figures = {}
    labels = {key: method.label for key, method in cfg.methods.items()}
    with_value = {row["method"] for row in summary["rows"] if "shots" in row and row["srocc"] is not None}
    compared = dict.fromkeys(labels[key] for pair in cfg.comparisons for key in pair if key in labels)
    shown = [label for label in compared if label in with_value]
    if not shown:
        return figures
    title = summary["data"]
    figures[
        "Performance of test individuals: SROCC (−1 to 1) of every test user, mean and standard deviation over repeats;"
        " dashed lines are means over users."
    ] = test_individuals(judgement.records, directory / "test_individuals.png", title, shown[:INDIVIDUALS])
    if len({row["shots"] for row in summary["rows"] if "shots" in row}) >= CURVE:
        file = directory / "learning_curves.png"
        figures[
            "Learning curves: mean SROCC over the test users that are judged at every number of shots; bands are 95 %"
            " bootstrap intervals over users and splits."
        ] = learning_curves(judgement.records, file, title, shown)
    for comparison in summary["comparisons"]:
        a, b, k = comparison["a"], comparison["b"], comparison.get("shots")
        if k and [a, b] == [labels.get(key) for key in cfg.comparisons[0]]:
            file = directory / f"difference_{k}_shots.png"
            figures[
                f"{a} less {b} at {k} shots: difference in SROCC of every test user, sorted; the band is the 95 %"
                " interval of the mean."
            ] = differences(judgement.records, a, b, k, file, title)
    if len(of_people := [c for c in summary["comparisons"] if "shots" in c]) > 1:
        figures["All comparisons of people: mean difference in SROCC with its 95 % bootstrap interval."] = forest(
            of_people, directory / "comparisons.png", title, "paired over users and splits"
        )
    figures[
        "All methods: mean SROCC over test users, with the standard deviation over repeats; hollow marks: the talk,"
        " on FLICKR-AES."
    ] = summary_bars(summary, directory / "methods.png")
    return figures


def _of_fusion(summary: dict[str, Any], judgement: Judgement, directory: Path) -> Figures:
    """Draw the weights that each method's fusion ended with."""
    figures: Figures = {}
    for key, people in judgement.fused.items():
        file = directory / f"fused_weights_{key}.png"
        said = f"{people.method} at {people.shots} shots, first split: weight of each trait, in scores of 0 to 1"
        figures[
            f"{people.method}: what each trait in a picture adds to each test person's score, at {people.shots} shots,"
            " on the first split. A person's weights are the fusion's after fitting (W_b), or their mean over the"
            " person's query pictures where they depend on the picture. Scores lie in [0, 1], traits in [−1, 1]."
        ] = fused_weights(people.weights, people.traits, file, summary["data"], said)
    return figures


def _of_pictures(databases: Databases, judgement: Judgement, directory: Path) -> Figures:
    """Draw true and predicted votes, for each database that networks with distributions were judged on."""
    figures: Figures = {}
    drawn = [exam for exam in judgement.pictures.values() if exam.distances]
    for number, data in enumerate(_judged_on(databases, drawn)):
        exams = [exam for exam in drawn if exam.database == data.name]
        exams = [exam for exam in exams if np.array_equal(exam.image_ids, exams[0].image_ids)]
        file = directory / _numbered("vote_distributions", number)
        figures[
            f"Votes on test pictures of {data.name}, true and predicted. Pictures are chosen by the truth alone:"
            f" {RULE}. EMD is r=1, divided by the number of bins."
        ] = vote_distributions(exams, partial(_named_thumbnail, data), data.table.scale, file, data.name)
    return figures


def _of_traits(databases: Databases, judgement: Judgement, directory: Path) -> Figures:
    """Draw how well traits are predicted, and what people at both ends of each like."""
    figures: Figures = {}
    drawn = list(judgement.traits.values())
    for number, data in enumerate(_judged_on(databases, drawn)):
        exams = [exam for exam in drawn if exam.database == data.name]
        same = (exams[0].users, exams[0].trait_names)
        exams = [exam for exam in exams if (exam.users, exam.trait_names) == same]
        people = len(exams[0].users)
        figures[
            f"SROCC of predicted and true traits over {people} test people of {data.name}. A person's prediction is the"
            f" mean over what the person likes. Whiskers are 95 % bootstrap intervals over people: with {people} of"
            " them, small differences mean nothing."
        ] = trait_bars(exams, directory / _numbered("traits", number), data.name)
        if people >= 2:
            figures[
                f"Pictures of {data.name} liked by test people with the most and the least of each trait, one for each"
                f" of up to four people: of all that the person likes, the one that {exams[0].method} finds most"
                " typical of that end. Numbers are the person's trait and the network's word on the picture."
            ] = liked_pictures(
                exams[0], partial(_thumbnail, data), directory / PHOTOGRAPHS / _numbered("liked", number), data.name
            )
    return figures


def _judged_on(databases: Databases, exams: Sequence[PictureExam | TraitExam]) -> list[Data]:
    """Return every database that one of the exams was about, once."""
    about = {exam.database for exam in exams}
    return list({data.name: data for data in databases.opened.values() if data.name in about}.values())


def _numbered(name: str, number: int) -> str:
    return f"{name}.png" if number == 0 else f"{name}_{number + 1}.png"


def _named_thumbnail(data: Data, image_id: str) -> Pixels:
    return _thumbnail(data, int(np.flatnonzero(data.table.image_ids == image_id)[0]))


def _thumbnail(data: Data, image: int) -> Pixels:
    """Read a picture, small; a grey square where it cannot be read, which must not fail after hours of work."""
    try:
        return thumbnail(decode(data.table.root / str(data.table.image_files[image])))
    except UserError as error:
        log.warning("not drawn: %s", error)
        return np.full((THUMBNAIL, THUMBNAIL, 3), 128, dtype=np.uint8)
