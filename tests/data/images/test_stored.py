from __future__ import annotations

import errno
import os
import pickle
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning.data.images import stored as module
from piaa_lightning.data.images.decode import decode, squash
from piaa_lightning.data.images.stored import Images, open_images
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.cache_directories import prune

from patience import PATIENCE

FILES = [f"{number}.png" for number in range(9)]


@pytest.fixture
def root(tmp_path) -> Path:
    directory = tmp_path / "photos"
    directory.mkdir()
    rng = np.random.default_rng(3)
    for name in FILES:
        Image.fromarray(rng.integers(0, 256, (12, 15, 3), dtype=np.uint8)).save(directory / name)
    return directory


@pytest.fixture
def no_decoding(monkeypatch):
    """From the call on, whatever decodes an image fails."""

    def fail(*_args, **_options):
        raise AssertionError("decoded again")

    return lambda: monkeypatch.setattr(module, "decode", fail)


def finished(cache: Path) -> list[Path]:
    return sorted(file.parent for file in cache.glob("images/*/in_use"))


def everything(cache: Path) -> set[str]:
    return {path.name for path in (cache / "images").iterdir() if not path.name.endswith(".lock")}


def expected(root: Path, names, size: int) -> np.ndarray:
    return np.stack([squash(decode(root / name), size) for name in names])


@pytest.mark.parametrize("on_disk", [True, False])
@pytest.mark.parametrize("workers", [1, 3])
def test_batches_are_the_squashed_images_in_the_order_asked_for(root, tmp_path, on_disk, workers):
    opened = open_images(root, FILES, [8, 5], tmp_path / "cache" if on_disk else None, workers=workers)
    assert set(opened) == {5, 8}
    for size, images in opened.items():
        assert images.size == size
        assert len(images) == 9
        assert images.broken == {}
        batch = images.batch(np.array([7, 0, 7, 3]))
        assert batch.dtype == torch.uint8
        np.testing.assert_array_equal(batch.numpy(), expected(root, ["7.png", "0.png", "7.png", "3.png"], size))
        assert torch.equal(images.batch(torch.tensor([7, 0, 7, 3])), batch)
        assert images.batch(np.array([], dtype=np.int64)).shape == (0, 3, size, size)


def test_a_worker_gathers_into_memory_that_the_main_process_shares(root, monkeypatch):
    images = open_images(root, FILES, [8], None)[8]
    alone = images.batch(np.array([7, 0, 3]))
    monkeypatch.setattr(module, "get_worker_info", lambda: "a worker")
    shared = images.batch(np.array([7, 0, 3]))
    assert (alone.is_shared(), shared.is_shared()) == (False, True)
    assert torch.equal(shared, alone)
    assert images.batch(np.array([], dtype=np.int64)).shape == (0, 3, 8, 8)


def test_memory_equals_disk_bit_for_bit(root, tmp_path):
    everyone = np.arange(9)
    for resize in ("bilinear", "antialias"):
        memory = open_images(root, FILES, [6], None, resize=resize)[6]
        disk = open_images(root, FILES, [6], tmp_path, resize=resize)[6]
        assert torch.equal(memory.batch(everyone), disk.batch(everyone))
    assert len(finished(tmp_path)) == 2  # the two ways of resizing do not share a cache


def test_a_batch_can_be_changed_without_changing_the_images(root, tmp_path):
    images = open_images(root, FILES, [6], tmp_path)[6]
    images.batch(np.arange(9)).zero_()
    assert images.batch(np.arange(9)).any()


@pytest.mark.parametrize("index", [-1, 9])
def test_an_index_outside_is_refused(root, index):
    with pytest.raises(IndexError):
        open_images(root, FILES, [4], None)[4].batch(np.array([0, index]))


def test_no_images_at_all(tmp_path):
    assert len(open_images(tmp_path, [], [4], tmp_path)[4]) == 0


def test_the_second_open_decodes_nothing(root, tmp_path, no_decoding):
    first = open_images(root, FILES, [6, 4], tmp_path)
    no_decoding()
    again = open_images(root, FILES, [4, 6], tmp_path)
    for size in (4, 6):
        assert torch.equal(first[size].batch(np.arange(9)), again[size].batch(np.arange(9)))
    with pytest.raises(AssertionError, match="decoded again"):
        open_images(root, FILES, [4, 7], tmp_path)  # a new size has to be made


