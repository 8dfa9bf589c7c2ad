"""One process of test_processes.py: ``python one_of_two_processes.py <rank> <meeting file> <result file>``."""

from __future__ import annotations

import json
import sys

import numpy as np
import torch
from torch import distributed
from torch.utils.data import DistributedSampler

from piaa_lightning.metrics.stateful.images import ImageMetrics
from piaa_lightning.metrics.stateful.per_user import PerUserSROCC
from piaa_lightning.metrics.stateful.traits import TraitMetrics

ROWS, USERS, BINS = 101, 7, 10  # odd, so that no two processes share the rows evenly


def columns():
    """Rows that every process makes alike: of images, of users' ratings, and of liked images."""
    random = np.random.default_rng(5)
    row, user = np.arange(ROWS), random.integers(0, USERS, ROWS)
    target = random.integers(0, 5, ROWS) / 4
    prediction = target + random.normal(0, 0.4, ROWS)
    traits = random.uniform(-1, 1, (USERS, 5))[user]
    votes = random.dirichlet(np.ones(BINS), (2, ROWS))
    return {
        "images": (row, prediction, target, *votes),
        "users": (user, prediction, target),
        "likes": (row, user, np.tanh(traits + random.normal(0, 1, traits.shape)), traits),
        # users as Lightning's sampler hands them out: whole, and the first one twice, to fill up
        "whole_users": (user, prediction, target),
    }


METRICS = {
    "images": lambda: ImageMetrics(bins=BINS),
    "users": PerUserSROCC,
    "likes": TraitMetrics,
    "whole_users": PerUserSROCC,
}


def share(case, user, rank):
    """Rows that a process of two sees; the samplers of images and whole users repeat some, the third does not."""
    if case == "users":
        return np.arange(ROWS)[rank::2]
    sampler = DistributedSampler(range(USERS if case == "whole_users" else ROWS), 2, rank, shuffle=False)
    if case == "whole_users":
        return np.concatenate([np.flatnonzero(user == own) for own in sampler])
    return np.array(list(sampler))


def evaluated(metric, arrays, rows, batch=9):
    """What a metric says and what it counted, after it has seen some rows in batches."""
    for part in np.array_split(rows, -(-len(rows) // batch)) if len(rows) else []:
        metric.update(*(torch.from_numpy(array[part]) for array in arrays))
    values = metric.compute()
    values = {name: v.item() for name, v in values.items()} if isinstance(values, dict) else {"": values.item()}
    return values, {name: n for name, n in vars(metric).items() if name.startswith(("users_", "images_"))}


def main(rank: int, meeting: str, result: str) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    found = {}
    for case, arrays in columns().items():
        rows = share(case, columns()["users"][0], rank)
        found[case] = evaluated(METRICS[case](), arrays, rows)
        # a second epoch, in which all rows fall to the second process
        metric = METRICS[case]()
        metric.reset()
        found[f"{case}, one process empty"] = evaluated(metric, arrays, np.arange(ROWS if rank else 0))
    distributed.destroy_process_group()
    with open(result, "w", encoding="utf-8") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
