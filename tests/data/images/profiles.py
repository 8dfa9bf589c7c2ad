"""Small ICC profiles, made by hand, and what they mean."""

from __future__ import annotations

import struct

import numpy as np

# Colorants relative to D50: what red, green and blue are in XYZ, one line each.
SRGB = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]])
SPACES = {
    "display p3": np.array([[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]]),
    "adobe rgb": np.array([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]]),
    "prophoto": np.array([[0.79767, 0.28804, 0.0], [0.13519, 0.71188, 0.0], [0.03134, 0.00009, 0.82491]]),
}
GAMMAS = {"display p3": None, "adobe rgb": 563 / 256, "prophoto": 461 / 256}  # None: sRGB's own curve


def rgb_profile(space: str) -> bytes:
    """A profile of colorants and a curve, as cameras and programs write it."""
    curve = _linear(np.linspace(0, 1, 1024), GAMMAS[space])
    table = struct.pack(">4sII", b"curv", 0, 1024) + (curve * 65535).round().astype(">u2").tobytes()
    colorants = {
        name: b"XYZ \0\0\0\0" + _fixed(xyz)
        for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), SPACES[space], strict=True)
    }
    curves = {name: table for name in (b"rTRC", b"gTRC", b"bTRC")}
    return _icc(b"mntr", b"RGB ", b"XYZ ", space, {**colorants, **curves})


def to_srgb(space: str, pixel: tuple[int, int, int]) -> np.ndarray:
    """What a pixel of that space is in sRGB, by the textbook."""
    xyz = _linear(np.array(pixel) / 255, GAMMAS[space]) @ SPACES[space]
    linear = np.clip(xyz @ np.linalg.inv(SRGB), 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def ink_profile() -> bytes:
    """A printer's profile in which cyan is a middle grey (L = 50), black is black, and all other inks are white."""
    light = {(0, 0): 255, (1, 0): 128, (0, 1): 0, (1, 1): 0}
    corners = [(light[cyan, black], 128, 128) for cyan in (0, 1) for _ in range(4) for black in (0, 1)]
    straight = bytes(range(256))
    identity = _fixed([1, 0, 0, 0, 1, 0, 0, 0, 1])
    table = struct.pack(">4sIBBBB", b"mft1", 0, 4, 3, 2, 0) + identity + 4 * straight
    return _icc(b"prtr", b"CMYK", b"Lab ", "ink", {b"A2B0": table + bytes(np.array(corners, np.uint8)) + 3 * straight})


def _linear(values: np.ndarray, gamma: float | None) -> np.ndarray:
    if gamma is not None:
        return values**gamma
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _fixed(values) -> bytes:
    return np.round(np.asarray(values) * 65536).astype(">i4").tobytes()


def _icc(kind: bytes, space: bytes, pcs: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    told = name.encode() + b"\0"
    description = struct.pack(">4sII", b"desc", 0, len(told)) + told + bytes(4 + 4 + 2 + 1 + 67)
    white = b"XYZ \0\0\0\0" + _fixed([0.9642, 1.0, 0.8249])
    every = {b"desc": description, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white, **tags}
    place, entries, content = 128 + 4 + 12 * len(every), b"", b""
    for tag, data in every.items():
        padded = data + bytes(-len(data) % 4)
        entries += struct.pack(">4sII", tag, place + len(content), len(data))
        content += padded
    size = place + len(content)
    header = struct.pack(">I4sI4s4s4s12s4s", size, b"\0" * 4, 0x02400000, kind, space, pcs, bytes(12), b"acsp")
    header += bytes(128 - len(header) - 12 - 48) + _fixed([0.9642, 1.0, 0.8249]) + bytes(48)
    return header + struct.pack(">I", len(every)) + entries + content
