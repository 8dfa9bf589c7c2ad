"""What is fed with spoilt files, and what must never come of it: anything but a good answer or a UserError."""

from __future__ import annotations

import io
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import layouts
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from in_time import in_time
from mutations import EDITS, Edit, edited

from piaa_lightning.errors import UserError


@dataclass
class Counts:
    """What came of the inputs.

    Args:
        inputs: how many there were.
        accepted: that were read, spoilt as they were.
        refused: that were refused with a sentence.
        sentences: the beginnings of the sentences.
    """

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    sentences: set[str] = field(default_factory=set)

    def tell(self, sentence: str) -> None:
        """Count a sentence, which must be one."""
        assert "\n" not in sentence, f"more than one line: {sentence}"
        self.refused += 1
        self.sentences.add(sentence[:40])


@dataclass(frozen=True)
class Fuzzer:
    """Files and what reads them.

    Args:
        prepare: writes good files below a directory; returns the names of those that are spoilt, and what reads them.
    """

    prepare: Callable[[Path], tuple[list[str], Callable[[], object]]]


def run(fuzzer: Fuzzer, home: Path, examples: int, start: int = 0) -> Counts:
    """Feed a reader with spoilt files.

    Args:
        fuzzer: the files and the reader.
        home: an empty directory.
        examples: how many inputs.
        start: seed of the inputs.

    Returns:
        What came of them.

    Raises:
        Exception: whatever the reader let through, with the smallest input that hypothesis found for it.
    """
    names, read = fuzzer.prepare(home)
    good = {name: (home / name).read_bytes() for name in names}
    read()  # what is not spoilt is read
    counts = Counts()

    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,  # the first is told as it is
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(st.lists(st.tuples(st.sampled_from(names), EDITS), min_size=1, max_size=2), TREES)
    def feed(spoilt: list[tuple[str, list[Edit]]], tree: str) -> None:
        with _spoilt(home, good, spoilt, tree):
            counts.inputs += 1
            try:
                with in_time():
                    read()
            except UserError as error:
                counts.tell(str(error).replace(str(home), ""))
            else:
                counts.accepted += 1

    with _quiet():
        feed()
    return counts


# What else happens to the first of the spoilt files, mostly nothing.
TREES = st.sampled_from(["", "", "", "", "", "", "gone", "directory", "dangling"])


@contextmanager
def _spoilt(
    home: Path, good: dict[str, bytes], spoilt: Sequence[tuple[str, Sequence[Edit]]], tree: str
) -> Iterator[None]:
    """Spoil files for a while."""
    try:
        for name, edits in spoilt:
            (home / name).write_bytes(edited((home / name).read_bytes(), edits))
        first = home / spoilt[0][0]
        if tree:
            first.unlink(missing_ok=True)
        if tree == "directory":
            first.mkdir()
        elif tree == "dangling":
            first.symlink_to("nowhere")
        yield
    finally:
        for name in {name for name, _ in spoilt}:
            if (home / name).is_dir() and not (home / name).is_symlink():
                shutil.rmtree(home / name)
            with suppress(FileNotFoundError):
                (home / name).unlink()
            (home / name).write_bytes(good[name])


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what a spoilt file is warned about: there are thousands."""
    log = logging.getLogger("piaa_lightning")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def reader(database: str) -> Fuzzer:
    """Return the fuzzer of a database's reader."""

    def prepare(home: Path) -> tuple[list[str], Callable[[], object]]:
        from piaa_lightning.data.readers import aadb, ava, eva, flickr_aes, lapis, para, psychoflickr, ratings_csv
        from piaa_lightning.data.readers import real_cur as albums

        own = partial(ratings_csv.read, users="users.csv", images_table="images.csv", image_group="kind")
        read: dict[str, Callable[..., Any]] = {
            "aadb": aadb.read, "ava": ava.read, "eva": eva.read, "flickr_aes": flickr_aes.read, "lapis": lapis.read,
            "para": para.read, "psychoflickr": partial(psychoflickr.read, trait_range=[1, 5]),
            "ratings_csv": own, "real_cur": albums.read,
        }  # fmt: skip
        root = home / "root"
        root.mkdir()
        names = layouts.write(database, root)
        return [f"root/{name}" for name in names], lambda: _checked(read[database](root, max_missing=1.0))

    return Fuzzer(prepare)


def _checked(table: Any) -> None:
    """Hold a table to what everything after the readers relies on."""
    import numpy as np

    from piaa_lightning.data.ratings import check

    check(table)
    assert len(table.user) == len(table.image) == len(table.score)
    assert len(table.image_files) == table.images > 0
    if table.ratings:
        assert 0 <= table.user.min() <= table.user.max() < table.users
        assert 0 <= table.image.min() <= table.image.max() < table.images
    root = os.path.realpath(table.root)
    assert all(os.path.realpath(table.root / path).startswith(root + os.sep) for path in table.image_files.tolist())
    if table.distribution is not None:
        told = table.distribution[np.isfinite(table.distribution).all(axis=1)]
        assert (told >= 0).all()
        assert np.abs(told.sum(axis=1) - 1).max(initial=0) < 1e-3
    if table.image_score is not None:
        told = table.image_score[np.isfinite(table.image_score)]
        assert ((told >= 0) & (told <= 1)).all()
    for members in table.image_lists.values():
        assert members.max(initial=-1) < table.images


