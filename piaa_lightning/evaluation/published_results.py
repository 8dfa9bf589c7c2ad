"""The talk's numbers on users, images and traits, to stand beside ours.

Source: Leida Li, "Personalized Image Aesthetics Assessment" (talk, 27 May 2020). Users are evaluated on FLICKR-AES:
Tables I and II, SROCC, mean over 37 test users; images on AVA; traits by the table of Big-Five traits.
NOTE: the talk does not say what its +- is; it fits the standard deviation over repeats of that mean. Nor does it say
which EMD it gives; it fits r=1 divided by the number of bins. The slide of traits names FLICKR-AES, which has none; the
numbers fit SROCC over users of PsychoFlickr. The last two are hypotheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Cell = tuple[float, float]
Row = TypeVar("Row")


@dataclass(frozen=True)
class PublishedNumber:
    """One cell of the talk's tables.

    Args:
        method: as the talk writes it.
        backbone: what it was measured with, as the talk writes it; empty where the talk does not say.
        shots: ratings of the new user.
        mean: SROCC, mean over 37 users of FLICKR-AES.
        std: the talk's +-.
    """

    method: str
    backbone: str
    shots: int
    mean: float
    std: float


# Method -> 10 images, 100 images. BA-PIAA and BLG-PIAA are ResNet18's; the other rows name no backbone.
TABLE_I: dict[str, tuple[Cell, Cell]] = {
    "FPMF (only attribute)": ((0.511, 0.004), (0.516, 0.003)),
    "FPMF (only content)": ((0.512, 0.002), (0.516, 0.010)),
    "FPMF (content and attribute)": ((0.513, 0.003), (0.524, 0.007)),
    "PAM (only attribute)": ((0.518, 0.003), (0.539, 0.013)),
    "PAM (only content)": ((0.515, 0.004), (0.535, 0.017)),
    "PAM (content and attribute)": ((0.520, 0.003), (0.553, 0.012)),
    "USAR_PPR": ((0.521, 0.002), (0.544, 0.007)),
    "USAR_PAD": ((0.520, 0.003), (0.537, 0.003)),
    "USAR_PPR&PAD": ((0.525, 0.004), (0.552, 0.015)),
    "MT_IAA": ((0.523, 0.004), (0.582, 0.014)),
    "PA_IAA": ((0.543, 0.003), (0.639, 0.011)),
    "BA-PIAA": ((0.524, 0.004), (0.583, 0.014)),  # Table II prints +-.006 for the same .583
    "BLG-PIAA": ((0.561, 0.005), (0.669, 0.013)),
}

# (Method, backbone) -> 10 images, 100 images.
TABLE_II: dict[tuple[str, str], tuple[Cell, Cell]] = {
    ("BA-PIAA", "AlexNet"): ((0.491, 0.002), (0.556, 0.007)),
    ("BLG-PIAA", "AlexNet"): ((0.534, 0.003), (0.624, 0.011)),
    ("BA-PIAA", "ResNet18"): ((0.524, 0.004), (0.583, 0.006)),
    ("BLG-PIAA", "ResNet18"): ((0.561, 0.005), (0.669, 0.013)),
    ("BA-PIAA", "Inception-v3"): ((0.519, 0.004), (0.576, 0.009)),
    ("BLG-PIAA", "Inception-v3"): ((0.548, 0.006), (0.651, 0.016)),
}

_SHOTS = (10, 100)


LEAST_SHARE = 1 / 3  # of the rows of a published table, from which a run is one of that table
STARTED = re.compile(r" from (?:pretrained|generic|nothing)$")  # where a learner started, as our labels say it


def published_number(method: str, backbone: str, shots: int) -> PublishedNumber | None:
    """Find the talk's number for a method, or None where it has none.

    Table II is asked first. A backbone that the talk did not use gets the talk's ResNet18 cell, which the returned
    ``backbone`` says, so that nobody takes one for the other.

    Args:
        method: in any spelling that differs only in case and punctuation: ``blg_piaa``, ``BLG-PIAA``.
        backbone: likewise; a weights tag after a dot is ignored (``resnet18.a1_in1k``).
        shots: ratings of the new user; the talk has 10 and 100.
    """
    if shots not in _SHOTS:
        return None
    method = STARTED.sub("", method)
    column = _SHOTS.index(shots)
    cells = {_key(of): (of, cells) for (name, of), cells in TABLE_II.items() if _key(name) == _key(method)}
    if cells:
        named, pair = cells.get(_key(backbone.split(".")[0]), cells["resnet18"])
        name = next(name for name, _ in TABLE_II if _key(name) == _key(method))
        return PublishedNumber(name, named, shots, *pair[column])
    for name, pair in TABLE_I.items():
        if _key(name) == _key(method):
            return PublishedNumber(name, "", shots, *pair[column])
    return None


@dataclass(frozen=True)
class PublishedImages:
    """One row of the talk's table of generic aesthetics, measured on AVA.

    Args:
        method: as the talk writes it, with its backbone.
        acc: share of images on the right side of the scale's middle, in [0, 1]; the talk prints percent.
        srocc: of average scores; None where the talk gives none.
        emd: in [0, 1), by hypothesis `emd_r1`; None where the talk gives none.
    """

    method: str
    acc: float
    srocc: float | None = None
    emd: float | None = None

    @property
    def values(self) -> dict[str, float | None]:
        """By name of the metric, see `metrics.registry`."""
        return {"acc": self.acc, "srocc": self.srocc, "emd_r1": self.emd}


@dataclass(frozen=True)
class PublishedTraits:
    """One row of the talk's table of personality, by hypothesis SROCC over users of PsychoFlickr.

    Args:
        method: as the talk writes it, with its backbone.
        srocc: by trait: O, C, E, A, N.
    """

    method: str
    srocc: dict[str, float]


TABLE_AVA = (
    PublishedImages("AVA handcrafted features", 0.680),
    PublishedImages("RAPID", 0.745),
    PublishedImages("RAPID (improved version)", 0.754),
    PublishedImages("DMA", 0.754),
    PublishedImages("Wang et al.", 0.769),
    PublishedImages("Kao et al. 2016", 0.762),
    PublishedImages("BDN", 0.781),
    PublishedImages("Kao et al. 2017", 0.791),
    PublishedImages("Zhang et al.", 0.788),
    PublishedImages("Schwarz et al.", 0.758),
    PublishedImages("Kucer et al.", 0.819),
    PublishedImages("ILGNet", 0.827),
    PublishedImages("AlexNet_FT_Conf", 0.715, 0.481),
    PublishedImages("Reg+Rank+Att", 0.755, 0.545),
    PublishedImages("Reg+Rank+Cont", 0.734, 0.541),
    PublishedImages("Reg+Rank+Att+Cont", 0.773, 0.558),
    PublishedImages("USAR_PPR", 0.724, 0.600),
    PublishedImages("USAR_PAD", 0.777, 0.545),
    PublishedImages("USAR_PPR&PAD", 0.781, 0.578),
    PublishedImages("NIMA(VGG16)", 0.806, 0.592, 0.054),
    PublishedImages("NIMA(Inception-v2)", 0.815, 0.612, 0.050),
    PublishedImages("DenseNet121(aesthetics)", 0.805, 0.630, 0.051),
    PublishedImages("Inception-v3(aesthetics)", 0.809, 0.638, 0.050),
    PublishedImages("PA_IAA(DenseNet121)", 0.829, 0.666, 0.049),
    PublishedImages("PA_IAA(Inception-v3)", 0.837, 0.677, 0.047),
)

TRAITS = {"O": "openness", "C": "conscientiousness", "E": "extraversion", "A": "agreeableness", "N": "neuroticism"}
TABLE_TRAITS = tuple(
    PublishedTraits(method, dict(zip(TRAITS, values, strict=True)))
    for method, *values in (
        ("Segalin et al.", 0.354, 0.535, 0.625, 0.476, 0.613),
        ("Guntuku et al.", 0.398, 0.552, 0.679, 0.525, 0.636),
        ("DenseNet121(personality)", 0.548, 0.647, 0.711, 0.638, 0.698),
        ("Inception-v3(personality)", 0.536, 0.654, 0.703, 0.651, 0.709),
        ("PA_IAA(DenseNet121)", 0.567, 0.659, 0.722, 0.646, 0.708),
        ("PA_IAA(Inception-v3)", 0.555, 0.668, 0.715, 0.662, 0.717),
    )
)

# What a network of ours that learns one task alone may be called -> the talk's word for it.
_SINGLE = {"aesthetics": ("single task", "giaa", "aesthetics"), "personality": ("single task", "personality")}


def published_images(method: str, backbone: str) -> PublishedImages | None:
    """Find the talk's row for a network evaluated on images, or None where it has none.

    A backbone that the talk did not use gets the talk's strongest of that method; the row names it.

    Args:
        method: in any spelling that differs only in case and punctuation; ``single task`` is the talk's "aesthetics".
        backbone: likewise; a weights tag after a dot is ignored.
    """
    return _row({row.method: row for row in TABLE_AVA}, method, backbone, "aesthetics")


def published_images_of(method: str) -> list[PublishedImages]:
    """Find all of the talk's rows for a method, whatever their backbones; the spelling is as free as above."""
    return _rows({row.method: row for row in TABLE_AVA}, method, "aesthetics")


