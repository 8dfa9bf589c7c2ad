"""Draw many images and write them as JPEG files, on as many cores as there are.

The workers are plain child processes (``python -m piaa_lightning.simulation.jpegs``): nothing is forked, so it is safe
beside torch's threads, and the caller's main module is not imported again, as multiprocessing would do.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

import piaa_lightning
from piaa_lightning.runtime.cores import cores
from piaa_lightning.runtime.progress import track
from piaa_lightning.simulation.images import draw
from piaa_lightning.simulation.latent import draw_image

QUALITY = 90
ALONE = 400  # up to so many images, starting processes takes longer than drawing
JOBS = "jobs.tmp"  # in the new database's directory while the workers draw

Job = tuple[int, str]  # an image's number and its path below the root


def encode(seed: int, database: str, number: int, long_side: int) -> bytes:
    """The JPEG file of an image; depends on nothing but the arguments.

    Args:
        seed: the embedded database's seed.
        database: its name.
        number: the image's number.
        long_side: pixels of the longer side.
    """
    latent = draw_image(seed, database, number)
    file = io.BytesIO()
    Image.fromarray(draw(latent, *latent.shape(long_side))).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def write_images(root: Path, seed: int, database: str, long_side: int, jobs: Sequence[Job]) -> None:
    """Write images below ``root``, whose directories must exist.

    Args:
        root: the new database's directory.
        seed: the embedded database's seed.
        database: its name.
        long_side: pixels of the longer side.
        jobs: number and path of each image.

    Raises:
        OSError: a file could not be written.
    """
    workers = min(cores(), 16)
    if len(jobs) <= ALONE or workers == 1:
        done: Iterator[object] = _write_some(root, seed, database, long_side, jobs)
    else:
        (root / JOBS).write_text("".join(f"{number} {path}\n" for number, path in jobs), encoding="utf-8")
        done = _workers(root, [str(seed), database, str(long_side)], workers)
    for _ in track(done, f"draw {database}", total=len(jobs)):
        pass
    (root / JOBS).unlink(missing_ok=True)


def _write_some(root: Path, seed: int, database: str, long_side: int, jobs: Sequence[Job]) -> Iterator[None]:
    for number, path in jobs:
        (root / path).write_bytes(encode(seed, database, number, long_side))
        yield


def _workers(root: Path, arguments: list[str], count: int) -> Iterator[None]:
    """Run workers on one pipe; every image they have written is a line on it."""
    package = str(Path(piaa_lightning.__file__).parents[1])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    reader, writer = os.pipe()
    children: list[subprocess.Popen[bytes]] = []
    try:
        with os.fdopen(reader, "r", encoding="ascii") as lines:
            try:
                for worker in range(count):
                    command = [sys.executable, "-m", __name__, str(root), *arguments, str(worker), str(count)]
                    children.append(subprocess.Popen(command, stdout=writer, env=environment))
            finally:
                os.close(writer)
            for line in lines:
                if line.startswith("error"):
                    number = int(line.split()[1])
                    raise OSError(number, os.strerror(number), str(root))
                yield
        if any([child.wait() for child in children]):
            raise RuntimeError("a process that draws pictures failed; its traceback is above")
    finally:
        for child in children:
            child.terminate()
            child.wait()


def _worker(root: str, seed: str, database: str, long_side: str, worker: str, count: str) -> None:
    lines = (Path(root) / JOBS).read_text(encoding="utf-8").splitlines()[int(worker) :: int(count)]
    jobs = [(int(number), path) for number, path in (line.split(" ", 1) for line in lines)]
    try:
        for _ in _write_some(Path(root), int(seed), database, int(long_side), jobs):
            print("+", flush=True)
    except OSError as error:
        print("error", error.errno or 0, flush=True)


if __name__ == "__main__":
    _worker(*sys.argv[1:])
