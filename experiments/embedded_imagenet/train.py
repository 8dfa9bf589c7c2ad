"""Make the embedded world's ImageNet: a small CNN learnt from the content of drawn pictures.

Draws pictures that are in no embedded database, learns their category and their attributes, which are facts of a
picture and of no user, and writes the backbone to ``piaa_lightning/weights``. Then it measures what a linear map reads
from the backbone's features on the pictures of the embedded FLICKR-AES, and writes ``readout.csv``. Everything is
keyed by seeds: on one thread of one kind of processor the same file comes out.

    python experiments/embedded_imagenet/train.py [pictures=20000] [epochs=24] [out=DIRECTORY]
"""

from __future__ import annotations

import hashlib
import io
import sys
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from piaa_lightning.data.images.decode import decode, squash
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.bundled import DIRECTORY
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.csv_file import write_csv
from piaa_lightning.simulation import flickr_aes
from piaa_lightning.simulation.jpegs import encode
from piaa_lightning.simulation.latent import ATTRIBUTES, CATEGORIES, attribute_table, draw_image

HERE = Path(__file__).resolve().parent
NAME = "small_cnn_embedded.safetensors"
CONTENT = "content"  # the stream that its pictures are drawn from, which no embedded database has
SEED = 0
LONG_SIDE = 112  # pixels, as in the embedded databases at size demo
STORED, SIZE = 73, 64  # pixels; as runs store and crop
BATCH, RATE, DECAY = 64, 2e-3, 0.02

Floats = NDArray[np.float64]


def main(arguments: list[str]) -> None:
    """Train, write, measure."""
    told = dict(word.partition("=")[::2] for word in arguments)
    if set(told) - {"pictures", "epochs", "out"}:
        sys.exit("train.py: give pictures=NUMBER, epochs=NUMBER and out=DIRECTORY, or nothing.")
    out = Path(told.get("out", DIRECTORY))
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    started = time.perf_counter()
    images, attributes, categories = pictures(CONTENT, np.arange(int(told.get("pictures", 20000))), STORED)
    print(f"drawn {len(images)} pictures in {time.perf_counter() - started:.0f} s")
    backbone = trained(images, attributes, categories, int(told.get("epochs", 24)))
    content = save({name: value.half() if value.is_floating_point() else value for name, value in tensors(backbone)})
    replace_file(out / NAME, content)
    print(f"{out / NAME}: {len(content) / 1000:.0f} kB, sha256 {hashlib.sha256(content).hexdigest()}")
    layout = flickr_aes.LAYOUTS["demo"]
    test, known = np.arange(1500), np.arange(layout.test_images, layout.test_images + 3000)  # test users', and others
    rows = readout(backbone, pictures(flickr_aes.NAME, known, SIZE), pictures(flickr_aes.NAME, test, SIZE))
    where = HERE if out == DIRECTORY else out
    write_csv(where / "readout.csv", ["what", "measure", "value"], rows)
    print("".join(f"{what:<16}{measure:<10}{value}\n" for what, measure, value in rows))
    print(f"{time.perf_counter() - started:.0f} s")


