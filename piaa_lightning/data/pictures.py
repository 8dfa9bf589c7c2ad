"""The picture cache: every picture decoded once, squashed, and kept as one uint8 array for each size."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray

from piaa_lightning.data.images import Pixels, Resize, check_resize, decode, squash
from piaa_lightning.errors import UserError
from piaa_lightning.progress import track

log = logging.getLogger(__name__)

FORMAT_VERSION = 1
DEFAULT_BOUND = 60 * 10**9
# The files of one finished cache. IN_USE is locked (shared) by whoever reads and touched to tell when that was.
PIXELS, FACTS, IN_USE = "pictures.npy", "facts.json", "in_use"
BUILDING, REMOVING, LOCK = ".building", ".removing", ".lock"


class Pictures:
    """All pictures of one size, numbered as the list of files was.

    Args:
        pixels: ``(pictures, 3, size, size)``, 0..255, in memory or mapped from a file.
        broken: why a picture could not be read, by index; its pixels are zeros.
        directory: the finished cache that ``pixels`` is mapped from, which workers then map anew.
        in_use: an open file whose shared lock keeps ``prune`` away from ``directory``.
    """

    def __init__(
        self,
        pixels: Pixels,
        broken: Mapping[int, str],
        directory: Path | None = None,
        in_use: BinaryIO | None = None,
    ) -> None:
        self.size = int(pixels.shape[-1])
        self.broken = dict(broken)
        self._pixels = np.asarray(pixels)  # a plain view: memmap's own indexing is slower
        self._directory = directory
        self._in_use = in_use

    @classmethod
    def open(cls, directory: Path) -> Pictures:
        """Map a finished cache.

        Raises:
            OSError: there is none, or it is being removed.
            ValueError: its files are damaged.
        """
        with ExitStack() as on_failure:
            in_use = on_failure.enter_context((directory / IN_USE).open("rb"))
            fcntl.flock(in_use, fcntl.LOCK_SH | fcntl.LOCK_NB)
            with suppress(PermissionError):  # somebody else's cache may be read-only
                os.utime(directory / IN_USE)
            broken = json.loads((directory / FACTS).read_text(encoding="utf-8"))["broken"]
            pixels = np.load(directory / PIXELS, mmap_mode="r")
            on_failure.pop_all()
        return cls(pixels, {int(index): reason for index, reason in broken.items()}, directory, in_use)

    def __len__(self) -> int:
        return len(self._pixels)

    def batch(self, indices: NDArray[np.int64] | torch.Tensor) -> torch.Tensor:
        """Gather pictures in the order asked for.

        Args:
            indices: ``(n,)`` int64, each in [0, number of pictures).

        Returns:
            ``(n, 3, size, size)`` uint8, 0..255, which the caller may change.

        Raises:
            IndexError: an index outside the pictures.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.size and not (chosen.min() >= 0 and chosen.max() < len(self)):
            raise IndexError(f"indices {chosen.min()}..{chosen.max()} of {len(self)} pictures")
        out = torch.empty((len(chosen), 3, self.size, self.size), dtype=torch.uint8)
        if chosen.size:
            # "clip" is the mode in which numpy writes straight into ``out``; the range was checked above.
            np.take(self._pixels, chosen, axis=0, out=out.numpy(), mode="clip")
        return out

    def __getstate__(self) -> dict[str, Any]:
        pixels = self._pixels if self._directory is None else None
        return {"pixels": pixels, "broken": self.broken, "directory": self._directory}

    def __setstate__(self, state: dict[str, Any]) -> None:
        directory = state["directory"]
        same = Pictures(state["pixels"], state["broken"]) if directory is None else Pictures.open(directory)
        self.__dict__.update(same.__dict__)


