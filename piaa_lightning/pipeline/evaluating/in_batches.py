"""Ask a network about a dataset in batches, shared among the processes of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.datasets import HeldOutImages, HeldOutLikes
from piaa_lightning.runtime.distributed import gather, process_index, share, world_size
from piaa_lightning.runtime.progress import track

BATCH = 64  # images evaluated at once
Floats = NDArray[np.float64]


def in_batches(
    answer: Callable[[Tensor], Tensor], dataset: HeldOutImages | HeldOutLikes, title: str, device: torch.device
) -> Floats:
    """Return what a network answers about every item of a dataset, in order.

    Args:
        answer: the network, or one of its methods, on the device.
        dataset: what is asked about.
        title: of the progress bar.
        device: where the network runs.

    Returns:
        ``(items, ...)``, the same in all processes.
    """

    def batches() -> Iterator[Floats]:
        starts = range(0, len(dataset), BATCH)
        for start in track(share(starts, process_index(), world_size()), title):
            batch = dataset.__getitems__(range(start, min(start + BATCH, len(dataset))))
            yield answer(batch.inputs.to(device)).double().cpu().numpy()

    with torch.inference_mode():
        return np.concatenate(gather(list(batches())))
