"""The image cache: every image decoded once, squashed, and kept as one uint8 array for each size."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import shutil
import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import get_worker_info

from piaa_lightning.data.images.augment import Squares, copy_squares
from piaa_lightning.data.images.decode import Pixels, Resize, check_resize, decode, squash
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.atomic import replace_file, replacing
from piaa_lightning.runtime.files.cache_directories import finish, hold, locked, prune, remove_leftovers
from piaa_lightning.runtime.progress import track
from piaa_lightning.runtime.read_ahead import read_ahead

log = logging.getLogger(__name__)

FORMAT_VERSION = 1
DEFAULT_BOUND = 60 * 10**9
PIXELS, FACTS = "images.npy", "facts.json"


class Images:
    """All images of one size, numbered as the list of files was.

    Args:
        pixels: ``(images, 3, size, size)``, 0..255, in memory or mapped from a file.
        broken: why an image could not be read, by index; its pixels are zeros.
        directory: the finished cache that ``pixels`` is mapped from, which workers then map anew.
        key: name of the files and the size that the pixels were made from; None where it is not known.
    """

    def __init__(
        self, pixels: Pixels, broken: Mapping[int, str], directory: Path | None = None, key: str | None = None
    ) -> None:
        self.size = int(pixels.shape[-1])
        self.broken = dict(broken)
        self._pixels = np.asarray(pixels)  # a plain view: memmap's own indexing is slower
        self._directory = directory
        self.key = key if directory is None else directory.name

    @classmethod
    def open(cls, directory: Path) -> Images:
        """Map a finished cache and keep it from being pruned while the images are in use.

        Raises:
            OSError: there is none, or it is being removed.
            ValueError: its files are damaged.
        """
        held = hold(directory)
        try:
            broken = json.loads((directory / FACTS).read_text(encoding="utf-8"))["broken"]
            pixels = np.load(directory / PIXELS, mmap_mode="r")
        except BaseException:
            os.close(held)
            raise
        opened = cls(pixels, {int(index): reason for index, reason in broken.items()}, directory)
        weakref.finalize(opened, os.close, held)
        return opened

    def __len__(self) -> int:
        return len(self._pixels)

    def batch(self, indices: NDArray[np.int64] | torch.Tensor) -> torch.Tensor:
        """Gather images in the order asked for.

        Args:
            indices: ``(n,)`` int64, each in [0, number of images).

        Returns:
            ``(n, 3, size, size)`` uint8, 0..255, which the caller may change.

        Raises:
            IndexError: an index outside the images.
        """
        chosen = self._checked(indices)
        out = _empty((len(chosen), 3, self.size, self.size))
        if chosen.size:
            # "clip" is the mode in which numpy writes straight into ``out``; the range was checked above.
            np.take(self._pixels, chosen, axis=0, out=out.numpy(), mode="clip")
        return out

    def squares(self, indices: NDArray[np.int64] | torch.Tensor, squares: Squares) -> torch.Tensor:
        """Gather squares of images, without copying what is cut away.

        Args:
            indices: ``(n,)`` int64, each in [0, number of images).
            squares: what to cut out of each.

        Returns:
            ``(n, 3, squares.size, squares.size)`` uint8, 0..255, which the caller may change.

        Raises:
            IndexError: an index outside the images.
        """
        chosen = self._checked(indices)
        out = _empty((len(chosen), 3, squares.size, squares.size))
        copy_squares((self._pixels[index] for index in chosen.tolist()), squares, out.numpy())
        return out

    def _checked(self, indices: NDArray[np.int64] | torch.Tensor) -> NDArray[np.int64]:
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.size and not (chosen.min() >= 0 and chosen.max() < len(self)):
            raise IndexError(f"indices {chosen.min()}..{chosen.max()} of {len(self)} images")
        return chosen

    def __reduce__(self) -> tuple[Callable[..., Images], tuple[Any, ...]]:
        if self._directory is None:
            return Images, (self._pixels, self.broken, None, self.key)
        return Images.open, (self._directory,)


def _empty(shape: tuple[int, ...]) -> torch.Tensor:
    """Return room for a batch; in a worker where the main process can read it, instead of copied there afterwards."""
    if get_worker_info() is None:
        return torch.empty(shape, dtype=torch.uint8)
    # as torch's own collate function does; share_memory_() would copy what is not there yet
    storage = torch.UntypedStorage._new_shared(math.prod(shape))  # type: ignore[no-untyped-call]
    room = torch.empty(0, dtype=torch.uint8)
    room.set_(storage, 0, shape)  # type: ignore[call-overload]
    return room


def open_images(
    root: Path,
    files: Sequence[str],
    sizes: Sequence[int],
    cache: Path | None,
    *,
    resize: Resize = "bilinear",
    max_broken: float = 0.0,
    workers: int | None = None,
) -> dict[int, Images]:
    """Open the images of a database at the sizes asked for, decoding them only if nobody has done so before.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of the images; the order gives each its number.
        sizes: sides of the squares in pixels, for instance 256 to crop from and 224 to evaluate on.
        cache: where to keep what was decoded, below ``images/``; None keeps it in memory.
        resize: how to squash, see ``images.squash``.
        max_broken: the share of images, in [0, 1], that may be unreadable; their pixels are then zeros.
        workers: threads that decode, one for each core by default.

    Returns:
        The images by size.

    Raises:
        UserError: too many unreadable images, or a cache directory that is full or cannot be written.
    """
    check_resize(resize)
    wanted = sorted({int(size) for size in sizes})
    convert = partial(_decode_into, Path(root), files, resize, workers)
    content = describe(Path(root), files)
    if cache is None or not len(files):
        opened = _in_memory(content, len(files), wanted, resize, convert)
    else:
        opened = _on_disk(Path(cache) / "images", content, len(files), wanted, resize, convert)
    for images in opened.values():
        _check_broken(images, Path(root), max_broken)
    return opened


# What decodes every image, hands ``(index, square)`` to the sink of each size, and returns what is broken.
Sink = Callable[[int, Pixels], object]
Convert = Callable[[Mapping[int, Sink]], dict[int, str]]


def _in_memory(content: str, count: int, sizes: Sequence[int], resize: Resize, convert: Convert) -> dict[int, Images]:
    arrays: dict[int, Pixels] = {size: np.empty((count, 3, size, size), dtype=np.uint8) for size in sizes}
    broken = convert({size: array.__setitem__ for size, array in arrays.items()})
    return {size: Images(array, broken, key=name_of(content, resize, size)) for size, array in arrays.items()}


def name_of(content: str, resize: Resize, size: int) -> str:
    """Name images by the files that they are made from, see `describe`, and how they are made."""
    return _digest([content, resize, size, FORMAT_VERSION])


def _on_disk(
    home: Path, content: str, count: int, sizes: Sequence[int], resize: Resize, convert: Convert
) -> dict[int, Images]:
    """Open what is finished; build the rest while no other process builds from the same files."""
    directories = {size: home / name_of(content, resize, size) for size in sizes}
    opened = _open_finished(directories)
    if len(opened) == len(sizes):
        return opened
    try:
        with locked(home, content) as building:
            opened |= _open_finished({size: directories[size] for size in sizes if size not in opened})
            missing = {size: directories[size] for size in sizes if size not in opened}
            if missing:
                remove_leftovers(home)
                _check_space(home, sum(_bytes(count, size) for size in missing))
                _build(building, missing, count, convert)
            opened |= {size: Images.open(directory) for size, directory in missing.items()}
        prune(home, DEFAULT_BOUND)
    except OSError as error:
        needed = _gigabytes(sum(_bytes(count, size) for size in sizes))
        raise UserError(
            f"{home}: the image cache of {needed} cannot be written ({error.strerror or error});"
            " free some space there or name another directory with paths.cache=DIR."
        ) from error
    return {size: opened[size] for size in sizes}


def _open_finished(directories: Mapping[int, Path]) -> dict[int, Images]:
    opened = {}
    for size, directory in directories.items():
        with suppress(OSError, ValueError, KeyError):  # not there, being removed, or damaged: it is built anew
            opened[size] = Images.open(directory)
    return opened


def _build(building: Path, directories: Mapping[int, Path], count: int, convert: Convert) -> None:
    """Write all sizes in one pass and give them their names once they are safe on the disk."""
    parts = {size: building / directory.name for size, directory in directories.items()}
    with ExitStack() as files:
        outputs = {}
        for size, part in parts.items():
            part.mkdir(parents=True)
            # Plain writes: a full disk is an error here, but kills a process that writes through a memory map.
            outputs[size] = files.enter_context(replacing(part / PIXELS))
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, 3, size, size)}
            np.lib.format.write_array_header_1_0(outputs[size], header)
        broken = convert({size: partial(_append, output) for size, output in outputs.items()})
    for size, part in parts.items():
        replace_file(part / FACTS, json.dumps({"broken": broken}).encode())
        finish(part, directories[size])


def _decode_into(
    root: Path, files: Sequence[str], resize: Resize, workers: int | None, sinks: Mapping[int, Sink]
) -> dict[int, str]:
    """Decode every image once, in order, and hand it to the sink of each size."""
    broken: dict[int, str] = {}
    read = partial(_read, sizes=tuple(sinks), resize=resize)
    with warnings.catch_warnings(), closing(read_ahead(read, [root / file for file in files], workers)) as squares:
        warnings.filterwarnings("ignore", module=r"PIL\.")  # corrupt EXIF blocks and the like: the pixels are fine
        for index, (by_size, reason) in enumerate(track(squares, "decoding images", len(files))):
            if reason:
                broken[index] = reason
            for size, sink in sinks.items():
                sink(index, by_size[size])
    return broken


def _read(path: Path, sizes: Sequence[int], resize: Resize) -> tuple[dict[int, Pixels], str]:
    try:
        pixels = decode(path)
    except UserError as error:
        return {size: np.zeros((3, size, size), dtype=np.uint8) for size in sizes}, str(error)
    return {size: squash(pixels, size, resize) for size in sizes}, ""


def _check_broken(images: Images, root: Path, max_broken: float) -> None:
    broken = images.broken
    if len(broken) > max_broken * len(images):
        raise UserError(
            f"{root}: {len(broken)} of {len(images)} images cannot be read, and data.max_broken={max_broken:g}"
            f" allows fewer; the first is {broken[min(broken)]}"
        )
    if broken:
        log.warning("%s: %d of %d images cannot be read and are black", root, len(broken), len(images))


def _check_space(home: Path, needed: int) -> None:
    free = shutil.disk_usage(home).free
    if free < needed:
        raise UserError(
            f"{home}: the image cache needs {_gigabytes(needed)} and {_gigabytes(free)} are free;"
            " free some space there or name another directory with paths.cache=DIR."
        )


def describe(root: Path, files: Sequence[str]) -> str:
    """Digest of what tells whether the images are still the same: names, sizes and times, in order."""
    return _digest([_facts(root, str(file)) for file in files])


def _facts(root: Path, file: str) -> tuple[str, int, int]:
    path = root / file
    if not os.access(path, os.R_OK):
        return file, -1, -1
    stat = path.stat()
    return file, stat.st_size, stat.st_mtime_ns


def _append(output: BinaryIO, _index: int, square: Pixels) -> None:
    output.write(square.data)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def _bytes(count: int, size: int) -> int:
    return count * 3 * size * size


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.3g} GB"