def pictures(database: str, numbers: NDArray[np.int64], size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw pictures as a run sees them: through a JPEG file, squashed to a square.

    Args:
        database: names the stream that they are drawn from.
        numbers: of the pictures.
        size: pixels of a side.

    Returns:
        ``(pictures, 3, size, size)`` bytes, ``(pictures, attributes)`` in [0, 1], and ``(pictures,)`` categories.
    """
    latents = [draw_image(SEED, database, int(number)) for number in numbers]
    squares = np.empty((len(numbers), 3, size, size), dtype=np.uint8)
    for place, number in enumerate(numbers):
        file = io.BytesIO(encode(SEED, database, int(number), LONG_SIDE))
        squares[place] = squash(decode(Path("drawn.jpg"), source=file), size)
    attributes = torch.from_numpy(attribute_table(latents)).float()
    return torch.from_numpy(squares), attributes, torch.tensor([latent.category for latent in latents])


def trained(images: Tensor, attributes: Tensor, categories: Tensor, epochs: int) -> Backbone:
    """Learn categories and attributes, all alike, with random crops and flips; attributes are the same in a mirror."""
    backbone = build_backbone("small_cnn", weights=None, size=SIZE)
    tell = nn.Linear(backbone.features, len(CATEGORIES) + len(ATTRIBUTES))
    parameters = [*backbone.parameters(), *tell.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    steps = epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    random = np.random.default_rng(SEED)
    wanted = (attributes - 0.5) * 12**0.5  # of variance one, since attributes are uniform
    for epoch in range(epochs):
        backbone.train()
        total = torch.zeros(2)
        order = random.permutation(len(images))
        for start in range(0, len(images) // BATCH * BATCH, BATCH):
            chosen = torch.from_numpy(order[start : start + BATCH])
            told = tell(backbone(backbone.normalise(cropped(images[chosen], random))))
            kinds, values = told.split([len(CATEGORIES), len(ATTRIBUTES)], dim=1)
            losses = torch.stack(
                [nn.functional.cross_entropy(kinds, categories[chosen]), (values - wanted[chosen]).square().mean()]
            )
            optimizer.zero_grad()
            losses.sum().backward()
            optimizer.step()
            schedule.step()
            total += losses.detach()
        of_kinds, of_values = (total * BATCH / len(images)).tolist()
        print(f"epoch {epoch}: categories {of_kinds:.3f}, attributes {of_values:.3f}", flush=True)
    return backbone.eval()


def cropped(images: Tensor, random: np.random.Generator) -> Tensor:
    """Cut one square out of each image at random, and flip half of them."""
    corners = random.integers(0, STORED - SIZE + 1, (len(images), 2))
    mirrored = random.random(len(images)) < 0.5
    squares = [
        image[:, top : top + SIZE, left : left + SIZE] for image, (top, left) in zip(images, corners, strict=True)
    ]
    return torch.stack([s.flip(-1) if mirror else s for s, mirror in zip(squares, mirrored, strict=True)])


def tensors(backbone: Backbone) -> list[tuple[str, Tensor]]:
    """Return what a file of weights holds: the network's own tensors, without the buffers of normalisation."""
    return sorted((name, value.contiguous()) for name, value in backbone.network.state_dict().items())


def readout(
    backbone: Backbone, known: tuple[Tensor, Tensor, Tensor], test: tuple[Tensor, Tensor, Tensor]
) -> list[tuple[str, str, str]]:
    """Fit a linear map from features to what is true of pictures, and measure it on others.

    Args:
        backbone: gives the features.
        known: pictures that the map is fitted to, as `pictures` returns them.
        test: pictures that it is measured on.

    Returns:
        Lines of what was read, by which measure, and the value: R^2 of each attribute, and the share of pictures whose
        category is right.
    """
    (train, truth, kind), (new, expected, expected_kind) = (
        (features(backbone, own[0]), *own[1:]) for own in (known, test)
    )
    targets = np.hstack([truth.double().numpy(), np.eye(len(CATEGORIES))[kind.numpy()]])
    centre, level = train.mean(axis=0), targets.mean(axis=0)
    gram = (train - centre).T @ (train - centre)
    ridge = 1e-3 * np.trace(gram) / len(gram) * np.eye(len(gram))
    weights = np.linalg.solve(gram + ridge, (train - centre).T @ (targets - level))
    told = (new - centre) @ weights + level
    attributes, kinds = told[:, : len(ATTRIBUTES)], told[:, len(ATTRIBUTES) :]
    wrong = ((attributes - expected.double().numpy()) ** 2).mean(axis=0) / expected.double().numpy().var(axis=0)
    right = float((kinds.argmax(axis=1) == expected_kind.numpy()).mean())
    found = [(name, "R2", f"{1 - value:.3f}") for name, value in zip(ATTRIBUTES, wrong, strict=True)]
    return [*found, ("category", "accuracy", f"{right:.3f}")]


@torch.no_grad()
def features(backbone: Backbone, images: Tensor) -> Floats:
    """Return ``(images, features)``."""
    parts = [backbone(backbone.normalise(part)) for part in images.split(256)]
    found: Floats = torch.cat(parts).double().numpy()
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
