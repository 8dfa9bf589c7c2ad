"""A prior's network as a program for other software: torch.export and ONNX, run once more and compared."""

from __future__ import annotations

import copy
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from piaa_lightning.errors import UserError
from piaa_lightning.photos.scoring_network import ScoringNetwork
from piaa_lightning.runtime.atomic import replace_file

TOLERANCE = 1e-4
TORCH, ONNX = "prior.pt2", "prior.onnx"
OUTPUTS = ["generic", "features"]


def write_programs(network: ScoringNetwork, directory: Path) -> dict[str, float]:
    """Write both programs: ``(batch, 3, size, size)`` uint8 images in, generic scores and features out.

    Args:
        network: the prior's network.
        directory: where they go.

    Returns:
        The greatest difference of each program's numbers from the network's own, by file name; for images of noise,
        and for another batch size than the one that was traced.

    Raises:
        UserError: ONNX's libraries are not installed, or a program gives other numbers.
    """
    network = copy.deepcopy(network).eval()
    drawn = torch.Generator().manual_seed(0)
    shape = (3, network.size, network.size)
    images = torch.randint(0, 256, (2, *shape), dtype=torch.uint8, generator=drawn)
    others = torch.randint(0, 256, (3, *shape), dtype=torch.uint8, generator=drawn)
    batch = {"pictures": {0: torch.export.Dim("batch", min=1, max=4096)}}
    with torch.no_grad(), _silence():
        program = torch.export.export(network, (images,), dynamic_shapes=batch)
        expected = network(others)
        differences = {
            TORCH: _torch(program, directory / TORCH, others, expected),
            ONNX: _onnx(program, directory / ONNX, others, expected),
        }
    for name, difference in differences.items():
        if not difference <= TOLERANCE:
            raise UserError(
                f"{directory / name}: the program's numbers differ by {difference:.2g} from the network's, and"
                f" {TOLERANCE:g} is allowed; use {directory} without it, with export.programs=false."
            )
    return differences


def _torch(program: torch.export.ExportedProgram, file: Path, images: Tensor, expected: Sequence[Tensor]) -> float:
    with tempfile.TemporaryDirectory() as made:
        torch.export.save(program, Path(made) / TORCH)
        replace_file(file, (Path(made) / TORCH).read_bytes())
    again = torch.export.load(file)
    return _apart(again.module()(images), expected)


def _onnx(program: torch.export.ExportedProgram, file: Path, images: Tensor, expected: Sequence[Tensor]) -> float:
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
        program, dynamo=True, input_names=["pictures"], output_names=OUTPUTS, external_data=False, verbose=False
    )
    assert made is not None
    replace_file(file, made.model_proto.SerializeToString())
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    found = session.run(OUTPUTS, {session.get_inputs()[0].name: images.numpy()})
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
