"""PARA: 31,220 images rated 1 to 5 in halves by 438 users, 807,586 ratings (Yang et al., CVPR 2022)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import Ids, Indices, RatingTable, Scale, Scores
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble, indices_of
from piaa_lightning.data.readers.image_means import image_means
from piaa_lightning.data.readers.typed_csv import read_columns

SCALE = Scale(1, 5)
NESTED = ("annotation/", "")
IMAGE = ("sessionId", "imageName")  # a name alone is not unique
SCORE, PUBLISHED_SCORE = "aestheticScore", "aestheticScore_mean"
ATTRIBUTES = (
    "qualityScore",
    "compositionScore",
    "colorScore",
    "dofScore",
    "contentScore",
    "lightScore",
    "isObjectEmphasis",
    "difficultyOfJudgment",
    "contentPreference",
    "willingnessToShare",
)
LISTS = {"giaa_train": ("PARA-GiaaTrain.csv",), "giaa_test": ("PARA-GiaaTest.csv", "ARA-GiaaTest.csv")}
BIG_FIVE = ("O", "C", "E", "A", "N")
BIG_FIVE_RANGE = Scale(2, 10)


def read(root: Path | str, max_missing: float = 0.01) -> RatingTable:
    """Read an unpacked copy of PARA.

    Source: Yang, Xu, Li, Qie, Li, Zhang, Guo, "Personalized Image Aesthetics Assessment with Rich Attributes",
    CVPR 2022. One copy in circulation calls the test list ``ARA-GiaaTest.csv``.

    Args:
        root: the directory that holds ``imgs/<session>/<name>`` and ``annotation/``.
        max_missing: greatest share of the rated images that may be absent from disk, 0..1.

    Returns:
        The ratings; image ids are ``<session>/<name>``; ``traits`` the Big Five in [-1, 1] and ``age`` in years (the
        middle of its interval); ``attributes``, the other answers averaged per image in their own units;
        ``image_lists`` giaa_train and giaa_test, and in ``image_score`` their published averages.

    Raises:
        UserError: a file or a column is absent, a value is outside its range, or too many images are missing.
    """
    root = Path(root)
    source = _find(root, "PARA-Images.csv")
    frame = read_columns(source, [*IMAGE, "userId"], [SCORE, *ATTRIBUTES])
    ratings = pd.DataFrame(
        {
            # plain objects: what follows goes through them twice as fast as through pandas' own strings
            "user": files.ids(frame["userId"], source).astype(object),
            "image": _image_ids(frame, source),
            "score": files.numbers(frame[SCORE], source, SCALE.low, SCALE.high),
        }
    )
    folder = files.find(root, ["imgs", "PARA/imgs"], directory=True)
    before = files.below(root, folder)
    on_disk = files.on_disk(folder, before)
    table = assemble("para", root, ratings, on_disk, SCALE, source, max_missing)
    traits = _traits(_find(root, "PARA-UserInfo.csv"), table.user_ids)
    published = _published_scores(root)
    averages = pd.concat([pd.Series(dtype=np.float64), *published.values()]).groupby(level=0).first()
    return replace(
        table,
        image_score=averages.reindex(table.image_ids).to_numpy(dtype=np.float32),
        attributes=image_means(ratings["image"], frame[list(ATTRIBUTES)], table.image_ids),
        attribute_names=ATTRIBUTES,
        traits=traits,
        trait_names=(*BIG_FIVE, "age"),
        image_lists={name: indices_of(scores.index, table.image_ids) for name, scores in published.items()},
        dropped={**table.dropped, "users without traits": int(np.isnan(traits).all(axis=1).sum())},
    )


def _find(root: Path, *names: str) -> Path:
    return files.find(root, [nest + name for nest in NESTED for name in names])


def _image_ids(frame: pd.DataFrame, source: Path) -> pd.Series[str]:
    """Join session and name, as plain objects; there are few different pairs, and many lines."""
    (session, sessions), (name, names) = (_different(frame[column], source) for column in IMAGE)
    pair, pairs = pd.factorize(session * len(names) + name)
    joined = [f"{sessions[code // len(names)]}/{names[code % len(names)]}" for code in pairs.tolist()]
    return pd.Series(np.array(joined, dtype=object)[pair], index=frame.index, dtype=object)


def _different(column: pd.Series[str], source: Path) -> tuple[Indices, list[str]]:
    """Number the different texts of a column of paths in the order in which they come, and check each once."""
    codes, texts = pd.factorize(files.ids(column, source).to_numpy(dtype=object))
    line = np.empty(len(texts), dtype=np.int64)
    line[codes[::-1]] = column.index[::-1]  # where each stands first, which is written last
    checked = files.names(pd.Series(texts, index=line, name=column.name, dtype="str"), source)
    return codes.astype(np.int64), checked.tolist()


def _published_scores(root: Path) -> dict[str, pd.Series[float]]:
    """Read the average score in [0, 1] of every image in the official lists that the copy has."""
    lists = {}
    for name, variants in LISTS.items():
        path = files.look(root, [nest + variant for nest in NESTED for variant in variants])
        if path is not None:
            frame = read_columns(path, IMAGE, [PUBLISHED_SCORE])
            scores = SCALE.to_unit(files.numbers(frame[PUBLISHED_SCORE], path, SCALE.low, SCALE.high))
            lists[name] = pd.Series(scores.astype(np.float64), index=pd.Index(_image_ids(frame, path)))
    return lists


def _traits(path: Path, user_ids: Ids) -> Scores:
    """Read ``(users, 6)``: the Big Five, 2..10 in the file, and age, an interval such as ``22-25`` in the file."""
    columns = [f"personality-{trait}" for trait in BIG_FIVE]
    frame = read_columns(path, ["userId", "age"], columns)
    users = files.unique_ids(frame["userId"], path)
    values = {}
    for column in columns:
        known = frame[column].notna()
        files.numbers(frame.loc[known, column], path, BIG_FIVE_RANGE.low, BIG_FIVE_RANGE.high)
        values[column] = 2 * (frame[column] - BIG_FIVE_RANGE.low) / (BIG_FIVE_RANGE.high - BIG_FIVE_RANGE.low) - 1
    ends = frame["age"].str.split("-", n=1, expand=True).apply(pd.to_numeric, errors="coerce")
    table = pd.DataFrame({**values, "age": ends.mean(axis=1)}).set_axis(pd.Index(users))
    return table.reindex(user_ids).to_numpy(dtype=np.float32)
