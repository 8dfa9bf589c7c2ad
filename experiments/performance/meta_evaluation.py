"""Evaluating new users in the authors' way and in this program's, on the same images, users and splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from meta_iterations import adam, network
from numpy.typing import NDArray
from PIL import Image

from piaa_lightning.data.images.decode import decode, squash
from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.images.stored import open_images
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import Split
from piaa_lightning.losses.score import score_loss
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.fine_tune import FineTune
from piaa_lightning.personalizers.network_scorer import batch_on
from piaa_lightning.personalizers.personalizer import FitContext, Support

EPOCHS = 20  # each evaluated before its step, the last one reported: 19 steps
Numbers = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class PopulationPrior:
    """Users who rated all of some images.

    Args:
        context: with the images decoded once.
        root: where the files are.
        files: by the images' numbers.
        supports: by shots, one for every user and repeat.
    """

    context: FitContext
    root: Path
    files: list[str]
    supports: dict[int, list[Support]]

    def rest(self, support: Support) -> Numbers:
        """Return the images that are evaluated."""
        return np.setdiff1d(np.arange(len(self.files)), support.images)


def users(
    root: Path, images: int, size: int, backbone: str, users: int, repeats: int, shots: list[int]
) -> PopulationPrior:
    """Draw images of 500 x 375, write them as JPEG, and let users rate them."""
    random = np.random.default_rng(0)
    files = [f"{number:04}.jpg" for number in range(images)]
    for file in files:
        rough = random.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(rough).resize((500, 375), Image.Resampling.BICUBIC).save(root / file, quality=90)
    stored = open_images(root, files, [size], None)[size]
    user, image = (grid.ravel() for grid in np.meshgrid(np.arange(users), np.arange(images), indexing="ij"))
    table = RatingTable(
        database="bench",
        root=root,
        image_ids=np.array(files),
        image_files=np.array(files),
        user_ids=np.array([f"u{number}" for number in range(users)]),
        user=user,
        image=image,
        score=(random.integers(0, 5, len(user)) / 4).astype(np.float32),
        scale=Scale(1, 5),
    )
    nobody, nothing, all_of_them = np.zeros(0, np.int64), np.zeros(0, np.int64), np.arange(images)
    split = Split("bench", nobody, nobody, np.arange(users), nothing, nothing, all_of_them)
    supports: dict[int, list[Support]] = {k: [] for k in shots}
    for one in range(users):
        for repeat in range(repeats):
            order = random.permutation(images)
            for k in shots:
                supports[k].append(Support(one, order[:k], table.score[one * images + order[:k]], repeat))
    context = FitContext(table, split, Inputs(stored), torch.device("cpu"), network(backbone, size))
    return PopulationPrior(context, root, files, supports)


def the_authors_way(given: PopulationPrior, shots: int, size: int) -> list[Scores]:
    """Before each of 20 steps decode and predict all remaining images, of which the last time is reported.

    Their support images are decoded for every epoch too. Decoding and squashing are this program's, which are faster
    than theirs were, batches are as large as this program's, and batch norm and dropout are in evaluation mode, so that
    numbers can be compared to the bit.
    """
    assert given.context.model is not None
    some = batch_on(given.context.device)
    theta = {name: value.clone() for name, value in given.context.model.state_dict().items()}
    model = given.context.model
    reported = []

    def read(images: Numbers) -> torch.Tensor:
        return torch.from_numpy(np.stack([squash(decode(given.root / given.files[i]), size) for i in images]))

    for support in given.supports[shots]:
        model.load_state_dict(theta)
        optimizer, scores = adam(model), torch.from_numpy(support.scores)
        for epoch in range(EPOCHS):
            with torch.no_grad():
                rest = given.rest(support)
                predicted = torch.cat([model(read(rest[at : at + some])) for at in range(0, len(rest), some)])
            if epoch == EPOCHS - 1:
                reported.append(predicted.numpy())
                break
            optimizer.zero_grad()
            score_loss(model(read(support.images)), scores).backward()
            optimizer.step()
    model.load_state_dict(theta)
    return reported


def tuner(given: FitContext, layers: str = "all", **options: object) -> FineTune:
    """Return this program's fine-tuning with the authors' settings."""
    inner = InnerLoop({"backbone": 1e-4, "head": 1e-3}, layers=layers)
    made = FineTune(inner=inner, lr_multipliers=[1.0], steps=[EPOCHS - 1], **options)  # type: ignore[arg-type]
    made.prepare(given)
    return made


def evaluated(tune: FineTune, given: PopulationPrior, shots: int) -> list[Scores]:
    """Predict what is reported, as the protocol asks for it."""
    supports, found = given.supports[shots], []
    for start in range(0, len(supports), tune.user_batch_size):
        some = supports[start : start + tune.user_batch_size]
        found += [each[0] for each in tune.trace_all(some, [given.rest(s) for s in some], tune.candidates())]
    return found


def on_features(given: PopulationPrior, features: int = 32) -> PopulationPrior:
    """Return the same users on frozen features of the images, with a small head."""
    torch.manual_seed(0)
    context = given.context
    inputs = Inputs(Features(torch.randn(len(given.files), features)))
    prior = ScoreNetwork(None, ScoreHead(features, [64])).eval()
    return PopulationPrior(
        FitContext(context.table, context.split, inputs, context.device, prior), given.root, given.files, given.supports
    )
