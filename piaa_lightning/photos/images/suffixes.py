"""Endings of the files that are taken for photographs."""

from __future__ import annotations

PLAIN = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff"}
HEIF = {".heic", ".heif"}
RAW = {".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"}
SUFFIXES = PLAIN | HEIF | RAW
