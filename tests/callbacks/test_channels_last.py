from __future__ import annotations

import pytest
import torch

from piaa_lightning.callbacks.channels_last import ChannelsLast


class Layout(ChannelsLast):
    """Also looks at what the network holds and makes while it trains."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        convolution = pl_module.network.backbone.network.layers[0]
        self.weight = convolution.weight.is_contiguous(memory_format=torch.channels_last)
        self.moment = (
            trainer.optimizers[0].state[convolution.weight]["exp_avg"].is_contiguous(memory_format=torch.channels_last)
        )
        self.activation = convolution(torch.zeros(2, 3, 16, 16)).is_contiguous(memory_format=torch.channels_last)


@pytest.fixture
def trained(tmp_path, task, fit):
    plain, other, layout = task(), task(), Layout()
    fit(plain, tmp_path / "plain")
    fit(other, tmp_path / "other", layout)
    return plain, other, layout


def test_weights_moments_and_activations_lie_channels_last_while_training(trained):
    layout = trained[2]
    assert (layout.weight, layout.moment, layout.activation) == (True, True, True)


def test_it_trains_the_same_network_up_to_rounding(trained, task):
    plain, other, _ = trained
    start = task().state_dict()
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], value, rtol=1e-4, atol=1e-5)
    assert any(not torch.equal(value, start[name]) for name, value in plain.state_dict().items())


def test_afterwards_the_weights_lie_as_they_were_made(trained):
    _, other, _ = trained
    assert all(value.is_contiguous() for value in other.state_dict().values())


def test_its_checkpoint_fits_the_ordinary_network(trained, tmp_path, task, data):
    _, other, _ = trained
    saved = torch.load(tmp_path / "other" / "last.ckpt", weights_only=True)["state_dict"]
    fresh = task()
    fresh.load_state_dict(saved)
    with torch.no_grad():
        assert torch.equal(fresh.eval().network(data.inputs), other.eval().network(data.inputs))
    assert all(value.is_contiguous() for value in fresh.state_dict().values())
