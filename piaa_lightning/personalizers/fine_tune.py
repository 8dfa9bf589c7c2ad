"""Fine-tuning: a few gradient steps from a prior; BA-PIAA and BLG-PIAA differ in the prior alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import torch
from torch import nn

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.personalizer import Ground, Personalizer, Scorer, Settings, Support


class FineTune(Personalizer):
    """Adam steps on the whole support set as one batch, with a fresh copy and a fresh optimiser for every person.

    The authors take 19 effective steps with alpha = 1e-5 for all parameters and report the last; zero steps are the
    prior itself. Here rate and number of steps are chosen on validation users among the candidates.

    Args:
        inner: how a person's copy descends; its rates are multiplied by the candidates' ``rate``.
        rates: candidate factors of the inner rates.
        steps: candidate numbers of steps.
    """

    def __init__(self, inner: InnerLoop, rates: Sequence[float] = (1.0,), steps: Sequence[int] = (19,)) -> None:
        self.inner = inner
        self.rates = list(rates)
        self.steps = sorted(steps)

    def prepare(self, ground: Ground) -> None:
        """Take the prior; it is read, never moved."""
        self.scorer = NetworkScorer(ground)

    def candidates(self) -> Sequence[Settings]:
        """Every pair of a rate and a number of steps."""
        return [{"rate": rate, "steps": steps} for rate, steps in product(self.rates, self.steps)]

    def fit(self, support: Support, settings: Settings) -> Scorer:
        """Fine-tune a copy of the prior."""
        network = next(self._descent(support, float(settings["rate"]), [int(settings["steps"])]))
        return lambda images: self.scorer.score(network, images)

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Score along one descent per rate: fewer steps are the beginning of more steps."""
        wanted = defaultdict(set)
        for settings in candidates:
            wanted[float(settings["rate"])].add(int(settings["steps"]))
        scores: dict[tuple[float, int], Scores] = {}
        for rate, counts in wanted.items():
            stops = sorted(counts)
            for steps, network in zip(stops, self._descent(support, rate, stops), strict=True):
                scores[rate, steps] = self.scorer.score(network, images)
        return [scores[float(settings["rate"]), int(settings["steps"])] for settings in candidates]

    def _descent(self, support: Support, rate: float, stops: Sequence[int]) -> Iterator[nn.Module]:
        """Yield the person's network after each of several growing numbers of steps."""
        inner = replace(self.inner, rate=self.inner.rate * rate, head_rate=self.inner.head_rate * rate)
        network = clone_for_user(self.scorer.prior)
        optimizer = inner.optimizer(network)
        inputs = self.scorer.inputs_of(support.images)
        scores = torch.as_tensor(support.scores, device=inputs.device)
        done = 0
        for stop in stops:
            inner.descend(network, optimizer, inputs, scores, stop - done)
            done = stop
            yield network