def test_each_image_is_decoded_once_for_all_sizes(root, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "decode", lambda path: seen.append(path.name) or decode(path))
    open_images(root, FILES, [4, 6, 8], tmp_path, workers=1)
    assert seen == FILES


@pytest.mark.parametrize("change", ["content", "time", "order", "fewer"])
def test_a_changed_list_or_file_makes_a_new_cache(root, tmp_path, change):
    open_images(root, FILES, [4], tmp_path)
    files = list(FILES)
    if change == "content":
        Image.new("RGB", (40, 40), (0, 200, 0)).save(root / "2.png")
    elif change == "time":
        os.utime(root / "2.png", ns=(0, 0))
    elif change == "order":
        files[1], files[2] = files[2], files[1]
    else:
        files = files[:-1]
    images = open_images(root, files, [4], tmp_path)[4]
    assert len(finished(tmp_path)) == 2
    np.testing.assert_array_equal(images.batch(np.array([2])).numpy(), expected(root, [files[2]], 4))


def test_pickled_images_map_the_same_file_anew(root, tmp_path):
    disk = open_images(root, FILES, [40], tmp_path)[40]
    content = pickle.dumps(disk)
    assert len(content) < 1000  # the path, not the pixels
    assert torch.equal(pickle.loads(content).batch(np.arange(9)), disk.batch(np.arange(9)))
    memory = open_images(root, FILES, [4], None)[4]
    assert torch.equal(pickle.loads(pickle.dumps(memory)).batch(np.arange(9)), memory.batch(np.arange(9)))


def test_too_many_broken_images_are_refused_with_the_first_and_their_number(root, tmp_path):
    (root / "4.png").write_bytes(b"no image")
    (root / "6.png").unlink()
    for cache in (None, tmp_path):
        for max_broken in (0.0, 0.2):
            with pytest.raises(UserError, match=r"2 of 9 images cannot be read.*4\.png: this is not an image"):
                open_images(root, FILES, [4], cache, max_broken=max_broken)


def test_few_broken_images_are_listed_and_black(root, tmp_path, no_decoding):
    (root / "4.png").write_bytes(b"no image")
    (root / "6.png").unlink()
    for attempt in range(2):  # built, then opened
        images = open_images(root, FILES, [4], tmp_path, max_broken=0.25)[4]
        assert sorted(images.broken) == [4, 6]
        assert "there is no such image" in images.broken[6]
        assert not images.batch(np.array([4, 6])).any()
        np.testing.assert_array_equal(images.batch(np.array([5])).numpy(), expected(root, ["5.png"], 4))
        if attempt == 0:
            no_decoding()


def test_a_mended_image_is_read_again(root, tmp_path):
    whole = (root / "4.png").read_bytes()
    (root / "4.png").write_bytes(whole[:60])
    with pytest.raises(UserError):
        open_images(root, FILES, [4], tmp_path)
    (root / "4.png").write_bytes(whole)
    assert open_images(root, FILES, [4], tmp_path)[4].broken == {}


def test_what_a_killed_builder_left_is_removed_and_never_read(root, tmp_path):
    open_images(root, FILES, [4], tmp_path)
    directory = finished(tmp_path)[0]
    lock = next((tmp_path / "images").glob("*.lock"))
    mine, others = lock.with_suffix(".building"), tmp_path / "images" / "other.building"
    shutil.move(directory, mine / directory.name)
    (mine / directory.name / "images.npy").write_bytes(b"half")
    others.mkdir()
    images = open_images(root, FILES, [4], tmp_path)[4]
    np.testing.assert_array_equal(images.batch(np.arange(9)).numpy(), expected(root, FILES, 4))
    assert everything(tmp_path) == {directory.name}


def test_a_damaged_cache_is_built_anew(root, tmp_path):
    open_images(root, FILES, [4], tmp_path)
    os.truncate(finished(tmp_path)[0] / "images.npy", 200)
    images = open_images(root, FILES, [4], tmp_path)[4]
    np.testing.assert_array_equal(images.batch(np.arange(9)).numpy(), expected(root, FILES, 4))


