"""Reads and splits one database, then lets pandas alone read its labels: ``read_database.py NAME ROOT LABELS``.

A process of its own without torch, so that its memory is that of reading.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas as pd
from harness import peak_memory
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from piaa_lightning.cli.configuration.schema import config_dir, register


def main(name: str, root: Path, labels: str) -> None:
    """Print seconds, peak memory in MiB, and the seconds that pandas takes."""
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        data = compose("config", [f"data={name}"]).data
    reader, split = instantiate(data.reader), instantiate(data.split)
    start = time.perf_counter()
    split(reader(root))
    seconds, peak = time.perf_counter() - start, peak_memory()
    start = time.perf_counter()
    pd.read_csv(root / labels, sep=" " if labels.endswith(".txt") else ",", header=None, low_memory=False)
    print(json.dumps({"seconds": seconds, "peak": peak, "yardstick": time.perf_counter() - start}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