def published_traits(method: str, backbone: str) -> PublishedTraits | None:
    """Find the talk's row for a network evaluated on traits; the rules are those of `published_images`."""
    return _row({row.method: row for row in TABLE_TRAITS}, method, backbone, "personality")


def missing_images(methods: Iterable[str]) -> list[PublishedImages]:
    """Find the rows of the talk's table of images that no method of a run has, on whatever backbone.

    A run that has less than a third of the table's rows is none of the table, and misses nothing.

    Args:
        methods: labels of what was run, spelt as freely as in `published_images`.
    """
    return _missing({row.method: row for row in TABLE_AVA}, methods, "aesthetics")


def missing_traits(methods: Iterable[str]) -> list[PublishedTraits]:
    """Find the rows of the talk's table of traits that no method of a run has; see `missing_images`."""
    return _missing({row.method: row for row in TABLE_TRAITS}, methods, "personality")


def missing_methods(methods: Iterable[str]) -> list[str]:
    """Find the methods of the talk's Table I that a run has not; see `missing_images`.

    Example:
        >>> missing_methods([*list(TABLE_I)[:-1], "ridge"])
        ['BLG-PIAA']
    """
    return _missing({name: name for name in TABLE_I}, (STARTED.sub("", method) for method in methods), "")


def big_five(trait: str) -> str | None:
    """Name a trait as the talk does, O, C, E, A or N; None for any other."""
    return next((letter for letter, word in TRAITS.items() if trait.lower() in (letter.lower(), word)), None)


