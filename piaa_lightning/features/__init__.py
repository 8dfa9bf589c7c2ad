"""Handcrafted features of images, usable on their own: functions of an RGB array, one idea per file."""

from __future__ import annotations

from piaa_lightning.features.brightness import brightness
from piaa_lightning.features.colour_statistics import colour_statistics
from piaa_lightning.features.colourfulness import colourfulness, hue_count, saturation
from piaa_lightning.features.computational import COMPUTATIONAL, computational_features
from piaa_lightning.features.contrast import contrast, contrast_width
from piaa_lightning.features.depth_of_field import depth_of_field
from piaa_lightning.features.fisher import FisherVectors
from piaa_lightning.features.harmony import harmony
from piaa_lightning.features.palette import PALETTE, palette
from piaa_lightning.features.planes import Planes, shrink
from piaa_lightning.features.saliency import saliency, saliency_spread
from piaa_lightning.features.sharpness import edge_spread, sharpness
from piaa_lightning.features.sift import dense_sift
from piaa_lightning.features.simple import SIMPLE, simple_features
from piaa_lightning.features.symmetry import symmetry
from piaa_lightning.features.texture import TEXTURE, texture
from piaa_lightning.features.thirds import thirds, thirds_share

__all__ = [
    "COMPUTATIONAL",
    "PALETTE",
    "SIMPLE",
    "TEXTURE",
    "FisherVectors",
    "Planes",
    "brightness",
    "colour_statistics",
    "colourfulness",
    "computational_features",
    "contrast",
    "contrast_width",
    "dense_sift",
    "depth_of_field",
    "edge_spread",
    "harmony",
    "hue_count",
    "palette",
    "saliency",
    "saliency_spread",
    "saturation",
    "sharpness",
    "shrink",
    "simple_features",
    "symmetry",
    "texture",
    "thirds",
    "thirds_share",
]