def images() -> Fuzzer:
    """Return the fuzzer of image decoding: one image of each kind, all decoded every time."""

    def prepare(home: Path) -> tuple[list[str], Callable[[], object]]:
        import warnings

        from PIL import Image

        from piaa_lightning.data.images.decode import decode

        warnings.filterwarnings("ignore", module=r"PIL\.")
        random = os.urandom(0) + bytes(range(256)) * 3
        image = Image.frombytes("RGB", (16, 16), random)
        kinds = {
            "jpg": {}, "png": {}, "gif": {}, "bmp": {}, "tif": {"compression": "tiff_lzw"}, "webp": {},
        }  # fmt: skip
        for kind, options in kinds.items():
            file = io.BytesIO()
            image.save(file, {"jpg": "JPEG", "tif": "TIFF"}.get(kind, kind.upper()), **options)
            (home / f"image.{kind}").write_bytes(file.getvalue())
        names = [f"image.{kind}" for kind in kinds]

        def read() -> None:
            refused: UserError | None = None
            for name in names:
                try:
                    pixels = decode(home / name)
                    assert pixels.ndim == 3
                    assert pixels.shape[2] == 3
                except UserError as error:
                    refused = error
            if refused:
                raise refused

        return names, read

    return Fuzzer(prepare)


def weights() -> Fuzzer:
    """Return the fuzzer of everything that numbers of networks are loaded from."""

    def prepare(home: Path) -> tuple[list[str], Callable[[], object]]:
        import torch
        from safetensors.torch import save_file

        from piaa_lightning.models.backbones.weights import load_weights
        from piaa_lightning.pipeline.training.model_cache import key_of
        from piaa_lightning.pipeline.training.model_cache import load_weights as load_model
        from piaa_lightning.runtime.files.checkpoints import last_good

        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        state = network.state_dict()
        save_file(state, home / "weights.safetensors", {"prior": "key"})
        torch.save(state, home / "weights.pth")
        torch.save({"state_dict": state}, home / "old.pth", _use_new_zipfile_serialization=False)
        torch.save({"prior": "key", "state_dict": state, "callbacks": {}}, home / "step_1.ckpt")
        names = ["weights.safetensors", "weights.pth", "old.pth", "step_1.ckpt"]

        def read() -> None:
            refused: UserError | None = None
            last_good(home, "key")
            key_of(home / "weights.safetensors")
            for load in (
                lambda: load_model(network, home / "weights.safetensors", "prior"),
                *(partial(load_weights, network, home / name, "network", ()) for name in names[:3]),
            ):
                try:
                    load()
                except UserError as error:
                    refused = error
            if refused:
                raise refused

        return names, read

    return Fuzzer(prepare)


def unfinished() -> Fuzzer:
    """Return the fuzzer of what a resumed run begins with: the configuration, and what was evaluated so far."""

    def prepare(home: Path) -> tuple[list[str], Callable[[], object]]:
        import numpy as np
        from omegaconf import OmegaConf

        from piaa_lightning.evaluation.journal import Journal
        from piaa_lightning.runtime.run_directory import _why_not

        cfg = OmegaConf.create({"seed": 1, "resume": "auto", "paths": {"runs": str(home)}})
        (home / "config.yaml").write_text(OmegaConf.to_yaml(cfg))
        scores = [np.float32([[1, 2, 3]])]
        with Journal(home / "evaluated.txt", "content") as journal:
            for number in range(3):
                journal.add((number,), scores)

        def read() -> None:
            journal = Journal(home / "evaluated.txt", "content")
            if (home / "evaluated.txt").is_file():  # what else lies there is an OSError, which the command line tells
                journal._read()
            assert all(own[0].tobytes() == scores[0].tobytes() for own in journal.kept.values())
            if _why_not(home, cfg):
                raise UserError("another configuration")

        return ["config.yaml", "evaluated.txt"], read

    return Fuzzer(prepare)


def user() -> Fuzzer:
    """Return the fuzzer of a personal file, which users send each other."""

    def prepare(home: Path) -> tuple[list[str], Callable[[], object]]:
        from types import SimpleNamespace
        from typing import cast

        import torch

        from piaa_lightning.data.ratings import Scale
        from piaa_lightning.photos.images.folder_statistics import FolderStatistics
        from piaa_lightning.photos.images.photo_features import PhotoFeatures
        from piaa_lightning.photos.learning.personal_file import PersonalFile, load_personal_file, networks_in
        from piaa_lightning.photos.learning.published_model import PublishedModel

        networks = SimpleNamespace(names=["one"], keys=["ab" * 10], features=3)
        prior = cast(PublishedModel, SimpleNamespace(networks=networks))
        told = PhotoFeatures(torch.zeros(2, 3), torch.zeros(2))
        scores, folder = torch.tensor([0.25, 1.0]), FolderStatistics.of(told)
        made = PersonalFile("someone", networks_in(prior), Scale(1, 5), told, scores, folder)
        (home / "user.safetensors").write_bytes(made.bytes())

        def read() -> None:
            found = load_personal_file(home / "user.safetensors", prior)
            assert found.told.values.shape == (len(found.scores), 3)

        return ["user.safetensors"], read

    return Fuzzer(prepare)


FUZZERS = {
    **{database: reader(database) for database in (*layouts.DATABASES, "ratings_csv")},
    "images": images(),
    "weights": weights(),
    "personal files": user(),
    "unfinished runs": unfinished(),
}
