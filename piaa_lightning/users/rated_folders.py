"""Mean features of the folders in which images were rated; a personal model needs them in other folders."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.runtime.files.atomic import replace_file

log = logging.getLogger(__name__)


class RatedFolders:
    """Statistics of folders, a small file for each folder and set of networks.

    Args:
        directory: of the files; it is made with the first.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, place: str, networks: Sequence[str], statistics: FolderStatistics) -> None:
        """Keep the statistics of a folder as it is now; those of no image replace nothing.

        Args:
            place: the folder.
            networks: keys of those that looked, see `PhotoNetworks.keys`.
            statistics: of what they saw.
        """
        if not statistics.count:  # a page that starts again has not read its folder yet
            return
        told = {"place": place, "count": repr(statistics.count)}
        content = save({"mean": statistics.mean, "variance": statistics.variance}, metadata=told)
        replace_file(self._file(place, networks), content)

    def pooled(self, places: Iterable[str], networks: Sequence[str], features: int) -> FolderStatistics:
        """Pool the statistics of folders; one of which nothing is known adds nothing.

        Args:
            places: the folders.
            networks: keys of the networks that matter.
            features: how many features they have together.
        """
        whole = FolderStatistics.nothing(features)
        for place in sorted(set(places)):
            file = self._file(place, networks)
            if not file.exists():
                continue
            try:
                with safe_open(file, framework="pt") as opened:
                    count = float((opened.metadata() or {})["count"])
                    mean, variance = opened.get_tensor("mean"), opened.get_tensor("variance")
            except (OSError, SafetensorError, KeyError, ValueError) as error:
                log.warning("%s is damaged (%s) and left out.", file, error)
                continue
            if mean.shape == variance.shape == (features + 1,) and bool(torch.isfinite(mean + variance).all()):
                whole = whole + FolderStatistics(count, mean.double(), variance.double())
        return whole

    def _file(self, place: str, networks: Sequence[str]) -> Path:
        name = hashlib.sha256(json.dumps([place, *networks]).encode()).hexdigest()[:32]
        return self._directory / f"{name}.safetensors"
