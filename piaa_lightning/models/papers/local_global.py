"""Join local features of early layers with global features of the last layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork, images_needed


class LocalGlobal(ScoreNetwork):
    """Two layers of local features and one of global features, connected, of an inception network.

    Source: Jin, Wu, Li et al., "ILGNet: inception modules with connected local and global features for efficient
    image aesthetic quality classification using domain adaptation", IET Computer Vision 2019 (arXiv 2016).
    NOTE: the paper takes the local features from the first two inception modules. Here they are the last maps of the
    two resolutions before the last, averaged over the image, so that every backbone has them.

    Args:
        backbone: of inception modules in the paper.
        head: makes the head from the connected layer.
        features: length of a feature vector.
        stages: resolutions before the last whose maps are taken.
        local: width of each layer of local features; the paper's 256.
        whole: width of the layer of global features; the paper's 512.

    Raises:
        UserError: frozen features are fed in, or the backbone has too few resolutions.
    """

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        stages: int = 2,
        local: int = 256,
        whole: int = 512,
    ) -> None:
        backbone = images_needed(backbone, "a network of local and global features")
        super().__init__(backbone, head(stages * local + whole))
        ends = _ends_of_stages(backbone)
        if len(ends) <= stages:
            raise UserError(
                f"task.network.stages={stages}: the backbone's maps have {len(ends)} resolutions; take at most"
                f" {max(len(ends) - 1, 0)}, or another backbone."
            )
        self.taken = tuple(ends)[-1 - stages : -1]
        self.local = nn.ModuleList([nn.Linear(ends[name], local) for name in self.taken])
        self.whole = nn.Linear(features, whole)

    def embed(self, inputs: Tensor) -> Tensor:
        """Return the connected layer, ``(batch, stages x local + whole)``."""
        maps, features = _maps_of(self.backbone, self.taken, inputs)
        local = [layer(maps[name].mean(dim=(2, 3))) for layer, name in zip(self.local, self.taken, strict=True)]
        return torch.cat([*local, self.whole(features)], dim=1).relu()


def _maps_of(backbone: Any, names: tuple[str, ...], inputs: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Run a backbone and return the outputs of some of its modules beside its features.

    The hooks last as long as the run, so that a copy of the network holds none that belong to another.
    """
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda module, given, output: found.__setitem__(name, output)

    handles = [backbone.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    try:
        return found, backbone(inputs)
    finally:
        for handle in handles:
            handle.remove()


def _ends_of_stages(backbone: Backbone) -> dict[str, int]:
    """Return the modules that give the last map of each resolution, with their channels, as the forward pass goes."""
    mode = backbone.training
    names = tuple(name for name, _ in backbone.named_modules() if name)
    with torch.no_grad():
        maps, _ = _maps_of(backbone.eval(), names, torch.zeros(1, 3, backbone.size, backbone.size))
    backbone.train(mode)
    last: dict[int, tuple[str, int]] = {}
    for name, output in maps.items():  # in the order in which the modules ended
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            last.pop(output.shape[2], None)
            last[output.shape[2]] = (name, output.shape[1])
    return dict(last.values())