def open_pictures(
    root: Path,
    files: Sequence[str],
    sizes: Sequence[int],
    cache: Path | None,
    *,
    resize: Resize = "bilinear",
    max_broken: float = 0.0,
    workers: int | None = None,
) -> dict[int, Pictures]:
    """Open the pictures of a database at the sizes asked for, decoding them only if nobody has done so before.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of the pictures; the order gives each its number.
        sizes: sides of the squares in pixels, for instance 256 to crop from and 224 to evaluate on.
        cache: where to keep what was decoded, below ``pictures/``; None keeps it in memory.
        resize: how to squash, see ``images.squash``.
        max_broken: the share of pictures, in [0, 1], that may be unreadable; their pixels are then zeros.
        workers: threads that decode, one for each core by default.

    Returns:
        The pictures by size.

    Raises:
        UserError: too many unreadable pictures, or a cache directory that is full or cannot be written.
    """
    check_resize(resize)
    wanted = sorted({int(size) for size in sizes})
    convert = partial(_decode_into, Path(root), files, resize, workers or _cores())
    if cache is None or not len(files):
        opened = _in_memory(len(files), wanted, convert)
    else:
        opened = _on_disk(Path(cache) / "pictures", _describe(Path(root), files), len(files), wanted, resize, convert)
    for pictures in opened.values():
        _check_broken(pictures, Path(root), max_broken)
    return opened


def prune(cache: Path, max_bytes: int = DEFAULT_BOUND) -> None:
    """Remove the picture caches used longest ago until the rest fits, and whatever killed processes left behind.

    Caches that a living process has open are kept, even above the bound.

    Args:
        cache: the directory given to ``open_pictures``.
        max_bytes: how much may stay.
    """
    home = cache / "pictures"
    _remove_leftovers(home)
    oldest_first = sorted(home.glob(f"*/{IN_USE}"), key=lambda file: file.stat().st_mtime_ns)
    held = {file.parent: sum(part.stat().st_size for part in file.parent.iterdir()) for file in oldest_first}
    total = sum(held.values())
    for directory, size in held.items():
        if total <= max_bytes:
            return
        with suppress(OSError), (directory / IN_USE).open("rb") as in_use:  # an error: in use, or gone already
            fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            gone = directory.with_suffix(REMOVING)
            directory.rename(gone)  # at once, so that nobody opens half of it
            total -= size
            shutil.rmtree(gone)


# What decodes every picture, hands ``(index, square)`` to the sink of each size, and returns what is broken.
Sink = Callable[[int, Pixels], object]
Convert = Callable[[Mapping[int, Sink]], dict[int, str]]


def _in_memory(count: int, sizes: Sequence[int], convert: Convert) -> dict[int, Pictures]:
    arrays: dict[int, Pixels] = {size: np.empty((count, 3, size, size), dtype=np.uint8) for size in sizes}
    broken = convert({size: array.__setitem__ for size, array in arrays.items()})
    return {size: Pictures(array, broken) for size, array in arrays.items()}


def _on_disk(
    home: Path, content: str, count: int, sizes: Sequence[int], resize: Resize, convert: Convert
) -> dict[int, Pictures]:
    """Open what is finished; build the rest while no other process builds from the same files."""
    directories = {size: home / _digest([content, resize, size, FORMAT_VERSION]) for size in sizes}
    opened = _open_finished(directories)
    if len(opened) == len(sizes):
        return opened
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _locked(home / f"{content}{LOCK}"):
            opened |= _open_finished({size: directories[size] for size in sizes if size not in opened})
            missing = {size: directories[size] for size in sizes if size not in opened}
            if missing:
                _remove_leftovers(home, but=content)
                _build(home / f"{content}{BUILDING}", missing, count, convert)
        opened |= {size: Pictures.open(directory) for size, directory in missing.items()}
        prune(home.parent)
    except OSError as error:
        needed = _gigabytes(sum(_bytes(count, size) for size in sizes))
        raise UserError(
            f"{home}: the picture cache of {needed} cannot be written ({error.strerror or error});"
            " free some space there or name another directory with paths.cache=DIR."
        ) from error
    return {size: opened[size] for size in sizes}


def _open_finished(directories: Mapping[int, Path]) -> dict[int, Pictures]:
    opened = {}
    for size, directory in directories.items():
        with suppress(OSError, ValueError, KeyError):  # not there, being removed, or damaged: it is built anew
            opened[size] = Pictures.open(directory)
    return opened


