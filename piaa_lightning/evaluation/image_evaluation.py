"""How a network or an estimator evaluates images for everybody: accuracy, rank correlation and distance, as on AVA."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.resampling import Indices, interval, paired_interval
from piaa_lightning.evaluation.statistics import holm
from piaa_lightning.metrics.accuracy import accuracy, balanced_accuracy
from piaa_lightning.metrics.emd import emd
from piaa_lightning.metrics.srocc import plcc, srocc

Floats = NDArray[np.float64]

KEYS = {"ACC": "acc", "SROCC": "srocc", "EMD r=1": "emd_r1"}  # what is compared, and its name in rows


@dataclass(frozen=True)
class ImageEvaluation:
    """What one network or estimator said about a database's test images.

    Args:
        method: its label.
        backbone: the network underneath.
        database: what was read, for instance ``ava, embedded demo``.
        image_ids: ``(images,)``.
        scores: ``(images,)`` true averages in [0, 1].
        predicted: ``(images,)`` predicted averages in [0, 1], or other values where ``predicted_threshold`` is given.
        votes: ``(images, bins)`` true distributions; None where there are none or the network predicts none.
        predicted_votes: likewise, predicted.
        threshold: between good and bad images, in [0, 1].
    """

    method: str
    backbone: str
    database: str
    image_ids: NDArray[np.str_]
    scores: Floats
    predicted: Floats
    votes: Floats | None = None
    predicted_votes: Floats | None = None
    threshold: float = 0.5
    predicted_threshold: float | None = None
    ordered: bool = True

    @property
    def distances(self) -> Mapping[str, Floats]:
        """EMD with r=1 and r=2 of every image, where distributions are known."""
        if self.votes is None or self.predicted_votes is None:
            return {}
        return {f"emd_r{r}": emd(self.predicted_votes, self.votes, r) for r in (1, 2)}

    def measures(self) -> dict[str, Callable[[Indices], float]]:
        """Return what is compared and has an interval, by name, as functions of the numbers of the images drawn."""
        distances = self.distances
        found: dict[str, Callable[[Indices], float]] = {
            "ACC": lambda drawn: accuracy(
                self.predicted[drawn], self.scores[drawn], self.threshold, self.predicted_threshold
            )
        }
        if self.ordered:
            found["SROCC"] = lambda drawn: srocc(self.predicted[drawn], self.scores[drawn])
        if distances:
            found["EMD r=1"] = lambda drawn: float(distances["emd_r1"][drawn].mean())
        return found

    def row(self) -> dict[str, Any]:
        """Return the line of the result table, with 95 % bootstrap intervals over images of what is compared.

        A distance is None where distributions are not known, and so are other measures that are not defined.
        """
        measures = {
            "acc": accuracy(self.predicted, self.scores, self.threshold, self.predicted_threshold),
            "balanced_acc": balanced_accuracy(self.predicted, self.scores, self.threshold, self.predicted_threshold),
            "srocc": srocc(self.predicted, self.scores) if self.ordered else np.nan,
            "plcc": plcc(self.predicted, self.scores) if self.ordered else np.nan,
        }
        distances = {name: float(values.mean()) for name, values in self.distances.items()}
        return {
            "method": self.method,
            "backbone": self.backbone,
            "evaluated_on": self.database,
            **{name: None if np.isnan(value) else value for name, value in measures.items()},
            **{name: distances.get(name) for name in ("emd_r1", "emd_r2")},
            **{f"{KEYS[name]}_ci95": interval(measure, len(self.scores)) for name, measure in self.measures().items()},
            "images": len(self.scores),
        }

    def lines(self) -> list[dict[str, Any]]:
        """Return one line per image, from which everything can be recomputed."""
        distances = self.distances
        return [
            {
                "method": self.method,
                "backbone": self.backbone,
                "image": str(self.image_ids[index]),
                "score": float(self.scores[index]),
                "predicted": float(self.predicted[index]),
                "threshold": self.threshold,
                "predicted_threshold": self.threshold if self.predicted_threshold is None else self.predicted_threshold,
                **{name: float(distances[name][index]) if name in distances else "" for name in ("emd_r1", "emd_r2")},
            }
            for index in range(len(self.scores))
        ]


def compare_images(a: ImageEvaluation, b: ImageEvaluation) -> list[dict[str, Any]]:
    """Compare two networks on the same images, paired: ACC and, where both have them, SROCC and EMD r=1.

    Raises:
        UserError: they were evaluated on other images.
    """
    if not np.array_equal(a.image_ids, b.image_ids):
        raise UserError(f"{a.method} and {b.method} were evaluated on different images; evaluate both on one database.")

    ours, theirs = a.measures(), b.measures()
    found = []
    for name in ours:
        if name in theirs:

            def difference(drawn: Indices, name: str = name) -> float:
                return ours[name](drawn) - theirs[name](drawn)

            count = len(a.scores)
            found.append(comparison(a, b, name, "images", count, paired_interval(difference, count)))
    return found


def quoted_together(comparisons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fill in Holm's correction of comparisons over images, for each measure over all that were compared by it.

    Args:
        comparisons: lines of `compare_images`; those of one measure stand for one question about many methods.

    Returns:
        The same lines, with ``p_holm`` where more than one has the measure.
    """
    corrected = [dict(line) for line in comparisons]
    for measure in dict.fromkeys(line["measure"] for line in corrected):
        own = [line for line in corrected if line["measure"] == measure]
        if len(own) > 1:
            for line, p in zip(own, holm([line["p"] for line in own]), strict=True):
                line["p_holm"] = p
    return corrected


def comparison(
    a: Any, b: Any, measure: str, unit: str, count: int, found: tuple[float, tuple[float, float], float]
) -> dict[str, Any]:
    """Return one line of the summary's comparisons.

    Args:
        a: an evaluation.
        b: the evaluation that it is compared with.
        measure: what is compared.
        unit: what was drawn anew, ``images`` or ``users``.
        count: how many of them there are.
        found: what `paired_interval` returned.
    """
    difference, interval, p = found
    names = {"a": a.method, "b": b.method, "backbone_a": a.backbone, "backbone_b": b.backbone}
    return {**names, "measure": measure, "difference": difference, "ci95": interval, "p": p, unit: count}
