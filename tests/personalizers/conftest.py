"""FitContext that every personalizer can stand on: users, drawn images, and a prior with batch norm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from rating_tables import everybody, numbered, table_of

from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.data.splits import Split
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.small_cnn import SmallCNN
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.personalizer import FitContext, Support

IMAGES, USERS, SIZE = 60, 6, 16


@pytest.fixture
def context(tmp_path: Path) -> FitContext:
    """Six users who rated all of sixty images; users 2 and 3 validate, 4 and 5 are test users."""
    random = np.random.default_rng(0)
    user, image = everybody(USERS, IMAGES)
    score = random.integers(0, 5, len(user)) / 4
    table = table_of(user, image, score, numbered("u", USERS, 1), numbered("p", IMAGES, 2), root=tmp_path)
    split = Split(
        "by hand",
        *(np.array(users) for users in ([0, 1], [2, 3], [4, 5])),
        *(np.arange(start, start + 20) for start in (0, 20, 40)),
    ).check(table)
    images = Images(random.integers(0, 256, (IMAGES, 3, SIZE, SIZE), dtype=np.uint8), {})
    return FitContext(table, split, Inputs(images), torch.device("cpu"), network())


def network() -> ScoreNetwork:
    torch.manual_seed(0)
    body = SmallCNN(width=4, features=8, size=SIZE)
    net = ScoreNetwork(
        Backbone(body, 8, SIZE, (0.5,) * 3, (0.25,) * 3), ScoreHead(8, hidden=[6], norm=True, dropout=0.5)
    )
    with torch.no_grad():  # statistics that are not those of the images, as after training on others
        for name, buffer in net.named_buffers():
            if name.endswith("running_mean"):
                buffer.uniform_(-0.2, 0.2)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 2)
    return net


@pytest.fixture
def support(context: FitContext):
    """Make the support set of a user: their ratings of the first test images."""

    def make(user: int = 4, shots: int = 10, draw: int = 0) -> Support:
        images = context.split.test_images[:shots]
        rows = user * IMAGES + images
        return Support(user, images, context.table.score[rows], draw)

    return make
