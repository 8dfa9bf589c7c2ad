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
from piaa_lightning.evaluation.image_evaluation import ImageEvaluation
from piaa_lightning.evaluation.trait_evaluation import TraitEvaluation
from piaa_lightning.metrics.registry import MAIN
from piaa_lightning.pipeline.evaluating.evaluate_methods import Results
from piaa_lightning.pipeline.parts.open_data import Data, Databases
from piaa_lightning.report.best_and_worst import best_and_worst_images
from piaa_lightning.report.forest import forest
from piaa_lightning.report.fused_weights import fused_weights
from piaa_lightning.report.gradient_maps import gradient_maps, spoken
from piaa_lightning.report.learning_curves import learning_curves
from piaa_lightning.report.liked_images import liked_images
from piaa_lightning.report.predicted_scores import METHODS as SIDE_BY_SIDE
from piaa_lightning.report.predicted_scores import RULE as EVENLY
from piaa_lightning.report.predicted_scores import predicted_scores
from piaa_lightning.report.style import THUMBNAIL, Pixels, thumbnail
from piaa_lightning.report.trait_bars import trait_bars
from piaa_lightning.report.user_figures import differences, summary_bars, test_individuals
from piaa_lightning.report.vote_distributions import RULE, vote_distributions

log = logging.getLogger(__name__)

Figures = dict[str, str | bytes]
PHOTOGRAPHS = "images"  # folder of the figures that show a database's own images

INDIVIDUALS = 4  # methods in the figure of test individuals, the first that are compared; more hide each other
CURVE = 3  # numbers of shots that make a curve


def draw_figures(
    cfg: DictConfig, summary: dict[str, Any], databases: Databases, results: Results, directory: Path
) -> Figures:
    """Draw what a run has to show.

    Args:
        cfg: the composed configuration.
        summary: what the run writes as ``summary.json``.
        databases: what was read.
        results: what was measured.
        directory: where PNG files go; those that show images of a database into a folder of their own.

    Returns:
        Caption -> SVG, or the bytes of a PNG. The first sentence of a caption says what is shown.
    """
    return {
        **_of_users(cfg, summary, results, directory),
        **_of_shown(databases, results, directory / PHOTOGRAPHS),
        **_of_fusion(summary, results, directory),
        **_of_images(databases, results, directory / PHOTOGRAPHS),
        **_of_traits(databases, results, directory),
    }


def _of_shown(databases: Databases, results: Results, directory: Path) -> Figures:
    """Draw single images of a few users: best and worst, predicted scores, gradient maps."""
    figures: Figures = {}
    shown = results.shown
    if shown is None or not shown.predicted:
        return figures
    data = databases.main
    images, scale = partial(_thumbnail, data), data.table.scale
    who = (
        f"Users are chosen before anything is predicted: those two who share most images, then by hashed id; models"
        f" saw {shown.shots} ratings of their first split, and none of these images' ratings."
    )
    first = next(iter(shown.predicted))
    figures[f"Images that {first} expects a user to like best and least, of all that it was evaluated on. {who}"] = (
        best_and_worst_images(shown, first, images, scale, directory / "best_and_worst.png", data.name)
    )
    names = " and ".join(list(shown.predicted)[:SIDE_BY_SIDE])
    figures[f"What users rated images, and what {names} said. Images are {EVENLY}. {who}"] = predicted_scores(
        shown, images, scale, directory / "predicted_scores.png", data.name
    )
    if shown.explained:
        figures[
            f"Gradient maps of the prior of {shown.explains} and of the models of users. Colours: the largest absolute"
            " gradient of the score over the colours of a pixel, smoothed, each map stretched to its own range; last"
            " below each: the share of the gradient in the strongest tenth of the pixels (.1 is even)."
            f" {spoken(shown)} Images are those that the two users rated most differently, then"
            " the best and the worst rated of either."
        ] = gradient_maps(shown, images, scale, directory / "gradient_maps.png", data.name)
    return figures


def _of_users(cfg: DictConfig, summary: dict[str, Any], results: Results, directory: Path) -> Figures:
    """Draw the figure of test individuals, the paired differences, and the table as bars."""
    figures: Figures = {}
    labels = {key: method.label for key, method in cfg.methods.items()}
    with_value = {row["method"] for row in summary["rows"] if "shots" in row and row[MAIN] is not None}
    compared = dict.fromkeys(labels[key] for pair in cfg.comparisons for key in pair if key in labels)
    shown = [label for label in compared if label in with_value]
    if not shown:
        return figures
    title = summary["data"]
    figures[
        "Performance of test individuals: SROCC (−1 to 1) of every test user, mean and standard deviation over repeats;"
        " dashed lines are means over users."
    ] = test_individuals(results.records, directory / "test_individuals.png", title, shown[:INDIVIDUALS])
    if len({row["shots"] for row in summary["rows"] if "shots" in row}) >= CURVE:
        file = directory / "learning_curves.png"
        figures[
            "Learning curves: mean SROCC over the test users that are evaluated at every number of shots; bands are"
            " 95 % bootstrap intervals over users and splits."
        ] = learning_curves(results.records, file, title, shown)
    of_users = [c for c in summary["comparisons"] if "shots" in c and c["metric"] == MAIN]
    for comparison in of_users:
        a, b, k = comparison["a"], comparison["b"], comparison["shots"]
        if [a, b] == [labels.get(key) for key in cfg.comparisons[0]]:
            file = directory / f"difference_{k}_shots.png"
            figures[
                f"{a} less {b} at {k} shots: difference in SROCC of every test user, sorted; the band is the 95 %"
                " interval of the mean."
            ] = differences(results.records, a, b, k, file, title)
    if len(of_users) > 1:
        figures["All comparisons of users: mean difference in SROCC with its 95 % bootstrap interval."] = forest(
            of_users, directory / "comparisons.png", title, "paired over users and splits"
        )
    figures[
        "All methods: mean SROCC over test users, with the standard deviation over repeats; hollow marks: published"
        " on FLICKR-AES."
    ] = summary_bars(summary, directory / "methods.png")
    return figures


