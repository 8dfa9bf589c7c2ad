from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, max_pool2d

from piaa_lightning.models.backbones.bn_inception import BNInception

# The maps that enter each block at 224 pixels: channels and side. Kept from the weights that circulate.
ENTERING = {
    "3a": (192, 28),
    "3b": (256, 28),
    "3c": (320, 28),
    "4a": (576, 14),
    "4b": (576, 14),
    "4c": (576, 14),
    "4d": (608, 14),
    "4e": (608, 14),
    "5a": (1056, 7),
    "5b": (1024, 7),
}


def seen_by(network: nn.Module, names: list[str], images: Tensor) -> dict[str, Tensor]:
    """What enters some of a network's modules."""
    seen: dict[str, Tensor] = {}
    hooks = [
        network.get_submodule(name).register_forward_pre_hook(
            lambda module, inputs, name=name: seen.__setitem__(name, inputs[0].detach())
        )
        for name in names
    ]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return seen


def lively() -> BNInception:
    """A network whose batch norms do something in evaluation mode."""
    torch.manual_seed(0)
    network = BNInception()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.5)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.02, 0.2)
    return network.eval()


def layer(state: dict[str, Tensor], name: str, maps: Tensor, stride: int = 1) -> Tensor:
    weight = state[f"{name}.weight"]
    out = conv2d(maps, weight, state[f"{name}.bias"], stride, weight.shape[-1] // 2)
    norm = [state[f"{name}_bn.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
    return batch_norm(out, *norm).clamp(min=0)


def test_the_known_totals():
    with torch.device("meta"):
        network = BNInception()
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_295_240
    assert sum(isinstance(module, nn.Conv2d) for module in network.modules()) == 69
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network.modules()) == 69


def test_the_maps_of_every_block():
    with torch.device("meta"):
        network = BNInception().eval()
        seen = seen_by(network, [f"inception_{name}_3x3_reduce" for name in ENTERING], torch.zeros(1, 3, 224, 224))
    for name, (channels, side) in ENTERING.items():
        assert seen[f"inception_{name}_3x3_reduce"].shape == (1, channels, side, side), name


def test_names_are_those_of_the_weights_that_circulate():
    with torch.device("meta"):
        names = set(BNInception().state_dict())
    assert {"conv1_7x7_s2.weight", "conv1_7x7_s2_bn.running_var", "conv2_3x3_reduce.bias", "conv2_3x3_bn.bias"} <= names
    assert {"inception_3a_1x1.weight", "inception_3c_3x3_bn.weight", "inception_4e_double_3x3_2.bias"} <= names
    assert {"inception_5b_pool_proj_bn.running_mean", "last_linear.weight", "last_linear.bias"} <= names
    assert not {name for name in names if name.startswith(("inception_3c_1x1", "inception_4e_pool_proj"))}
    assert len(names) == 69 * (2 + 5) + 2


def test_stem_and_blocks_agree_with_the_arithmetic_written_out():
    network = lively()
    state = network.state_dict()
    torch.manual_seed(1)
    blocks = {name: f"inception_{name}_3x3_reduce" for name in ENTERING}
    others = ["conv1_7x7_s2", "conv2_3x3_reduce", "last_linear"]
    seen = seen_by(network, [*blocks.values(), *others], torch.randn(2, 3, 64, 64) * 70)

    stem = max_pool2d(layer(state, "conv1_7x7_s2", seen["conv1_7x7_s2"], stride=2), 3, 2, ceil_mode=True)
    torch.testing.assert_close(seen["conv2_3x3_reduce"], stem)
    stem = layer(state, "conv2_3x3", layer(state, "conv2_3x3_reduce", stem))
    torch.testing.assert_close(seen[blocks["3a"]], max_pool2d(stem, 3, 2, ceil_mode=True))

    leaving = dict(zip(blocks, [seen[name] for name in list(blocks.values())[1:]], strict=False))
    for name, entering in {name: seen[key] for name, key in blocks.items()}.items():
        own, stride = f"inception_{name}_", 2 if name in ("3c", "4e") else 1
        single = layer(state, own + "3x3", layer(state, own + "3x3_reduce", entering), stride)
        double = layer(state, own + "double_3x3_1", layer(state, own + "double_3x3_reduce", entering))
        double = layer(state, own + "double_3x3_2", double, stride)
        if stride == 2:
            out = [single, double, max_pool2d(entering, 3, 2, ceil_mode=True)]
        else:
            pooled = max_pool2d(entering, 3, 1, 1) if name == "5b" else avg_pool2d(entering, 3, 1, 1)
            out = [layer(state, own + "1x1", entering), single, double, layer(state, own + "pool_proj", pooled)]
        if name == "5b":
            torch.testing.assert_close(seen["last_linear"], torch.cat(out, dim=1).mean(dim=(2, 3)))
        else:
            torch.testing.assert_close(leaving[name], torch.cat(out, dim=1))


def test_blue_comes_first_to_the_first_convolution():
    images = torch.zeros(1, 3, 32, 32)
    images[:, 0] = 1.0  # red
    seen = seen_by(lively(), ["conv1_7x7_s2"], images)["conv1_7x7_s2"]
    assert seen.mean(dim=(0, 2, 3)).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize(("classes", "length"), [(1000, 1000), (10, 10), (0, 1024)])
def test_length_of_the_output(classes, length):
    with torch.device("meta"):
        assert BNInception(classes).eval()(torch.zeros(2, 3, 64, 64)).shape == (2, length)


def test_gradients_reach_the_image_and_every_parameter():
    network = lively()
    images = (torch.randn(2, 3, 64, 64) * 70).requires_grad_()
    network(images).square().sum().backward()
    assert [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()] == []
    assert images.grad is not None
    assert images.grad.abs().sum(dim=(2, 3)).min() > 0
