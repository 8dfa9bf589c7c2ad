"""A model's networks as a program for other software: torch.export and ONNX, run once more and compared."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.photos.learning.learnt_prior import LearntPrior
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.photos.learning.rating_unit import SPREAD, RatingUnit
from piaa_lightning.runtime.files.atomic import replace_file

TOLERANCE = 1e-4
TORCH, ONNX = "prior.pt2", "prior.onnx"
OUTPUTS = ["generic", "features"]


class ScoringProgram(nn.Module):
    """Images in, generic scores and features out; what a program of a model computes.

    Args:
        prior: whose networks and whose crowd.

    Raises:
        UserError: what anybody is expected to say of an image depends on the folder in which it lies.
    """

    def __init__(self, prior: PublishedModel) -> None:
        super().__init__()
        if not isinstance(prior.population, LearntPrior):
            raise UserError("export: a model that measures images against their folder has no program.")
        self.backbone: Backbone = prior.networks.backbone
        self.squares = self.backbone.squares
        self.population = prior.population

    @property
    def inputs(self) -> list[str]:
        """Name the inputs: one for each size and resize that the networks need."""
        if len(self.squares) == 1:
            return ["images"]
        return [f"images_{size}_{resize}" for size, resize in self.squares]

    def forward(self, *images: Tensor) -> tuple[Tensor, Tensor]:
        """Look at images.

        Args:
            images: ``(batch, 3, size, size)`` uint8 for each of `squares`.

        Returns:
            ``(batch,)`` generic scores in [0, 1], mostly, and ``(batch, features)``.
        """
        values = self.backbone(dict(zip(self.squares, images, strict=True)))
        return RatingUnit(SPREAD).back(self.population.crowd(values)), values


def write_programs(prior: PublishedModel, directory: Path) -> dict[str, float]:
    """Write both programs, see `ScoringProgram`.

    Args:
        prior: the model.
        directory: where they go.

    Returns:
        The greatest difference of each program's numbers from the networks' own, by file name; for images of noise,
        and for another batch size than the one that was traced.

    Raises:
        UserError: ONNX's libraries are not installed, or a program gives other numbers.
    """
    network = ScoringProgram(prior).eval()
    drawn = torch.Generator().manual_seed(0)

    def noise(count: int) -> tuple[Tensor, ...]:
        shapes = [(count, 3, size, size) for size, _ in network.squares]
        return tuple(torch.randint(0, 256, shape, dtype=torch.uint8, generator=drawn) for shape in shapes)

    images, others = noise(2), noise(3)
    batch = (tuple({0: torch.export.Dim("batch", min=1, max=4096)} for _ in images),)
    with torch.no_grad(), _silence():
        expected = network(*others)  # first, so that what is computed once is not traced
        program = torch.export.export(network, images, dynamic_shapes=batch)
        differences = {
            TORCH: _torch(program, directory / TORCH, others, expected),
            ONNX: _onnx(program, directory / ONNX, network.inputs, others, expected),
        }
    for name, difference in differences.items():
        if not difference <= TOLERANCE:
            raise UserError(
                f"{directory / name}: the program's numbers differ by {difference:.2g} from the network's, and"
                f" {TOLERANCE:g} is allowed; use {directory} without it, with export.programs=false."
            )
    return differences


def _torch(
    program: torch.export.ExportedProgram, file: Path, images: Sequence[Tensor], expected: Sequence[Tensor]
) -> float:
    with tempfile.TemporaryDirectory() as made:
        torch.export.save(program, Path(made) / TORCH)
        replace_file(file, (Path(made) / TORCH).read_bytes())
    again = torch.export.load(file)
    return _apart(again.module()(*images), expected)


def _onnx(
    program: torch.export.ExportedProgram,
    file: Path,
    inputs: list[str],
    images: Sequence[Tensor],
    expected: Sequence[Tensor],
) -> float:
    try:
        import onnx  # noqa: F401  # what writes it
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"export: ONNX needs {error.name}; install piaa-lightning[export], or leave programs out with"
            " export.programs=false."
        ) from error
    made = torch.onnx.export(
        program, dynamo=True, input_names=inputs, output_names=OUTPUTS, external_data=False, verbose=False
    )
    assert made is not None
    replace_file(file, made.model_proto.SerializeToString())
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    found = session.run(OUTPUTS, {name: image.numpy() for name, image in zip(inputs, images, strict=True)})
    return _apart([torch.from_numpy(values) for values in found], expected)


def _apart(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    return max(float((own - other).abs().max()) for own, other in zip(found, expected, strict=True))


@contextmanager
def _silence() -> Iterator[None]:
    """Keep exporters, which talk of their own inner workings, quiet."""
    log = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in log]
    try:
        for logger in log:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(log, levels, strict=True):
            logger.setLevel(level)
