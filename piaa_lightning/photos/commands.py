"""The commands on a folder of photographs: put in order, learn a person, choose a cover, crop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from piaa_lightning.data.images.file_names import in_table
from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.groups import best_of_groups
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.read_folder import ReadFolder, Who, groups_of, learn_person, personal_model_of
from piaa_lightning.photos.results.cards import user_card
from piaa_lightning.photos.results.contact_sheet import contact_sheet
from piaa_lightning.photos.results.cover import choose_cover
from piaa_lightning.photos.results.cover_picture import TILE, cover_picture
from piaa_lightning.photos.results.crop_file import write_crop
from piaa_lightning.photos.results.crops import Crop, best_crops, shape_of, small_copy
from piaa_lightning.photos.results.ranking import order_of, ranking_csv
from piaa_lightning.photos.results.why import Why
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.runtime.cores import cores
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.csv_file import write_csv
from piaa_lightning.runtime.progress import track
from piaa_lightning.runtime.terminal import printable

CROP_COLUMNS = ("image", "shape", "left", "upper", "right", "lower", "score")
SHOWN = 10  # photographs that the terminal names
EVERYBODY = Who()


def rejected_of(shelf: Shelf, who: Who) -> list[int]:
    """Return the numbers of the photographs that somebody has rejected."""
    return [number for number, digest in enumerate(shelf.digests) if digest in who.rejected]


def predict_photos(read: ReadFolder, out: Path, who: Who = EVERYBODY, why: bool = False, group: bool = False) -> Path:
    """Put a folder in somebody's order.

    Args:
        read: the folder.
        out: the directory that ``ranking.csv`` and ``contact_sheet.html`` are written to.
        who: whose order it is.
        why: whether it is said why each photograph stands where it stands, see `Why`.
        group: whether of bursts and near-duplicates the best alone is shown; the table has all, and says of each which
            one stands for it.

    Returns:
        The path of ``ranking.csv``.

    Raises:
        UserError: the personal file or the ratings cannot be used.
    """
    personal, scale, title = personal_model_of(read, who)
    ranking = order_of(personal, read.shelf, scale, rejected_of(read.shelf, who))
    table, files = out / "ranking.csv", read.shelf.files
    more: dict[str, list[str]] = {}
    groups = groups_of(read) if group else np.arange(len(files))
    best = best_of_groups(groups, ranking.order)
    if group:
        stands_for = {int(groups[number]): in_table(files[number]) for number in np.flatnonzero(best).tolist()}
        more["group"] = [stands_for[number] for number in groups.tolist()]
    if why:
        more["why"] = list(Why(personal, read.shelf, scale).sentences(range(len(files))))
    replace_file(table, ranking_csv(ranking, files, more).encode(errors="surrogateescape"))
    page = contact_sheet(
        f"{len(files)} photographs {title}",
        [
            f"Scores from {scale.low:g} to {scale.high:g}, and how far off they may be; ★ is your own word; in brackets"
            " what anybody is expected to say.",
            "Arrows compare with everybody's order.",
            *read.notes,
        ],
        read.shelf,
        ranking,
        read.store.thumbnail,
        groups,
    )
    replace_file(out / "contact_sheet.html", page.encode(errors="backslashreplace"))
    alike = np.bincount(groups, minlength=len(files))[groups]
    for number in ranking.order[best[ranking.order]][:SHOWN].tolist():
        others = f" +{alike[number] - 1}" if alike[number] > 1 else ""
        print(f"{ranking.places[number]:4} {ranking.stands[number]:6.2f}  {printable(files[number])}{others}")
        if why:
            print(f"{'':13}{more['why'][number]}")
    shown = f"one of each of {int(best.sum())} groups" if group else "them"
    print(f"{printable(str(table))}: all {len(files)} photographs; contact_sheet.html beside it shows {shown}")
    return table


def adapt_person(read: ReadFolder, out: Path, ratings: str = "stars", scale: Scale = STARS) -> Path:
    """Learn a person from ratings, and write a personal file with its card beside it.

    Args:
        read: the folder.
        out: the file; its name is that of the person.
        ratings: see `read_ratings`.
        scale: of the ratings.

    Returns:
        The path of the file.

    Raises:
        UserError: there is nothing to learn from; the sentence says why.
    """
    user = learn_person(read, ratings, scale, printable(out.stem))
    user.save(out, user_card(user, read.model))
    size = out.stat().st_size / 1000
    print(f"{printable(str(out))}: learnt from {len(user.scores)} ratings, {size:.1f} kB; its card lies beside it")
    return out


def refuse_cover(count: int, diversity: float) -> None:
    """Stop where a cover cannot be chosen; told before any photograph is read.

    Raises:
        UserError: a count or a diversity that makes no sense.
    """
    if count < 1 or not 0 <= diversity <= 1:
        raise UserError("cover: give a count from 1 and a diversity from 0 to 1.")


def cover_photos(
    read: ReadFolder,
    out: Path,
    who: Who = EVERYBODY,
    count: int = 9,
    diversity: float = 0.5,
    picture: bool = False,
) -> Path:
    """Choose photographs that are liked much and unlike each other, of bursts and near-duplicates one.

    Args:
        read: the folder.
        out: the directory that ``cover.csv`` is written to.
        who: who likes them.
        count: how many.
        diversity: from 0, the best whatever they show, to 1, as unlike each other as can be.
        picture: whether they are put on one picture as well, ``cover.jpg``.

    Returns:
        The path of ``cover.csv``.

    Raises:
        UserError: a count or a diversity that makes no sense; the personal file or the ratings cannot be used.
    """
    refuse_cover(count, diversity)
    personal, scale, title = personal_model_of(read, who)
    rejected = rejected_of(read.shelf, who)
    ranking = order_of(personal, read.shelf, scale, rejected)
    stands = ranking.stands
    without = [*rejected, *np.flatnonzero(~best_of_groups(groups_of(read), ranking.order)).tolist()]
    chosen = choose_cover(torch.from_numpy(ranking.merit), read.shelf, count, diversity, without)
    rows: list[tuple[int, str, str]] = []
    for place, number in enumerate(chosen, start=1):
        rows.append((place, in_table(read.shelf.files[number]), f"{stands[number]:.3f}"))
        print(f"{place:3} {stands[number]:6.2f}  {printable(read.shelf.files[number])}")
    table = out / "cover.csv"
    write_csv(table, ("place", "image", "score"), rows)
    print(f"{printable(str(table))}: {len(chosen)} of {len(read.shelf.files)} photographs {title}")
    if picture and chosen:
        opened = (open_photo(read.root / read.shelf.files[number], TILE).pixels for number in chosen)
        replace_file(out / "cover.jpg", cover_picture([small_copy(pixels, TILE) for pixels in opened]))
        print(f"{printable(str(out / 'cover.jpg'))}: the same as one picture")
    return table


def refuse_crops(shapes: Sequence[str], limit: int | None) -> None:
    """Stop where crops cannot be looked for; told before any photograph is read.

    Raises:
        UserError: there is no shape, one that is none, or a limit below 1.
    """
    for shape in shapes:
        shape_of(shape)
    if not shapes or (limit is not None and limit < 1):
        raise UserError("crop: give at least one shape, and a limit from 1 or null.")


def crop_photos(
    read: ReadFolder,
    out: Path,
    who: Who = EVERYBODY,
    shapes: Sequence[str] = ("1:1", "16:9", "9:16", "2:3"),
    write: bool = False,
    limit: int | None = None,
) -> Path:
    """Look for the best crops, and write them if asked to; the photographs are only read.

    Args:
        read: the folder.
        out: the directory that ``crops.csv`` (boxes in pixels of the upright photograph) is written to, and below
            ``crops/`` the crops.
        who: who likes them.
        shapes: width and height of the crops.
        write: whether the crops are written as images.
        limit: at most so many photographs, the best ones first; None crops all.

    Returns:
        The path of ``crops.csv``.

    Raises:
        UserError: a shape that is none; the personal file or the ratings cannot be used.
    """
    refuse_crops(shapes, limit)
    personal, scale, title = personal_model_of(read, who)
    networks = read.model.networks
    rows: list[tuple[object, ...]] = []
    torch.set_num_threads(cores())
    order = order_of(personal, read.shelf, scale, rejected_of(read.shelf, who)).order[:limit].tolist()
    for number in track(order, "crops"):
        file, (width, height) = read.shelf.files[number], read.shelf.sizes[number]
        small = small_copy(open_photo(read.root / file, 2 * networks.size).pixels, 2 * networks.size)
        crops = best_crops(small, shapes, networks, personal.score)
        for crop in crops:
            score = float(scale.from_unit(np.clip(crop.score, 0, 1)))
            rows.append((in_table(file), crop.shape, *crop.pixels(width, height), f"{score:.3f}"))
            if write:
                write_crop(read.root / file, crop, out / "crops" / _name(file, crop))
    table = out / "crops.csv"
    write_csv(table, CROP_COLUMNS, rows)
    print(f"{printable(str(table))}: the best crops at {', '.join(shapes)} of {len(order)} photographs {title}")
    return table


def _name(file: str, crop: Crop) -> str:
    path = Path(file)
    return (path.parent / f"{path.stem}_{path.suffix[1:]}_{crop.shape.replace(':', 'x')}.jpg").as_posix()