def _build(building: Path, directories: Mapping[int, Path], count: int, convert: Convert) -> None:
    """Write all missing sizes in one pass and give them their names once they are safe on the disk."""
    shutil.rmtree(building, ignore_errors=True)  # left by a builder that was killed: the lock is ours
    _check_space(building.parent, sum(_bytes(count, size) for size in directories))
    try:
        parts = {size: building / directory.name for size, directory in directories.items()}
        with ExitStack() as files:
            outputs = {}
            for size, part in parts.items():
                part.mkdir(parents=True)
                # Plain writes: a full disk is an error here, but kills a process that writes through a memory map.
                outputs[size] = files.enter_context((part / PIXELS).open("wb"))
                header = {"descr": "|u1", "fortran_order": False, "shape": (count, 3, size, size)}
                np.lib.format.write_array_header_1_0(outputs[size], header)
            broken = convert({size: partial(_append, output) for size, output in outputs.items()})
            for output in outputs.values():
                _sync(output)
        for size, part in parts.items():
            _write(part / FACTS, json.dumps({"broken": broken}).encode())
            _write(part / IN_USE, b"")
            shutil.rmtree(directories[size], ignore_errors=True)  # only a damaged one can be in the way
            part.rename(directories[size])
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _decode_into(
    root: Path, files: Sequence[str], resize: Resize, workers: int, sinks: Mapping[int, Sink]
) -> dict[int, str]:
    """Decode every picture once, in order, and hand it to the sink of each size.

    Threads, not processes: Pillow and torch let go of the interpreter while they work, and nothing is copied.
    """
    broken: dict[int, str] = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")  # corrupt EXIF blocks and the like: the pixels are fine
        squares = _squashed([root / file for file in files], tuple(sinks), resize, workers)
        for index, (by_size, reason) in enumerate(track(squares, "decoding pictures", len(files))):
            if reason:
                broken[index] = reason
            for size, sink in sinks.items():
                sink(index, by_size[size])
    return broken


def _squashed(
    paths: Sequence[Path], sizes: Sequence[int], resize: Resize, workers: int
) -> Iterator[tuple[dict[int, Pixels], str]]:
    """Read in parallel, a few pictures ahead of whoever takes them."""
    ahead: deque[Future[tuple[dict[int, Pixels], str]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for path in paths:
            ahead.append(pool.submit(_read, path, sizes, resize))
            if len(ahead) > 4 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _read(path: Path, sizes: Sequence[int], resize: Resize) -> tuple[dict[int, Pixels], str]:
    try:
        pixels = decode(path)
    except UserError as error:
        return {size: np.zeros((3, size, size), dtype=np.uint8) for size in sizes}, str(error)
    return {size: squash(pixels, size, resize) for size in sizes}, ""


def _check_broken(pictures: Pictures, root: Path, max_broken: float) -> None:
    broken = pictures.broken
    if len(broken) > max_broken * len(pictures):
        raise UserError(
            f"{root}: {len(broken)} of {len(pictures)} pictures cannot be read, more than max_broken={max_broken:g}"
            f" allows; the first is {broken[min(broken)]}"
        )
    if broken:
        log.warning("%s: %d of %d pictures cannot be read and are black", root, len(broken), len(pictures))


def _check_space(home: Path, needed: int) -> None:
    free = shutil.disk_usage(home).free
    if free < needed:
        raise UserError(
            f"{home}: the picture cache needs {_gigabytes(needed)} and {_gigabytes(free)} are free;"
            " free some space there or name another directory with paths.cache=DIR."
        )


def _describe(root: Path, files: Sequence[str]) -> str:
    """Digest of what tells whether the pictures are still the same: names, sizes and times, in order."""
    return _digest([_facts(root, str(file)) for file in files])


def _facts(root: Path, file: str) -> tuple[str, int, int]:
    path = root / file
    if not os.access(path, os.R_OK):
        return file, -1, -1
    stat = path.stat()
    return file, stat.st_size, stat.st_mtime_ns


def _remove_leftovers(home: Path, but: str = "") -> None:
    """Remove what killed processes left; whose lock is taken is alive."""
    for gone in home.glob(f"*{REMOVING}"):
        shutil.rmtree(gone, ignore_errors=True)
    for building in home.glob(f"*{BUILDING}"):
        if building.stem == but:
            continue
        with suppress(BlockingIOError), building.with_suffix(LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(building, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system releases even if the process is killed."""
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("waiting for another process that decodes the same pictures (%s)", path)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _append(output: BinaryIO, _index: int, square: Pixels) -> None:
    output.write(square.data)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as output:
        output.write(content)
        _sync(output)


def _sync(output: BinaryIO) -> None:
    output.flush()
    os.fsync(output.fileno())


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def _bytes(count: int, size: int) -> int:
    return count * 3 * size * size


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.3g} GB"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
