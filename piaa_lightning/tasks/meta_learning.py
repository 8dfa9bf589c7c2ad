"""Meta-learning from plain values: a model that is good to start from, learnt from users as tasks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from piaa_lightning.errors import ArgumentError
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.learner import MetaLearner
from piaa_lightning.meta.learners import Recipe, recipe_of
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.build import OF_VOTES, MakeHead
from piaa_lightning.runtime.choices import check_choice
from piaa_lightning.tasks.meta import MetaTask
from piaa_lightning.tasks.plain_values import FromPlainValues, described, score_network_from, started_from


class MetaLearning(FromPlainValues, MetaTask):
    """Learn where a new user's fine-tuning should start, with users as tasks; stands on learn2learn.

    Args:
        init_from: a trained task, whose network is copied and gone on with; ``pretrained`` makes a network from the
            other values, whose backbone must have ``weights``, ``none`` one without, and None either.
        learner: ``blg``, ``reptile``, ``fomaml``, ``maml``, ``anil``, ``metasgd``, or ``plain``: no meta-learning. Or a
            class of your own, or a `Recipe`; `load_from_checkpoint` wants it again then.
        steps: inner steps, for BLG at each of its two levels; None is the learner's own.
        beta: outer learning rate; None is the learner's own.
        inner_lr: inner learning rates by the network's parts, ``{"backbone": 1e-4, "head": 1e-3}``; None is its own.
        inner: further arguments of `InnerLoop`, for instance ``{"layers": "head"}``.
        gamma: the outer rate of epoch e is beta x gamma^e.
        users_per_batch: users in an outer step, k.
        support: images in a user's support batch.
        query: images in a user's query batch.
        min_ratings: training users with fewer ratings are left out.
        backbone: of a network that is made; this and the following as `GenericAesthetics` has them.
        weights: likewise.
        head: likewise.
        image_size: likewise.
        backbone_options: likewise.
        bins: likewise.
        engine: how the outer step is taken, see `MetaTask`; None is its default.

    Raises:
        ArgumentError: a value that an argument cannot have.

    Example:
        >>> from piaa_lightning import GenericAesthetics, MetaLearning
        >>> MetaLearning(GenericAesthetics(), learner="reptile", steps=3).learner.steps
        3
    """

    def __init__(
        self,
        init_from: object = None,
        learner: str | Recipe | type[MetaLearner] = "blg",
        steps: int | None = None,
        beta: float | None = None,
        *,
        inner_lr: Mapping[str, float] | None = None,
        inner: Mapping[str, Any] | None = None,
        gamma: float = 0.9,
        users_per_batch: int = 4,
        support: int = 80,
        query: int = 20,
        min_ratings: int = 20,
        backbone: str | Backbone = "small_cnn",
        weights: str | None = None,
        head: str | MakeHead = "small",
        image_size: int | None = None,
        backbone_options: Mapping[str, Any] | None = None,
        bins: int = 10,
        engine: str | None = None,
    ) -> None:
        if isinstance(init_from, str):
            weights = _weights_of_start(init_from, weights, backbone)
            init_from = None
        values = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        recipe = recipe_of(learner)
        counts = {"steps": steps, "users_per_batch": users_per_batch, "support": support, "query": query}
        for argument, count in counts.items():
            if count is not None and count < 1:
                raise ArgumentError(argument, "give 1 or more.", count)
        if beta is not None and not beta > 0:
            raise ArgumentError("beta", "give a learning rate above 0.", beta)
        if init_from is None:
            of_head = {"bins": bins} if head in OF_VOTES else {}
            network: Any = score_network_from(backbone, weights, head, image_size, backbone_options, **of_head)
        else:
            network = started_from(init_from)
        rates = {} if inner_lr is None else {"lr_by_part": dict(inner_lr)}
        loop = InnerLoop(**{**recipe.inner, **rates, **(inner or {})})
        made = partial(recipe.learner, inner=loop, steps=steps or recipe.steps, **recipe.options)
        optimizer = partial(recipe.optimizer, lr=beta or recipe.lr)
        further: dict[str, Any] = {} if engine is None else {"engine": engine}
        super().__init__(network, made, optimizer, gamma=gamma, **further)
        self.batch_size = users_per_batch
        self._episodes = {"support": support, "query": query, "min_ratings": min_ratings}
        self.remember(described(init_from, values))

    @property
    def view_options(self) -> Mapping[str, Any]:
        """How many images of a user a batch holds."""
        return self._episodes


def _weights_of_start(start: str, weights: str | None, backbone: str | Backbone) -> str | None:
    """Return the weights that a network starts from that no task has trained."""
    if start == "generic":
        raise ArgumentError("init_from", "give the trained task itself, for instance a GenericAesthetics.", start)
    check_choice("init_from", start, ("pretrained", "none"))
    if start == "pretrained" and weights is None and isinstance(backbone, str):
        raise ArgumentError("weights", "with init_from='pretrained' the backbone needs some, such as 'imagenet'.", None)
    return weights if start == "pretrained" else None


class BilevelMetaLearning(MetaLearning):
    """BLG-PIAA's meta-learning: each user takes steps on a support batch, then on a query batch; theta follows.

    Source: Zhu et al., "Personalized Image Aesthetics Assessment via Meta-Learning With Bilevel Gradient Optimization",
    IEEE T-CYB 2020. The arguments are those of `MetaLearning`, whose ``learner`` is ``blg`` here.

    Example:
        >>> from piaa_lightning import BilevelMetaLearning
        >>> BilevelMetaLearning(backbone="small_cnn").view
        'episodes'
    """

    def __init__(
        self, init_from: object = None, steps: int | None = None, beta: float | None = None, **options: Any
    ) -> None:
        super().__init__(init_from, "blg", steps, beta, **options)

    def remember(self, values: Mapping[str, Any]) -> None:
        """Keep the plain values; which learner it is stands in the class."""
        super().remember({name: value for name, value in values.items() if name != "learner"})
