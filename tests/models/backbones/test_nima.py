from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from piaa_lightning.data.images.decode import decode, squash
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.bundled import BUNDLED, DIRECTORY
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.backbones.nima import Nima, mean_vote

pytestmark = pytest.mark.slow


PHOTOGRAPHS = Path(__file__).parents[4] / "shared" / "data" / "free_photographs"
NOISE = 0.15  # of 1 to 10: a third of the standard deviation of NIMA's scores over ordinary photographs


def by_hand(images: Tensor) -> Tensor:
    """NIMA's score of 1 to 10, written down without a line of the package."""
    network = timm.create_model("mobilenetv1_100", num_classes=10, bn_eps=1e-3).eval()
    state = network.state_dict()
    state |= {key: value.float() for key, value in load_file(DIRECTORY / BUNDLED["nima"][0]).items()}
    network.load_state_dict(state)
    with torch.no_grad():
        shares = torch.softmax(network(images.float() / 127.5 - 1), dim=1)
    return sum((vote * shares[:, vote - 1] for vote in range(1, 11)), torch.zeros(len(images)))


def nima(**settings) -> Nima:
    made = build_backbone("nima", **settings).eval()
    assert isinstance(made, Nima)
    return made


def drawn(count: int = 3) -> Tensor:
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (count, 9, 7, 3), dtype=np.uint8)
    large = [np.asarray(Image.fromarray(image).resize((224, 224))) for image in small]
    return torch.from_numpy(np.stack(large)).permute(0, 3, 1, 2).contiguous()


def assert_same_scores(images: Tensor) -> None:
    with torch.no_grad():
        found = nima().scores(images)
    assert found.shape == (len(images),)
    torch.testing.assert_close(1 + 9 * found, by_hand(images), atol=1e-4, rtol=0)


def test_scores_are_those_of_the_network_written_by_hand():
    assert_same_scores(drawn())


def test_scores_of_photographs_are_those_of_the_network_written_by_hand():
    files = sorted(PHOTOGRAPHS.glob("*.jpg"))[:4]
    if not files:
        pytest.skip(f"no photographs in {PHOTOGRAPHS}")
    squares = [squash(decode(file), 224, "antialias") for file in files]
    assert_same_scores(torch.from_numpy(np.stack(squares)))


@pytest.mark.parametrize(("vote", "score"), [(1, 0.0), (10, 1.0), (4, 1 / 3)])
def test_votes_from_1_to_10_become_scores_from_0_to_1(vote, score):
    distribution = torch.nn.functional.one_hot(torch.tensor([vote - 1]), 10).float()
    assert mean_vote(distribution).item() == pytest.approx(score)


def test_features_and_score_come_from_one_pass():
    made, images = nima(), drawn()
    passes = []
    made.network.conv_stem.register_forward_hook(lambda *_: passes.append(1))
    with torch.no_grad():
        features, score = made.with_score(images)
        assert len(passes) == 1
        torch.testing.assert_close(made(images), features)
        torch.testing.assert_close(made.scores(images), score)
        torch.testing.assert_close(mean_vote(made.distribution(images)), score)
    assert features.shape == (3, 1024)


def test_other_layers_leave_the_score_as_it_is():
    images = drawn()
    with torch.no_grad():
        features, score = nima(layer=[-2, -3]).with_score(images)
        torch.testing.assert_close(score, nima().scores(images))
    assert features.shape == (3, 512 + 256)


def test_votes_are_saved_with_the_network_and_trained_with_nothing():
    made = nima()
    assert {"votes_weight", "votes_bias"} <= set(made.state_dict())
    assert not [name for name, _ in made.named_parameters() if not name.startswith("network.")]
    made(drawn(2)).sum().backward()
    assert all(parameter.grad is not None for parameter in made.parameters())
    again = nima(weights=None)
    again.load_state_dict(made.state_dict())
    torch.testing.assert_close(again.scores(drawn()), made.scores(drawn()))


def test_logits_are_the_ten_votes():
    with torch.no_grad():
        votes = build_backbone("nima", output="logits").eval()(drawn())
        torch.testing.assert_close(votes.softmax(dim=1), nima().distribution(drawn()))


def test_a_network_without_ten_votes_is_none_of_nimas(tmp_path):
    torch.save(timm.create_model("mobilenetv1_100", num_classes=1000).state_dict(), tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"another shape for classifier.*or backbone\.name=mobilenetv1_100, which has"):
        build_backbone("nima", str(tmp_path / "other.pth"))


def large(width: int = 6000, height: int = 4000) -> Image.Image:
    """A photograph's two ingredients: large shapes, and texture that is finer than a pixel of a small copy."""
    random = np.random.default_rng(1)
    shapes = Image.fromarray(random.integers(0, 256, (5, 7, 3), dtype=np.uint8)).resize((width, height), Image.BICUBIC)
    weave = random.integers(0, 256, (400, 500, 3), dtype=np.uint8)
    texture = Image.fromarray(np.tile(weave, (height // 400, width // 500, 1)))
    return Image.blend(shapes, texture, 0.35)


def scores_by_size(image: Image.Image, directory: Path, resize: str) -> list[float]:
    network, found = nima(), []
    for width in (6000, 1500, 400):
        if width > image.width:
            continue
        copy = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        for name, options in (("copy.png", {"compress_level": 1}), ("copy.jpg", {"quality": 92})):
            copy.save(directory / name, **options)
            square = squash(decode(directory / name, at_least=300), network.size, resize)
            with torch.no_grad():
                found.append(1 + 9 * network.scores(torch.from_numpy(square)[None]).item())
    return found


def spread(values: list[float]) -> float:
    return max(values) - min(values)


def test_a_score_does_not_depend_on_the_size_and_kind_of_a_file(tmp_path):
    image = large()
    own = spread(scores_by_size(image, tmp_path, nima().resize))
    assert own < NOISE
    assert spread(scores_by_size(image, tmp_path, "bilinear")) > NOISE, "the filter matters in this image"


def test_a_photographs_score_does_not_depend_on_the_size_and_kind_of_its_file(tmp_path):
    files = sorted(PHOTOGRAPHS.glob("*.jpg"))[:3]
    if not files:
        pytest.skip(f"no photographs in {PHOTOGRAPHS}")
    for file in files:
        with Image.open(file) as image:
            assert spread(scores_by_size(image.convert("RGB"), tmp_path, nima().resize)) < NOISE, file.name
