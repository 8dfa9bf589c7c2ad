"""Keep libraries from talking over the progress bars."""

from __future__ import annotations

import logging
import warnings


def quiet_libraries() -> None:
    """Keep libraries from talking over the progress bars."""
    logging.raiseExceptions = False  # a log on a full disk: what fills it stops the run, with a sentence
    for library in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(library).setLevel(logging.WARNING)  # "GPU available: False" and the like
    for message in (
        ".*does not have many workers.*",  # stored images are faster in the main process
        ".*Checkpoint directory .* exists and is not empty.*",  # ours, from the same run
        ".*is smaller than the logging interval.*",  # small data, and nothing is lost
        ".*LeafSpec.*is deprecated.*",  # between Lightning and torch
        ".*sync_dist=True.*",  # what is validated is gathered before it is logged, and is the same in all processes
    ):
        warnings.filterwarnings("ignore", message)
