"""Fine-tuning: a few gradient steps from a prior; BA-PIAA and BLG-PIAA differ in the prior alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import nn

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.groups import LAYERS
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.rounded import PRECISIONS, rounded
from piaa_lightning.meta.stacked import Stack, padded, why_not_stacked
from piaa_lightning.personalizers.network_scorer import NetworkScorer, batch_on
from piaa_lightning.personalizers.own_images import OwnRatings, network_of, size_of
from piaa_lightning.personalizers.personal_network import PersonalNetwork, fused_weights
from piaa_lightning.personalizers.personalizer import (
    FitContext,
    Personalizer,
    Scorer,
    Settings,
    Support,
    device_of_model,
)

Way = tuple[tuple[str, float | int | str], ...]  # what a candidate says beside its rate and steps
Path = tuple[Way, float]  # candidates with the same way and rate lie on one descent, at different steps


class FineTune(Personalizer):
    """Fine-tune a trained model on one user's support set: one batch, fresh moments for every user.

    The authors take 19 effective steps with alpha = 1e-5 for all parameters and report the last; zero steps, or no
    ratings, are the prior itself, whatever the settings. Here factor of the rates, number of steps (which is early
    stopping) and layers are chosen on validation users among the candidates.

    Users are fitted one at a time on the prior itself, which is restored to each and taken back bit for bit: the
    reference. ``user_batch_size`` fits several at once with stacked parameters; numbers agree up to rounding, and it
    pays for heads on frozen features alone.

    Args:
        model: trained to score images, a LightningModule or its network.
        steps: candidate numbers of steps, or one number.
        inner: how a user's parameters descend; its rates are multiplied by the candidates' ``lr_multiplier``. None
            takes Adam at 1e-4 for the backbone and 1e-3 for the head.
        lr_multipliers: candidate factors of the inner rates.
        layers: candidate choices of layers, or one: ``all``, ``last_stage``, ``head``, ``norm``, ``bias`` or
            ``added``; None takes those of ``inner``.
        part_lr_multipliers: candidate factors of single groups' rates, by the name of the group, on top of
            ``lr_multipliers``; a fusion may need another rate than what it fuses.
        user_batch_size: how many users are fitted at once.
        cache_features: whether what lies below a head that alone moves is computed once per held-out image, for all
            users and repeats; numbers agree with the reference up to rounding.
        precision: ``32-true``, or ``bf16-mixed`` for a backbone that computes in bfloat16 while a user is fitted and
            evaluated: faster on processors and GPUs that know it, and rounded. What is
            returned scores in single precision.

    Raises:
        UserError: users cannot be stacked under these settings, or there is no such precision.
    """

    from_nothing = True

    def __init__(
        self,
        model: object = None,
        steps: int | Sequence[int] = 19,
        inner: InnerLoop | None = None,
        lr_multipliers: float | Sequence[float] = 1.0,
        layers: str | Sequence[str] | None = None,
        part_lr_multipliers: Mapping[str, Sequence[float]] | None = None,
        user_batch_size: int = 1,
        cache_features: bool = False,
        precision: str = "32-true",
    ) -> None:
        inner = inner or InnerLoop()
        self.model = network_of(model)
        self.inner = inner
        self.lr_multipliers = [lr_multipliers] if isinstance(lr_multipliers, int | float) else list(lr_multipliers)
        self.steps = [steps] if isinstance(steps, int) else sorted(steps)
        self.layers = [layers or inner.layers] if layers is None or isinstance(layers, str) else list(layers)
        self.part_lr_multipliers = {name: list(factors) for name, factors in (part_lr_multipliers or {}).items()}
        self.user_batch_size = user_batch_size
        self.cache_features = cache_features
        self.precision = precision
        choices = {"lr_multipliers": self.lr_multipliers, "steps": self.steps, "layers": self.layers}
        for name, chosen in choices.items():
            if not chosen:
                raise ArgumentError(name, "give at least one.", chosen)
        absent = [chosen for chosen in self.layers if chosen not in LAYERS]
        if absent:
            raise ArgumentError("layers", f"there is no such choice; take one of {', '.join(LAYERS)}.", absent[0])
        unknown = [
            name for name, factors in self.part_lr_multipliers.items() if name not in inner.lr_by_part or not factors
        ]
        if unknown:
            raise ArgumentError(
                "part_lr_multipliers", f"{unknown[0]} needs a rate in inner.lr_by_part, and at least one multiplier."
            )
        if self.steps[0] < 0:
            raise ArgumentError("steps", "there are no negative steps; 0 is the prior itself.", self.steps[0])
        if user_batch_size < 1:
            raise ArgumentError("user_batch_size", "give 1 for one user at a time, or more.", user_batch_size)
        if user_batch_size > 1 and (reason := why_not_stacked(inner)):
            raise ArgumentError("user_batch_size", f"{reason}; take user_batch_size=1.", user_batch_size)
        if precision not in PRECISIONS:
            raise ArgumentError("precision", f"take one of {', '.join(PRECISIONS)}.", precision)
        if user_batch_size > 1 and self.rounding:
            raise ArgumentError("precision", "users are fitted one by one; take user_batch_size=1.", precision)

    def prepare(self, context: FitContext) -> None:
        """Take the prior; it is restored to each user and always itself again."""
        self.scorer = NetworkScorer(context)
        self.user_ids = context.table.user_ids
        self.trait_names = context.trait_names
        ways = {_path(settings)[0] for settings in self.candidates()}
        self.engines = {way: Adaptation(self.scorer.model, self._inner(way)) for way in ways}
        self.embedded: torch.Tensor | None = None
        self.place = np.full(context.table.images, -1)
        if self.rounding and not isinstance(getattr(self.scorer.model, "backbone", None), nn.Module):
            raise ArgumentError(
                "precision",
                "this model is fed with features and has no backbone to compute in bfloat16; take 32-true.",
                self.precision,
            )

    @property
    def rounding(self) -> bool:
        """Whether backbones compute in bfloat16."""
        return self.precision != "32-true"

    def _passes(self, network: nn.Module) -> AbstractContextManager[None]:
        """Within this, a network computes in the precision that is asked for."""
        return rounded(network) if self.rounding else nullcontext()

    def candidates(self) -> Sequence[Settings]:
        """Every combination of layers, a rate, factors of single parts and a number of steps."""
        choices: dict[str, Sequence[float | int | str]] = {
            "layers": self.layers,
            "lr_multiplier": self.lr_multipliers,
            **self.part_lr_multipliers,
            "steps": self.steps,
        }
        return [dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())]

    def extra_tables(self, user: Scorer, images: Indices) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Tell what each trait in an image is worth to a user, where the head fuses traits with the score."""
        weights = fused_weights(user, images)
        if weights is None:
            return {}
        numbered = [f"trait {number + 1}" for number in range(len(weights))]
        names = self.trait_names if len(self.trait_names) == len(weights) else numbered
        return {
            "fused_weights": [
                {"trait": name, "weight": float(weight)} for name, weight in zip(names, weights, strict=True)
            ]
        }

    def _inner(self, way: Way) -> InnerLoop:
        """Return how a user's parameters descend under some settings, before the candidates' rate."""
        chosen = dict(way)
        rates = {name: rate * float(chosen.get(name, 1.0)) for name, rate in self.inner.lr_by_part.items()}
        return replace(self.inner, layers=str(chosen["layers"]), lr_by_part=rates)

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Fine-tune a copy of the prior that the scorer keeps, learn2learn's way."""
        if int(settings["steps"]) == 0 or not len(support.images):
            return lambda images: self.scorer.zero_shot()[images]
        inputs = self.scorer.inputs_of(support.images)
        with self._drawn_for(support):
            network = self._fitted(self.scorer.model, inputs, self._scores(support), settings)
        return PersonalNetwork(network, self.scorer)

    def _fitted(self, model: nn.Module, inputs: torch.Tensor, scores: torch.Tensor, settings: Settings) -> nn.Module:
        """Return a copy of a model after the steps that the settings ask for."""
        way, rate = _path(settings)
        inner = self._inner(way)
        network = clone_for_user(model)
        rule = inner.optimizer(network)
        rule.factor = rate
        with self._passes(network):
            inner.descend(network, rule, inputs, scores, int(settings["steps"]))
        return network

    def scorer_of(self, ratings: OwnRatings, settings: Settings) -> Callable[[torch.Tensor], Scores]:
        """Fine-tune a copy of the model, which then scores any image; no database has part in it."""
        size_of(self.model)
        assert self.model is not None
        device = device_of_model(self.model)
        scores = torch.as_tensor(ratings.scores, device=device)
        network = self.model
        if int(settings["steps"]):
            network = self._fitted(self.model.eval(), ratings.squares.to(device), scores, settings)

        def score(squares: torch.Tensor) -> Scores:
            if network is self.model:
                network.eval()
            with torch.no_grad():
                parts = [network(part.to(device)) for part in torch.split(squares, batch_on(device))]
            return _array(torch.cat(parts))

        return score

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Score along one descent per way and rate: fewer steps are the beginning of more steps."""
        if not len(support.images):
            return [self.scorer.zero_shot()[images]] * len(candidates)
        found: dict[tuple[Path, int], Scores] = {}
        for path, stops in _paths(candidates).items():
            engine = self.engines[path[0]]
            with self._passes(engine.network), self._drawn_for(support), engine.user():
                support_inputs, query = self._inputs(engine, support.images), None
                engine.rule.factor = path[1]
                done = 0
                for stop in stops:
                    engine.descend(support_inputs, self._scores(support), stop - done)
                    done = stop
                    if engine.parted and query is None:
                        query = self._inputs(engine, images)  # features are small, and every stop needs them
                    found[path, stop] = self._scored(engine, images) if query is None else _array(engine.score(query))
        return [self._found(found, settings, images) for settings in candidates]

    def trace_all(
        self, supports: Sequence[Support], images: Sequence[Indices], candidates: Sequence[Settings]
    ) -> list[list[Scores]]:
        """Do the same for several users at once."""
        if self.user_batch_size == 1 or not len(supports[0].images):
            return super().trace_all(supports, images, candidates)
        found: list[dict[tuple[Path, int], Scores]] = [{} for _ in supports]
        scores = torch.stack([self._scores(support) for support in supports])
        for path, stops in _paths(candidates).items():
            engine = self.engines[path[0]]
            inputs = torch.stack([self._inputs(engine, support.images) for support in supports])
            query = padded([self._inputs(engine, own) for own in images])
            stack = Stack(engine, len(supports), path[1])
            done = 0
            for stop in stops:
                stack.descend(inputs, scores, stop - done)
                done = stop
                for own, shown, row in zip(found, images, _array(stack.score(query)), strict=True):
                    own[path, stop] = row[: len(shown)]
        return [
            [self._found(own, settings, shown) for settings in candidates]
            for own, shown in zip(found, images, strict=True)
        ]

    def _found(self, found: dict[tuple[Path, int], Scores], settings: Settings, images: Indices) -> Scores:
        steps = int(settings["steps"])
        return found[_path(settings), steps] if steps else self.scorer.zero_shot()[images]

    def _inputs(self, engine: Adaptation, images: Indices) -> torch.Tensor:
        """Return what the engine steps on and scores."""
        if not (engine.parted and self.cache_features):
            return engine.prepare(self.scorer.inputs_of(images))
        if self.embedded is None:
            shown = self.scorer.held_out
            self.embedded = self.scorer.map(engine.prepare, shown)
            self.place[shown] = np.arange(len(shown))
        return self.embedded[torch.from_numpy(self.place[images])]

    def _scored(self, engine: Adaptation, images: Indices) -> Scores:
        return _array(self.scorer.map(lambda inputs: engine.score(engine.prepare(inputs)), images))

    def _scores(self, support: Support) -> torch.Tensor:
        return torch.as_tensor(support.scores, device=self.scorer.device)

    @contextmanager
    def _drawn_for(self, support: Support) -> Iterator[None]:
        """Key what dropout draws by the user and the repeat, so that the order of users changes no record."""
        if not self.inner.dropout:
            yield
            return
        key = hashlib.sha256(f"{self.user_ids[support.user]}/{support.draw}".encode()).digest()
        devices = [self.scorer.device] if self.scorer.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(int.from_bytes(key[:6]))
            yield


def _path(settings: Settings) -> Path:
    way = tuple((name, value) for name, value in settings.items() if name not in ("lr_multiplier", "steps"))
    return way, float(settings["lr_multiplier"])


def _paths(candidates: Sequence[Settings]) -> dict[Path, list[int]]:
    """Return the numbers of steps that are asked for along every descent, ascending; zero needs no descent."""
    stops: dict[Path, set[int]] = {}
    for settings in candidates:
        if int(settings["steps"]):
            stops.setdefault(_path(settings), set()).add(int(settings["steps"]))
    return {path: sorted(wanted) for path, wanted in stops.items()}


def _array(scores: torch.Tensor) -> Scores:
    return scores.cpu().numpy().astype(np.float32, copy=False)
