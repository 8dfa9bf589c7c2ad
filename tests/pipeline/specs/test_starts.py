"""Where training starts: from the backbone's weights, or from nothing."""

from __future__ import annotations

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.build_model import build_extractor, fresh, refuse_start
from piaa_lightning.pipeline.specs.specs import RunSpec

from composing import config_of

pytestmark = pytest.mark.slow


def spec(*overrides):
    return RunSpec.of(config_of("experiment=blg_piaa", "~methods.blg_generic", *overrides))


def network(*overrides):
    made = spec(*overrides)
    extractor = build_extractor(made, torch.device("cpu"))
    return fresh(made, made.task, extractor), extractor


def test_pretrained_is_the_backbones_weights_and_none_is_none_of_them():
    pretrained, extractor = network()
    own = extractor.backbone.state_dict()
    assert all(torch.equal(value, own[name]) for name, value in pretrained.backbone.state_dict().items())
    random, again = (network("init_from=none")[0] for _ in range(2))
    weights = [model.backbone.network.layers[0].weight for model in (pretrained, random, again)]
    assert not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[1], weights[2]), "the same for the same seed"
    heads = [model.head.state_dict() for model in (random, again)]
    assert all(torch.equal(heads[0][name], heads[1][name]) for name in heads[0])


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (
            ["backbone=small_cnn"],
            r"task\.start=pretrained: backbone\.weights=null, so that there is nothing pretrained",
        ),
        (["backbone=mobilenetv2", "init_from=none"], r"task\.start=none: the backbone is frozen and would stay random"),
    ],
)
def test_a_start_that_a_backbone_does_not_have_is_a_sentence(overrides, sentence):
    made = spec(*overrides)
    with pytest.raises(UserError, match=sentence):
        refuse_start(made, made.task)