def test_an_interrupted_build_leaves_nothing(root, tmp_path, monkeypatch):
    def interrupt(path):
        if path.name == "5.png":
            raise KeyboardInterrupt
        return decode(path)

    monkeypatch.setattr(module, "decode", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_images(root, FILES, [4], tmp_path)
    assert everything(tmp_path) == set()


SLOW_OPEN = """
import sys, time, pathlib
from piaa_lightning.data.images import stored as images
decode, seen = images.decode, []
def slowly(path):
    seen.append(path)
    time.sleep(0.05)
    return decode(path)
images.decode = slowly
root, cache, *files = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
opened = images.open_images(pathlib.Path(root), files, [4], pathlib.Path(cache), workers=1)[4]
print(len(seen), opened.batch(range(len(files))).numpy().tobytes().hex())
"""


@pytest.mark.processes
def test_two_processes_at_once_build_once(root, tmp_path):
    command = [sys.executable, "-c", SLOW_OPEN, str(root), str(tmp_path), *FILES]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as first, subprocess.Popen(command, **pipes) as second:
        for process in (first, second):
            assert process.stdout.readline() == "ready\n"
        for process in (first, second):  # both have imported everything: now they start within milliseconds
            process.stdin.write("go\n")
            process.stdin.flush()
        results = [process.communicate(timeout=PATIENCE)[0].split() for process in (first, second)]
    assert sorted(int(count) for count, _ in results) == [0, 9]
    assert {pixels for _, pixels in results} == {expected(root, FILES, 4).tobytes().hex()}
    assert len(everything(tmp_path)) == 1


def test_too_little_space_is_told_before_anything_is_decoded(root, tmp_path, monkeypatch, no_decoding):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10_000, 8_500, 1_500))
    no_decoding()
    with pytest.raises(UserError, match=r"images: .*needs 1\.73e-06 GB and 1\.5e-06 GB are free.*paths\.cache=DIR"):
        open_images(root, FILES, [8], tmp_path)  # 9 images x 3 x 8 x 8 = 1728 bytes
    assert everything(tmp_path) == set()


def test_a_disk_that_fills_up_while_writing_is_told_and_leaves_nothing(root, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "_append", full)
    with pytest.raises(UserError, match=r"images: .*cannot be written \(No space left.*paths\.cache=DIR"):
        open_images(root, FILES, [4], tmp_path)
    assert everything(tmp_path) == set()


def test_a_cache_that_cannot_be_written_is_told(root, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/images: .*cannot be written \(Not a directory\).*paths\.cache=DIR"):
        open_images(root, FILES, [4], tmp_path / "file")


def test_prune_removes_the_least_recently_used_and_keeps_what_is_in_use(root, tmp_path):
    for size in (4, 5, 6, 7):
        images = open_images(root, FILES, [size], tmp_path)[size]
        os.utime(images._directory / "in_use", (size, size))  # 4 was used first, 7 last
        if size == 4:
            held = images
    del images
    open_images(root, FILES, [5], tmp_path)  # 5 is now the most recent
    sizes = {int(np.load(path / "images.npy", mmap_mode="r").shape[-1]): path for path in finished(tmp_path)}
    large = sum(file.stat().st_size for size in (4, 5) for file in sizes[size].iterdir())
    prune(tmp_path / "images", large)
    assert set(finished(tmp_path)) == {sizes[4], sizes[5]}  # 4 is in use, 6 and 7 were used longer ago than 5
    prune(tmp_path / "images", 0)
    assert finished(tmp_path) == [sizes[4]]
    assert held.batch(np.array([1])).any()
    del held
    prune(tmp_path / "images", 0)
    assert everything(tmp_path) == set()


def test_opening_counts_as_use_across_pickles(root, tmp_path):
    directory = open_images(root, FILES, [4], tmp_path)[4]._directory
    os.utime(directory / "in_use", (0, 0))
    Images.open(directory)
    assert (directory / "in_use").stat().st_mtime > 1e9
