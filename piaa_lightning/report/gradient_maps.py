"""Draw where in an image the generic model and the models of two users look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.shown_users import ExplainedImage, Maps, ShownUsers
from piaa_lightning.report.best_and_worst import SHORT
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.style import Pixels, head_all, look, save, show

COLOURS = "magma"  # even steps of brightness, so that it can be read without colour
STRONG = 0.65  # share of the map's colour over the grey image
NARROW = 3  # columns of an image that leave room for another image beside it
BRIGHTEST = 99.0  # percentile of a map that is drawn brightest


def overlay(pixels: Pixels, gradients: Maps) -> Pixels:
    """Lay a map's colours over the image in grey; the map is stretched to the image and to its own range.

    Args:
        pixels: ``(height, width, 3)``, 0..255.
        gradients: ``(size, size)``, not negative, of the image squashed to a square.
    """
    height, width = pixels.shape[:2]
    bound = float(np.percentile(gradients, BRIGHTEST)) or 1.0
    unit = np.clip(gradients / bound, 0, 1).astype(np.float32)
    stretched = np.asarray(Image.fromarray(unit).resize((width, height), Image.Resampling.BILINEAR))
    heat = matplotlib.colormaps[COLOURS](stretched)[..., :3] * 255
    grey = pixels.astype(np.float64) @ [0.299, 0.587, 0.114]
    laid: Pixels = np.clip((1 - STRONG) * grey[..., None] + STRONG * heat, 0, 255).astype(np.uint8)
    return laid


def gradient_maps(shown: ShownUsers, images: Callable[[int], Pixels], scale: Scale, path_png: Path, title: str) -> str:
    """Draw each image beside the gradient maps of the prior and of the models of users who rated it.

    Args:
        shown: with explained images.
        images: from a number to ``(height, width, 3)`` pixels.
        scale: of the database.
        path_png: where the PNG goes.
        title: names the data.

    Returns:
        The figure as SVG.

    Raises:
        UserError: there are no maps.
    """
    explained = shown.explained
    if not explained:
        raise UserError(f"{path_png}: there are no gradient maps; raise report.maps.")
    columns = 1 + max(len(image.who) for image in explained)
    across = 2 if columns <= NARROW and len(explained) > 1 else 1
    lines = -(-len(explained) // across)
    with look():
        figure = Figure(
            figsize=(1.75 * columns * across, 0.35 + 1.45 * lines), layout=ConstrainedLayoutEngine(hspace=0.05)
        )
        panels = figure.subplots(lines + 1, columns * across, squeeze=False, height_ratios=[0.14, *[1] * lines])
        for panel in panels.flat:
            panel.set_axis_off()
        for panel, words in zip(panels[0], ("image", *_names(explained[0])) * across, strict=False):
            panel.text(0.5, 0.5, words, ha="center", va="center", fontsize=9.5, fontweight="bold", in_layout=False)
        for number, image in enumerate(explained):
            line, block = divmod(number, across)
            row = panels[1 + line, block * columns : (block + 1) * columns]
            pixels = images(image.image)
            show(row[0], pixels)
            for place, panel in enumerate(row[1 : 1 + len(image.who)]):
                show(panel, overlay(pixels, image.maps[place]))
                panel.annotate(
                    _words(image, place, scale), (0.5, 0), (0, -3), "axes fraction", textcoords="offset points",
                    ha="center", va="top", fontsize=7.5,
                )  # fmt: skip
        head_all(
            figure,
            title,
            f"{shown.explains} at {shown.shots} shots: |gradient| of the score, brightest where it is largest",
        )
        return save(figure, path_png, f"Heat maps over {len(explained)} images. {spoken(shown)}")


def spoken(shown: ShownUsers) -> str:
    """Say how concentrated the maps are on average, prior against users."""
    prior = float(np.mean([image.concentrations[0] for image in shown.explained]))
    users = float(np.mean([share for image in shown.explained for share in image.concentrations[1:]]))
    return (
        f"The strongest tenth of pixels holds {decimal(prior)} of the prior's gradient and {decimal(users)} of the"
        " users' models', on average."
    )


def _names(image: ExplainedImage) -> list[str]:
    return ["prior", *(f"model of {who[:SHORT]}" for who in image.who[1:])]


def _words(image: ExplainedImage, place: int, scale: Scale) -> str:
    said = f"says {scale.low + image.predicted[place] * (scale.high - scale.low):.1f}"
    rating = image.scores[place]
    if rating is not None:
        said = f"rated {round(scale.low + rating * (scale.high - scale.low), 2):g}, {said}"
    return f"{said}; {decimal(image.concentrations[place])}"
