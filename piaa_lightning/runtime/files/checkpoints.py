"""Checkpoints of a training: written whole or not at all, and found again by whatever goes on from them."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from piaa_lightning.callbacks.keep_last import PRIOR, kept
from piaa_lightning.runtime.files.atomic import replacing

log = logging.getLogger(__name__)


class WholeCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint under another name, syncs it and renames it."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write one; through memory, because torch says of a full disk that its own program is at fault."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with replacing(Path(path)) as file:
            file.write(content.getbuffer())


def last_good(directory: Path, key: str) -> Path | None:
    """Return the newest checkpoint of a prior that can be read; damaged ones are passed over with a warning.

    Args:
        directory: that the training wrote to.
        key: of the prior; checkpoints of another one are no use.
    """
    for file in kept(directory):
        checkpoint = read(file)
        if checkpoint is not None and checkpoint.get(PRIOR) == key and _best_is_there(checkpoint):
            return file
    return None


def read(file: Path) -> dict[str, Any] | None:
    """Read a checkpoint; None, with a warning, where it is damaged or gone."""
    try:
        with ZipFile(file) as archive:  # torch reads numbers without looking at the checksums that it wrote
            if spoilt := archive.testzip():
                raise BadZipFile(f"{spoilt} is not what was written")
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file makes the loader raise
        log.warning("%s: a checkpoint that cannot be read is passed over (%s)", file, type(error).__name__)
        return None
    return checkpoint if isinstance(checkpoint, dict) else None


def _best_is_there(checkpoint: dict[str, Any]) -> bool:
    """Say whether the best epoch so far, to which the checkpoint refers, can be read as well."""
    paths = [state.get("best_model_path") for state in checkpoint.get("callbacks", {}).values()]
    return all(read(Path(path)) is not None for path in paths if path)
