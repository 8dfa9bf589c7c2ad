"""A user as a blend of experts: generic models of several generic sets, weighed by what the user rated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor, nn

from piaa_lightning.data.ratings import Scores
from piaa_lightning.personalizers.features import ImageFeatures, image_features, scaled
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.own_images import OwnRatings, network_of
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError, Personalizer, Settings


class ExpertsBlend(Hierarchical):
    """s_u(x) = b_u + sum_m a_um e_m(x): M experts' scores, and M + 1 numbers for each user.

    Experts are the model and further networks, each trained on another generic set. A user's numbers are a draw from
    N(mean, covariance), learnt from the training users as in `Hierarchical`; a new user's are the posterior mean.

    Source: the idea is that of Yun and Choo, "Scaling Up Personalized Image Aesthetic Assessment via Task Vector
    Customization", ECCV 2024, where a user is a sum of task vectors, networks trained on several generic sets less
    their common start, with coefficients that begin at (1, 0, ..., 0).
    NOTE: here scores are added instead of parameters, for which M + 1 numbers and a closed form are enough, where the
    paper descends 500 steps on coefficients of every parameter tensor. The two agree where networks are linear in
    their parameters. ``mean=generic`` begins with the model alone, as the paper does.

    Args:
        model: the expert of the main database, a LightningModule or its network.
        experts: the others; those of a run come as its ``auxiliary`` networks. All see what the model sees.
        prior_variances: see `Hierarchical`, like the following.
        mean: ``generic`` or ``learnt``, which weighs the other experts too.
        steps: rounds of EM.
        correlation_users: shrinks correlations between weights.
        min_ratings: training users with fewer ratings are left out.
    """

    def __init__(
        self,
        model: object = None,
        experts: Sequence[object] = (),
        prior_variances: Sequence[float] = (1.0,),
        mean: str = "generic",
        steps: int = 30,
        correlation_users: float = 10.0,
        min_ratings: int = 2,
    ) -> None:
        super().__init__(model, prior_variances, None, mean, steps, correlation_users, min_ratings)
        self.experts = [network for network in map(network_of, experts) if network is not None]

    def see(self, context: FitContext) -> ImageFeatures:
        """Return the experts' scores in place of features.

        Raises:
            LeftOutError: there is no expert but the model.
        """
        others: list[nn.Module] = [*self.experts, *context.auxiliary.values()]
        if not others:
            raise LeftOutError(
                "it blends experts of two generic sets or more, and there is one; add for instance"
                " +data@databases.aadb=aadb +task@tasks.experts.aadb=generic tasks.experts.aadb.database=aadb"
            )
        generic = image_features(context)
        scorer = NetworkScorer(context)
        shown = np.concatenate([context.split.train_images, scorer.held_out])
        values = np.full((context.table.images, len(others)), np.nan, dtype=np.float32)
        for number, expert in enumerate(others):
            values[shown, number] = scorer.score(expert.to(scorer.device).eval(), shown)
        known = context.split.train_images if len(context.split.train_images) else shown
        values, projection = scaled(values, known)
        return ImageFeatures(values, generic.generic, generic.level, projection)

    def scorer_of(self, ratings: OwnRatings, settings: Settings) -> Callable[[Tensor], Scores]:
        """Show every image to every expert, for a user who is in no database."""
        return Personalizer.scorer_of(self, ratings, settings)
