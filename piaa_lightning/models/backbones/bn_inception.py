"""BN-Inception, which the talk and NIMA call Inception-v2; neither timm nor torchvision has it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu


class Block(NamedTuple):
    """Channels of the four branches of one inception block."""

    plain: int  # of the 1x1 convolution; 0 in the two blocks that halve their maps
    single: tuple[int, int]  # of the 1x1 reduction, of the 3x3 convolution after it
    double: tuple[int, int]  # of the 1x1 reduction, of each of the two 3x3 convolutions after it
    pooling: str  # average or max, over 3x3
    projected: int  # of the 1x1 convolution after the pooling; 0 passes the pooled maps on

    @property
    def stride(self) -> int:
        """2 where the block halves its maps."""
        return 1 if self.plain else 2

    def out(self, channels: int) -> int:
        """Channels that leave the block, given those that enter it."""
        return self.plain + self.single[1] + self.double[1] + (self.projected or channels)


BLOCKS = {
    "3a": Block(64, (64, 64), (64, 96), "average", 32),
    "3b": Block(64, (64, 96), (64, 96), "average", 64),
    "3c": Block(0, (128, 160), (64, 96), "max", 0),
    "4a": Block(224, (64, 96), (96, 128), "average", 128),
    "4b": Block(192, (96, 128), (96, 128), "average", 128),
    "4c": Block(160, (128, 160), (128, 160), "average", 128),
    "4d": Block(96, (128, 192), (160, 192), "average", 128),
    "4e": Block(0, (128, 192), (192, 256), "max", 0),
    "5a": Block(352, (192, 320), (160, 224), "average", 128),
    "5b": Block(352, (192, 320), (192, 224), "max", 128),
}


class BNInception(nn.Module):
    """69 convolutions, each followed by batch norm: three, then ten inception blocks, then the mean over the last map.

    Source: Ioffe & Szegedy, "Batch Normalization", 2015, table of the network. Modules are named as in the weights
    that circulate (``bn_inception-52deb4733.pth``, from Caffe), so that these load as they are. They were trained on
    channels in the order blue, green, red, from 0 to 255 less a mean: the network turns the channels itself, the rest
    is the normalisation that comes with it.

    NOTE: the filters are those of the weights that circulate. The output sizes that the paper prints for 4c, 4d and 4e
    (576, 576, 1024) do not fit them: they are 608, 608 and 1056. NIMA's Inception-v2 is most likely TF-slim's, whose
    first convolution is separable.

    Args:
        num_classes: length of the output; 0 leaves the classifier out.
    """

    num_features = 1024

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self._add("conv1_7x7_s2", 3, 64, kernel=7, stride=2)
        self._add("conv2_3x3_reduce", 64, 64, kernel=1)
        self._add("conv2_3x3", 64, 192, kernel=3)
        channels = 192
        for name, block in BLOCKS.items():
            own = f"inception_{name}_"
            if block.plain:
                self._add(own + "1x1", channels, block.plain, kernel=1)
            self._add(own + "3x3_reduce", channels, block.single[0], kernel=1)
            self._add(own + "3x3", *block.single, kernel=3, stride=block.stride)
            self._add(own + "double_3x3_reduce", channels, block.double[0], kernel=1)
            self._add(own + "double_3x3_1", *block.double, kernel=3)
            self._add(own + "double_3x3_2", block.double[1], block.double[1], kernel=3, stride=block.stride)
            if block.projected:
                self._add(own + "pool_proj", channels, block.projected, kernel=1)
            channels = block.out(channels)
        self.last_linear = nn.Linear(channels, num_classes) if num_classes else nn.Identity()

    def _add(self, name: str, channels: int, out: int, kernel: int, stride: int = 1) -> None:
        self.add_module(name, nn.Conv2d(channels, out, kernel, stride, padding=kernel // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(out))

    def _through(self, maps: Tensor, *names: str) -> Tensor:
        for name in names:
            maps = relu(getattr(self, f"{name}_bn")(getattr(self, name)(maps)))
        return maps

    def _block(self, name: str, maps: Tensor) -> Tensor:
        block, own = BLOCKS[name], f"inception_{name}_"
        branches = [self._through(maps, own + "1x1")] if block.plain else []
        branches.append(self._through(maps, own + "3x3_reduce", own + "3x3"))
        branches.append(self._through(maps, own + "double_3x3_reduce", own + "double_3x3_1", own + "double_3x3_2"))
        if block.stride == 2:
            pooled = _halved(maps)
        else:
            pooled = (avg_pool2d if block.pooling == "average" else max_pool2d)(maps, 3, stride=1, padding=1)
        branches.append(self._through(pooled, own + "pool_proj") if block.projected else pooled)
        return torch.cat(branches, dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """Turn images into logits, or into pooled features where the classifier is left out.

        Args:
            images: ``(batch, 3, size, size)`` red, green, blue, from 0 to 255 less (128, 117, 104); the size is a
                multiple of 32.

        Returns:
            ``(batch, num_classes)``, or ``(batch, 1024)`` of at least 0.
        """
        maps = _halved(self._through(images.flip(1), "conv1_7x7_s2"))
        maps = _halved(self._through(maps, "conv2_3x3_reduce", "conv2_3x3"))
        for name in BLOCKS:
            maps = self._block(name, maps)
        out: Tensor = self.last_linear(maps.mean(dim=(2, 3)))
        return out


def _halved(maps: Tensor) -> Tensor:
    return max_pool2d(maps, 3, stride=2, ceil_mode=True)  # Caffe rounds up
