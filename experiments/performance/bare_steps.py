"""Takes a few bare training steps of ResNet18 in a process of its own: ``bare_steps.py LAYOUT [--quick]``."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from statistics import median

import torch
from harness import peak_memory

from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.runtime.allocator import keep_freed_memory


def main(layout: str, quick: bool) -> None:
    """Print seconds of a step, peak memory in MiB and a digest of the parameters."""
    keep_freed_memory()
    torch.manual_seed(0)
    name, batch, count = ("small_cnn", 4, 2) if quick else ("resnet18", 16, 3)
    backbone = build_backbone(name)
    if layout == "channels_last":
        backbone.to(memory_format=torch.channels_last)
    inputs = torch.randn(batch, 3, backbone.size, backbone.size)
    optimizer = torch.optim.Adam(backbone.parameters())
    seconds = []
    for _ in range(count + 1):
        start = time.perf_counter()
        optimizer.zero_grad()
        backbone(inputs).square().mean().backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    content = hashlib.sha256()
    for parameter in backbone.parameters():
        content.update(parameter.detach().contiguous().numpy().tobytes())
    digest = int(content.hexdigest()[:12], 16)
    print(json.dumps({"seconds": median(seconds[1:]), "peak": peak_memory(), "digest": digest}))


if __name__ == "__main__":
    main(sys.argv[1], "--quick" in sys.argv)
