"""The look that all figures share, and how they are saved: PNG for files, SVG for the page."""

from __future__ import annotations

import base64
import io
import re
from contextlib import AbstractContextManager
from html import escape, unescape
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray
from PIL import Image

from piaa_lightning.data.images.formats import open_image
from piaa_lightning.report.formatting import decimal
from piaa_lightning.runtime.files.atomic import replace_file

INK = "#24292f"
# Okabe and Ito's colours, which users with any colour vision can tell apart; yellow last, it is faint on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7", "#8c8c8c", "#f0e442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DOTS_PER_INCH = 150
LONG = 18  # letters of a name on an axis
THUMBNAIL, QUALITY = 160, 80  # longer side in pixels, and quality of the JPEG in an SVG

Pixels = NDArray[np.uint8]
_PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
# Published numbers among ours.
HOLLOW: dict[str, Any] = {
    "marker": "D", "markersize": 5.5, "markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.2,
    "linestyle": "none", "zorder": 5,
}  # fmt: skip
_TITLE: dict[str, Any] = {"fontsize": 11, "fontweight": "bold"}
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "svg.hashsalt": "piaa_lightning",  # equal runs give equal bytes
}


def _tick(value: float, _: object) -> str:
    """Label an axis as numbers are written elsewhere, less trailing zeros: ``.5``, ``.25``, ``0``, ``1``."""
    return decimal(value).rstrip("0").rstrip(".") or "0"


DECIMAL = FuncFormatter(_tick)


def look() -> AbstractContextManager[None]:
    """Settings of matplotlib to draw and save in; the caller's own come back afterwards."""
    return matplotlib.rc_context(_STYLE)


def style(index: int) -> tuple[str, str]:
    """Colour and marker of the ``index``-th method; beyond eight the pairs change before they repeat."""
    return COLOURS[index % len(COLOURS)], MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]


def broken(name: str) -> str:
    """Break a long name at its bracket or minus, for axes that leave room for the plot on a phone."""
    for mark in (" (", " \u2212 ", " + "):
        if len(name) > LONG and mark in name:
            before, _, after = name.partition(mark)
            return f"{before}\n{mark.strip()}{' ' if mark.endswith(' ') else ''}{after}"
    return name


def head(panel: Axes, title: str, caption: str, further: float = 0.0) -> None:
    """Put a title and a caption above the first panel, in line with its left edge; ``further`` points higher."""
    above = (22 if panel.get_title(loc="left") else 8) + further
    panel.annotate(caption, (0, 1), (0, above), "axes fraction", textcoords="offset points", fontsize=8.5, alpha=0.85)
    panel.annotate(title, (0, 1), (0, above + 15), "axes fraction", textcoords="offset points", **_TITLE)


def head_all(figure: Figure, title: str, caption: str) -> None:
    """Put a title and a caption above a grid of panels, whose widths they leave alone."""
    for words, above, font in ((caption, 8, {"fontsize": 8.5, "alpha": 0.85}), (title, 23, _TITLE)):
        figure.text(
            0.01, 1 + above / 72 / figure.get_figheight(), words, **font
        )  # ``save`` grows around what is outside


def save(figure: Figure, path_png: Path, said: str = "") -> str:
    """Write a PNG of 150 dots per inch on white, and return an SVG that takes its ink from the page around it.

    Args:
        figure: drawn under `look`.
        path_png: where the PNG goes.
        said: what the figure shows, in words for users who cannot see it; kept in both.
    """
    png, svg = io.BytesIO(), io.StringIO()
    figure.savefig(
        png, format="png", dpi=DOTS_PER_INCH, facecolor="white", bbox_inches="tight",
        metadata={"Software": None, **({"Description": said} if said else {})},
    )  # fmt: skip
    replace_file(Path(path_png), png.getvalue())
    figure.set_layout_engine("none")  # everything has found its place
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(svg, format="svg", transparent=True, bbox_inches="tight", metadata=nothing)
    text = svg.getvalue()
    text = _PNG.sub(_smaller, text[text.index("<svg") :].replace(INK, "currentColor"))
    return text.replace(">", f">\n <desc>{escape(said)}</desc>", 1) if said else text


def described(svg: str) -> str:
    """Return what `save` was told that a figure shows; empty where it was told nothing."""
    found = re.search(r"<desc>(.*?)</desc>", svg, re.DOTALL)
    return unescape(found[1]) if found else ""


def thumbnail(pixels: Pixels, side: int = THUMBNAIL) -> Pixels:
    """Shrink an image, ``(height, width, 3)`` in 0..255, so that its longer side has ``side`` pixels."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(image)


def show(panel: Axes, pixels: Pixels, anchor: str = "S") -> None:
    """Put an image into a panel, as large as it can be, and nothing else.

    Args:
        panel: shrinks to the image.
        pixels: ``(height, width, 3)``, 0..255.
        anchor: where in the panel's place it then stands: ``S`` in the middle of the lower edge, ``SW`` on the left.
    """
    panel.imshow(pixels, interpolation="none")  # the SVG then holds these pixels, whatever the size of the figure
    panel.set_anchor(anchor)
    panel.set_axis_off()


def _smaller(found: re.Match[str]) -> str:
    """Turn a PNG inside an SVG into a JPEG, a fifth of the size; figures hold no other images than images."""
    with open_image(io.BytesIO(base64.b64decode(found[1]))) as image:
        jpeg = io.BytesIO()
        image.convert("RGB").save(jpeg, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"
