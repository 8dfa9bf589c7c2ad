"""Several processes that work as one: who does what, and how their results come together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, distributed

Item = TypeVar("Item")


def world_size() -> int:
    """Return how many processes work together; 1 where nothing is distributed."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def process_index() -> int:
    """Return the number of this process, from 0."""
    return distributed.get_rank() if world_size() > 1 else 0


def share(items: Sequence[Item], rank: int, world: int) -> list[Item]:
    """Return one process's items: every ``world``-th, from its own number on."""
    return list(items[rank::world])


def merge(shares: Sequence[Sequence[Item]]) -> list[Item]:
    """Undo :func:`share`: put the items of all processes back into one order."""
    longest = max((len(items) for items in shares), default=0)
    return [items[turn] for turn in range(longest) for items in shares if turn < len(items)]


def gather(items: Sequence[Item]) -> list[Item]:
    """Return every process's items in the order that a single process would have had them in.

    Args:
        items: what this process made of its share.
    """
    if world_size() == 1:
        return list(items)
    shares: list[list[Item]] = [[] for _ in range(world_size())]
    distributed.all_gather_object(shares, list(items))
    return merge(shares)


def agree(value: Item) -> Item:
    """Return the first process's value in every process; what depends on files or clocks is decided once."""
    if world_size() == 1:
        return value
    told = [value]
    distributed.broadcast_object_list(told)
    return told[0]


@torch.no_grad()
def sum_in_place(tensors: Sequence[Tensor]) -> None:
    """Add up tensors over processes, in place and in one message."""
    if world_size() == 1:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    distributed.all_reduce(flat)
    parts = torch.split(flat, [tensor.numel() for tensor in tensors])
    torch._foreach_copy_(list(tensors), [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)])
