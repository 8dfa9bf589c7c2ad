from __future__ import annotations

import pytest
import torch

from piaa_lightning.callbacks.finite_steps import FiniteSteps
from piaa_lightning.data.batches import Examples
from piaa_lightning.errors import UserError


@pytest.fixture
def broken(data) -> Examples:
    """A batch with a score that is no number."""
    scores = data.scores.clone()
    scores[3] = float("nan")
    return data._replace(scores=scores)


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_training_stops_with_the_batch_and_the_parameters_in_a_file(task, fit, data, broken, tmp_path):
    file = tmp_path / "deep" / "not_finite.pt"
    before = task()
    fit(before, tmp_path / "one", batches=[data])
    stopped = task()
    with pytest.raises(UserError, match=r"^The gradient is not finite \(epoch 0, step 1\); the batch is in .*on_nan=s"):
        fit(stopped, tmp_path / "two", FiniteSteps("stop", file), batches=[data, broken, data])
    kept = torch.load(file, weights_only=True)
    assert torch.equal(kept["batch"]["inputs"], broken.inputs)
    assert kept["batch"]["scores"].isnan().tolist() == [number == 3 for number in range(8)]
    weights = {name: value for name, value in before.state_dict().items() if "running" not in name}
    assert same({name: kept["state_dict"][name] for name in weights if "batches" not in name}, weights)


def test_a_skipped_step_leaves_everything_as_it_was(task, fit, data, broken, tmp_path):
    plain, skipping = task(), task()
    fit(plain, tmp_path / "one", batches=[data, data])
    skip = FiniteSteps("skip", tmp_path / "file.pt")
    fit(skipping, tmp_path / "two", skip, batches=[data, broken, data])
    assert skip.skipped == 1
    assert same(plain.state_dict(), skipping.state_dict()), "running statistics and Adam's moments included"
    assert not (tmp_path / "file.pt").exists()


@pytest.mark.parametrize("choice", ["stop", "skip"])
def test_finite_steps_are_left_alone(task, fit, tmp_path, choice):
    plain, watched = task(), task()
    fit(plain, tmp_path / "one")
    fit(watched, tmp_path / "two", FiniteSteps(choice, tmp_path / "file.pt"))
    assert same(plain.state_dict(), watched.state_dict())


def test_large_finite_gradients_are_finite(task, tmp_path):
    module = task()
    optimizer = module.configure_optimizers()
    for parameter in module.parameters():
        parameter.grad = torch.full_like(parameter, 3e38)  # whose sum is too large for single precision
    FiniteSteps("stop", tmp_path / "file.pt").on_before_optimizer_step(None, module, optimizer)
    next(module.parameters()).grad.view(-1)[0] = -float("inf")
    trainer = type("Trainer", (), {"current_epoch": 0, "global_step": 0})
    with pytest.raises(UserError):
        FiniteSteps("stop", tmp_path / "file.pt").on_before_optimizer_step(trainer, module, optimizer)


def test_an_unknown_choice_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"^on_nan=ignore: choose one of stop, skip\.$"):
        FiniteSteps("ignore", tmp_path)