def _row(table: Mapping[str, Row], method: str, backbone: str, task: str) -> Row | None:
    """Look for the method itself, then with this backbone, then with any; the tables put the strongest last."""
    own = _key(backbone.split(".")[0]).replace("bninception", "inceptionv2")
    asked = _key(method)
    single = asked in map(_key, _SINGLE[task])
    found = None
    for name, row in table.items():
        before, _, inside = name.partition("(")
        net, what = (before, inside.strip(")")) if single else (inside.strip(")"), before)
        if asked == _key(name) or (inside and _key(what) == _key(task if single else method)):
            found = row
            if asked == _key(name) or _key(net) == own:
                return row
    return found


def _rows(table: Mapping[str, Row], method: str, task: str) -> list[Row]:
    """Look for the method itself; where it is no row, for all rows of its name whatever their backbones."""
    asked = _key(method)
    single = asked in map(_key, _SINGLE.get(task, ()))
    own, found = [], []
    for name, row in table.items():
        before, _, inside = name.partition("(")
        what = inside.strip(")") if single else before
        if asked == _key(name):
            own.append(row)
        elif inside and _key(what) == _key(task if single else method):
            found.append(row)
    return own or found


def _missing(table: Mapping[str, Row], methods: Iterable[str], task: str) -> list[Row]:
    had = [row for method in methods for row in _rows(table, method, task)]
    missing = [row for row in table.values() if row not in had]
    return missing if len(table) - len(missing) >= LEAST_SHARE * len(table) else []


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
