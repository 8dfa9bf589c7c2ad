"""One meta-iteration of BLG over a user, in three ways; as a program it runs one of them in a process of its own.

    meta_iterations.py WAY [--size 224 --support 80 --query 20 --steps 5 --users 1 --channels-last --bf16]
                           [--learner blg --engine in_place]

The ways: ``bare``, forward, backward and Adam on resident tensors, twice S steps and nothing else; ``learn2learn``, its
clone-and-adapt loop with torch's Adam, written out; ``engine``, this program's learner with the outer step.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import time
from collections.abc import Callable

import torch
from harness import peak_memory
from torch import nn

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.losses.score import score_loss
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.engines import ENGINES
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.learners import LEARNERS
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork

WAYS = ("bare", "learn2learn", "engine")
RATES = {"backbone": 1e-4, "head": 1e-3}
BETA = 0.25


def options(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the sizes of a meta-iteration; the defaults are the talk's."""
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=224, help="side of an image in pixels")
    parser.add_argument("--support", type=int, default=80)
    parser.add_argument("--query", type=int, default=20)
    parser.add_argument("--steps", type=int, default=5, help="S, at each level")
    parser.add_argument("--users", type=int, default=1)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--learner", choices=list(LEARNERS), default="blg", help="of the way `engine`")
    parser.add_argument("--engine", choices=list(ENGINES), default="in_place", help="of that learner")
    return parser


def network(name: str, size: int, channels_last: bool = False) -> ScoreNetwork:
    """Return a backbone with the head of the authors, at random."""
    torch.manual_seed(0)
    backbone = build_backbone(name, size=size)
    made = ScoreNetwork(backbone, ScoreHead(backbone.features, [1024, 512], norm=True, dropout=0.5)).eval()
    return made.to(memory_format=torch.channels_last) if channels_last else made


def episodes(size: int, support: int, query: int, users: int, channels_last: bool = False) -> list[Episode]:
    """Return users with images that lie ready."""
    layout = torch.channels_last if channels_last else torch.contiguous_format

    def examples(count: int) -> Examples:
        return Examples(torch.randn(count, 3, size, size).to(memory_format=layout), torch.rand(count))

    torch.manual_seed(1)
    return [Episode(examples(support), examples(query)) for _ in range(users)]


def adam(model: nn.Module) -> torch.optim.Adam:
    """Return torch's own Adam with the two groups."""
    return torch.optim.Adam([{"params": getattr(model, part).parameters(), "lr": rate} for part, rate in RATES.items()])


def steps_of(model: nn.Module, optimizer: torch.optim.Optimizer, examples: Examples, steps: int) -> None:
    """Take steps on a batch."""
    for _ in range(steps):
        optimizer.zero_grad()
        score_loss(model(examples.inputs), examples.scores).backward()
        optimizer.step()


def iteration(
    way: str,
    model: ScoreNetwork,
    users: list[Episode],
    steps: int,
    bf16: bool = False,
    learner_name: str = "blg",
    engine_name: str = "in_place",
) -> Callable[[], None]:
    """Return a function that does one meta-iteration."""
    made = LEARNERS[learner_name].learner
    inner = InnerLoop(RATES, rule="sgd" if made.second_order else "adam")
    learner = made(model, inner, steps=steps, engine=engine_name)
    outer = torch.optim.SGD(model.parameters(), lr=BETA)

    def outer_step(gradient: list[torch.Tensor]) -> None:
        for parameter, value in zip(model.parameters(), gradient, strict=True):
            parameter.grad = value
        outer.step()
        outer.zero_grad()

    def bare() -> None:
        for user in users:
            for level in (user.support, user.query):
                steps_of(model, adam(model), level, steps)
        outer.zero_grad()

    def learn2learn() -> None:
        total = [torch.zeros_like(parameter) for parameter in model.parameters()]
        for user in users:
            own = clone_for_user(model)
            for level in (user.support, user.query):
                steps_of(own, adam(own), level, steps)
            for value, theta, moved in zip(total, model.parameters(), own.parameters(), strict=True):
                value += theta.detach() - moved.detach()
        outer_step(total)

    def engine() -> None:
        outer_step(learner.outer_gradient(users))

    chosen = {"bare": bare, "learn2learn": learn2learn, "engine": engine}[way]

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False) if bf16 else contextlib.nullcontext():
            chosen()

    return run


def digest(model: nn.Module) -> int:
    """Name the parameters by their bits."""
    content = hashlib.sha256()
    for value in model.state_dict().values():
        content.update(value.contiguous().numpy().tobytes())
    return int(content.hexdigest()[:12], 16)


def main() -> None:
    """Print seconds of the second iteration, peak memory in MiB and a digest of theta after it."""
    parser = options(argparse.ArgumentParser(description=__doc__))
    parser.add_argument("way", choices=WAYS)
    given = parser.parse_args()
    model = network(given.backbone, given.size, given.channels_last)
    users = episodes(given.size, given.support, given.query, given.users, given.channels_last)
    run = iteration(given.way, model, users, given.steps, given.bf16, given.learner, given.engine)
    run()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak": peak_memory(), "digest": digest(model)}))


if __name__ == "__main__":
    main()
