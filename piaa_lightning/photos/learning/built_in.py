"""The model out of the box: two small networks inside the package, and what people may like beyond their score."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file

from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.learning.folder_prior import FolderNumbers, FolderPrior
from piaa_lightning.photos.learning.published_model import PublishedModel, load_prior, prior_directory

NETWORKS = ("mobilenetv2", "nima")
REFERENCE = Path(__file__).parent / "reference.safetensors"
REFERENCE_IMAGES = 126  # fourteen photographs and eight crops of each, experiments/own_photographs/reference.py

# Chosen on the people of OASIS's sets 1 to 3: experiments/own_photographs/choose.py, chosen.csv. Of the variances only
# the ratios decide about the order (.05, 3, .5 and 1); their common scale makes the uncertainty right.
SCALE = 0.26
CHOSEN = FolderNumbers(
    slope=0.3,
    slope_variance=0.05 * SCALE,
    feature_variance=3.0 * SCALE,
    level_variance=0.5 * SCALE,
    noise=SCALE,
    pretended=10.0,
)

DATA = "votes on 250,000 photographs of DPChallenge (AVA), and the 1,000 kinds of things of ImageNet"
NOTE = (
    "The first order is what people on a photography site liked on average; it is a start, and your stars turn it into"
    " yours."
)


def built_in_model() -> PublishedModel:
    """Return the model out of the box; nothing is trained, drawn or downloaded."""
    defaults: dict[str, object] = {"size": None, "output": "pooled", "layer": "last", "options": {}}
    networks = PhotoNetworks(build_backbone(list(NETWORKS)), [{"name": name, **defaults} for name in NETWORKS])
    kept = load_file(REFERENCE)
    reference = FolderStatistics(float(REFERENCE_IMAGES), kept["mean"].double(), kept["variance"].double())
    users = FolderPrior(CHOSEN, reference, "nobody's own ratings; its numbers were chosen on 651 people of OASIS")
    return PublishedModel(networks, users, {"name": "built-in", "data": DATA, "command": "", "versions": {}})


def open_model(place: str | None) -> tuple[PublishedModel, str]:
    """Open a model.

    Args:
        place: directory or id on the hub of a published one; None takes the one out of the box.

    Returns:
        The model, and a sentence on what its first order stands on; empty where the user has named it.

    Raises:
        UserError: it cannot be read.
    """
    return (built_in_model(), NOTE) if place is None else (load_prior(prior_directory(place)), "")