def _of_fusion(summary: dict[str, Any], results: Results, directory: Path) -> Figures:
    """Draw the weights that each method's fusion ended with."""
    figures: Figures = {}
    for key, tables in results.tables.items():
        lines = tables.get("fused_weights")
        if not lines:
            continue
        file, method, shots = directory / f"fused_weights_{key}.png", lines[0]["method"], lines[0]["shots"]
        traits = list(dict.fromkeys(line["trait"] for line in lines))
        weights = np.array([line["weight"] for line in lines]).reshape(-1, len(traits))
        said = f"{method} at {shots} shots, first split: weight of each trait, in scores of 0 to 1"
        figures[
            f"{method}: what each trait in an image adds to each test user's score, at {shots} shots, on the first"
            " split. A user's weights are the fusion's after fitting (W_b), or their mean over the"
            " user's query images where they depend on the image. Scores lie in [0, 1], traits in [−1, 1]."
        ] = fused_weights(weights, traits, file, summary["data"], said)
    return figures


def _of_images(databases: Databases, results: Results, directory: Path) -> Figures:
    """Draw true and predicted votes, for each database that networks with distributions were evaluated on."""
    figures: Figures = {}
    drawn = [evaluation for evaluation in results.images.values() if evaluation.has_distributions]
    for number, data in enumerate(_evaluated_on(databases, drawn)):
        evaluations = [evaluation for evaluation in drawn if evaluation.database == data.name]
        evaluations = [
            evaluation for evaluation in evaluations if np.array_equal(evaluation.image_ids, evaluations[0].image_ids)
        ]
        file = directory / _numbered("vote_distributions", number)
        figures[
            f"Votes on test images of {data.name}, true and predicted. Images are chosen by the truth alone:"
            f" {RULE}. EMD is r=1, divided by the number of bins."
        ] = vote_distributions(evaluations, partial(_named_thumbnail, data), data.table.scale, file, data.name)
    return figures


def _of_traits(databases: Databases, results: Results, directory: Path) -> Figures:
    """Draw how well traits are predicted, and what users at both ends of each like."""
    figures: Figures = {}
    drawn = list(results.traits.values())
    for number, data in enumerate(_evaluated_on(databases, drawn)):
        evaluations = [evaluation for evaluation in drawn if evaluation.database == data.name]
        same = (evaluations[0].users, evaluations[0].trait_names)
        evaluations = [evaluation for evaluation in evaluations if (evaluation.users, evaluation.trait_names) == same]
        users = len(evaluations[0].users)
        figures[
            f"SROCC of predicted and true traits over {users} test users of {data.name}. A user's prediction is the"
            f" mean over what the user likes. Whiskers are 95 % bootstrap intervals over users: with {users} of"
            " them, small differences mean nothing."
        ] = trait_bars(evaluations, directory / _numbered("traits", number), data.name)
        if users >= 2:
            figures[
                f"Images of {data.name} liked by test users with the most and the least of each trait, one for each"
                f" of up to four users: of all that the user likes, the one that {evaluations[0].method} finds most"
                " typical of that end. Numbers are the user's trait and the network's word on the image."
            ] = liked_images(
                evaluations[0],
                partial(_thumbnail, data),
                directory / PHOTOGRAPHS / _numbered("liked", number),
                data.name,
            )
    return figures


def _evaluated_on(databases: Databases, evaluations: Sequence[ImageEvaluation | TraitEvaluation]) -> list[Data]:
    """Return every database that one of the evaluations was about, once."""
    about = {evaluation.database for evaluation in evaluations}
    return list({data.name: data for data in databases.opened.values() if data.name in about}.values())


def _numbered(name: str, number: int) -> str:
    return f"{name}.png" if number == 0 else f"{name}_{number + 1}.png"


def _named_thumbnail(data: Data, image_id: str) -> Pixels:
    return _thumbnail(data, int(np.flatnonzero(data.table.image_ids == image_id)[0]))


def _thumbnail(data: Data, image: int) -> Pixels:
    """Read an image, small; a grey square where it cannot be read, which must not fail after hours of work."""
    try:
        return thumbnail(decode(data.table.root / str(data.table.image_files[image])))
    except UserError as error:
        log.warning("not drawn: %s", error)
        return np.full((THUMBNAIL, THUMBNAIL, 3), 128, dtype=np.uint8)
