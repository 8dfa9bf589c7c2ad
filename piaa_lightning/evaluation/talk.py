"""The talk's numbers on FLICKR-AES, to stand beside ours.

Source: Leida Li, "Personalized Image Aesthetics Assessment" (talk, 27 May 2020), Tables I and II: SROCC, mean over 37
test users. NOTE: the talk does not say what its +- is; it fits the standard deviation over repeats of that mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Cell = tuple[float, float]


@dataclass(frozen=True)
class TalkNumber:
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


def talk_number(method: str, backbone: str, shots: int) -> TalkNumber | None:
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
    column = _SHOTS.index(shots)
    cells = {_key(of): (of, cells) for (name, of), cells in TABLE_II.items() if _key(name) == _key(method)}
    if cells:
        named, pair = cells.get(_key(backbone.split(".")[0]), cells["resnet18"])
        name = next(name for name, _ in TABLE_II if _key(name) == _key(method))
        return TalkNumber(name, named, shots, *pair[column])
    for name, pair in TABLE_I.items():
        if _key(name) == _key(method):
            return TalkNumber(name, "", shots, *pair[column])
    return None


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
