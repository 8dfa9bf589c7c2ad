"""``mode=crop``: the best crops of images at several shapes, listed or written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from omegaconf import DictConfig
from PIL import Image

from piaa_lightning.errors import UserError
from piaa_lightning.photos.crops import Crop, best_crops, shape_of
from piaa_lightning.photos.opening import open_photo
from piaa_lightning.photos.ranking import order_of
from piaa_lightning.pipeline.read_folder import personal_model_of, read_folder
from piaa_lightning.runtime.atomic import replacing
from piaa_lightning.runtime.cores import cores
from piaa_lightning.runtime.csv_file import write_csv
from piaa_lightning.runtime.progress import track

COLUMNS = ("image", "shape", "left", "upper", "right", "lower", "score")


def crop_photos(cfg: DictConfig, directory: Path) -> None:
    """Write ``crops.csv`` (boxes in pixels of the upright image) and, if asked to, the crops; never the originals.

    Args:
        cfg: the composed configuration; ``crop`` says which shapes and whether they are written.
        directory: where they go, images below ``crops/``.

    Raises:
        UserError: a shape that is none, and anything about the folder or the personal file.
    """
    shapes = [str(shape) for shape in cfg.crop.shapes]
    for shape in shapes:
        shape_of(shape)
    if not shapes or (cfg.crop.limit is not None and cfg.crop.limit < 1):
        raise UserError("crop: give at least one shape, and a limit from 1 or null.")
    read = read_folder(cfg)
    taste, scale, title = personal_model_of(cfg, read)
    size, resize = read.prior.network.size, read.prior.config["resize"]
    rows: list[tuple[object, ...]] = []
    torch.set_num_threads(cores())
    order = order_of(taste, read.shelf, scale).order[: cfg.crop.limit].tolist()
    for number in track(order, "crops"):
        file, (width, height) = read.shelf.files[number], read.shelf.sizes[number]
        photo = open_photo(read.root / file, None if cfg.crop.write else 2 * size)
        small = _small(photo.pixels, 2 * size)
        crops = best_crops(small, shapes, size, resize, lambda squares: taste.score(read.prior.rows(squares)))
        for crop in crops:
            score = float(scale.from_unit(np.clip(crop.score, 0, 1)))
            rows.append((file, crop.shape, *crop.pixels(width, height), f"{score:.3f}"))
            if cfg.crop.write:
                _write(photo.pixels, crop, directory / "crops" / _name(file, crop))
    write_csv(directory / "crops.csv", COLUMNS, rows)
    print(f"{directory / 'crops.csv'}: the best crops at {', '.join(shapes)} of {len(order)} photographs {title}")


def _small(pixels: np.ndarray, shortest: int) -> np.ndarray:
    """Shrink a large image, so that hundreds of candidates are cut from little."""
    image = Image.fromarray(pixels)
    factor = shortest / min(image.size)
    if factor >= 1:
        return pixels
    sides = [max(1, round(side * factor)) for side in image.size]
    return np.asarray(image.resize((sides[0], sides[1]), Image.Resampling.BILINEAR, reducing_gap=2.0))


def _name(file: str, crop: Crop) -> str:
    path = Path(file)
    return (path.parent / f"{path.stem}_{path.suffix[1:]}_{crop.shape.replace(':', 'x')}.jpg").as_posix()


def _write(pixels: np.ndarray, crop: Crop, target: Path) -> None:
    height, width = pixels.shape[:2]
    with replacing(target) as file:
        Image.fromarray(pixels).crop(crop.pixels(width, height)).save(file, "jpeg", quality=92)
