"""``mode=check``: read a database, say what is there, and whether it can be trained on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.draw import drawn, others
from piaa_lightning.data.validation.findings import Finding, of_counts, of_dropped, of_images, of_ratings, of_split
from piaa_lightning.data.validation.image_facts import ImageFacts, image_facts
from piaa_lightning.data.validation.manifest import evaluate
from piaa_lightning.data.validation.published_counts import PUBLISHED, Published
from piaa_lightning.data.validation.rating_facts import rating_facts
from piaa_lightning.data.validation.split_facts import SplitFacts, split_facts
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.open_data import read_table
from piaa_lightning.report.check_table import print_check
from piaa_lightning.runtime.files.atomic import replace_file

EMBEDDED_NOTE = "EMBEDDED.md"  # lies in every embedded copy, wherever it was copied to


def check_data(cfg: DictConfig, directory: Path) -> None:
    """Check a database, print the result and write ``check.json``.

    Args:
        cfg: the composed configuration.
        directory: where ``check.json`` is written.

    Raises:
        UserError: the database cannot be read, or training on it would be wrong; the sentence says why.
    """
    name, findings, facts = inspect(cfg)
    wrong = [line for line in findings if line.state == "WRONG"]
    report = {
        "data": name,
        "command": cfg.command,
        "wrong": bool(wrong),
        "findings": [asdict(line) for line in findings],
        "facts": facts,
    }
    replace_file(directory / "check.json", json.dumps(report, indent=2).encode())
    print_check(name, findings, directory / "check.json")
    if wrong:
        reasons = "; ".join(f"{line.what}: {line.found}" for line in wrong)
        raise UserError(f"{name} must not be trained on as it is: {reasons}.")


def inspect(cfg: DictConfig) -> tuple[str, list[Finding], dict[str, Any]]:
    """Gather all facts about the database that the configuration names, and evaluate them.

    Args:
        cfg: the composed configuration.

    Returns:
        What was read, the lines of the report, and the facts by ``ratings``, ``dropped``, ``images`` and ``split``.
    """
    cache = Path(cfg.paths.cache).expanduser()
    try:
        table, name, too_many_missing = _read(cfg.data, cache)
    except UserError as error:
        return cfg.data.name, [Finding("reading", "WRONG", str(error).removesuffix("."))], {}
    ratings = rating_facts(table)
    images = _images(cfg, table, cache)
    split, split_lines = _split(cfg.data, table, images)
    lines = [
        *of_counts(ratings, table.dropped, _published(cfg.data, table)),
        *of_dropped(ratings, table.dropped, too_many_missing),
        *of_ratings(ratings),
        *of_images(images, table, cfg.data.max_broken),
        *split_lines,
    ]
    facts = {
        "ratings": asdict(ratings),
        "dropped": dict(table.dropped),
        "images": _with_names(images, table),
        "split": None if split is None else asdict(split),
    }
    return name, lines, facts


def _read(data: DictConfig, cache: Path) -> tuple[RatingTable, str, str | None]:
    """Read the table; where too many images are missing for a run, read the rest and return the sentence as well."""
    try:
        return *read_table(data, cache), None
    except UserError as error:
        if data.max_missing >= 1:
            raise
        lenient = OmegaConf.merge(data, {"max_missing": 1.0})
        assert isinstance(lenient, DictConfig)
        return *read_table(lenient, cache), str(error)  # whatever else is wrong with it raises here again


def _published(data: DictConfig, table: RatingTable) -> Published | None:
    embedded = data.root is None or (table.root / EMBEDDED_NOTE).exists()
    return None if embedded else PUBLISHED.get(data.name)


def _images(cfg: DictConfig, table: RatingTable, cache: Path) -> ImageFacts:
    wanted = others(table.images) if cfg.check.decode else others(0)
    if cfg.check.sample is not None:
        if cfg.check.sample < 0:
            raise UserError(f"check.sample={cfg.check.sample}: give how many images to open, from 0.")
        wanted = drawn(table.image_ids, wanted, cfg.check.sample, "images to check", 0)
    files = table.image_files.tolist()
    manifest = evaluate(table.root, files, cache, table.image_files[wanted].tolist())
    return image_facts(table, manifest)


def _split(data: DictConfig, table: RatingTable, images: ImageFacts) -> tuple[SplitFacts | None, list[Finding]]:
    """Split as a run would: without the ratings of images that cannot be read."""
    table = table.without_labels_of(sorted(images.unreadable), "broken images")
    try:
        split: Split = instantiate(data.split)(table)
        facts = split_facts(table, split.check(table), [*images.same_bytes, *images.same_photo])
    except UserError as error:
        return None, [Finding("split", "WRONG", str(error).removesuffix("."))]
    return facts, of_split(facts, table)


def _with_names(images: ImageFacts, table: RatingTable) -> dict[str, Any]:
    """Return the facts with the files' names instead of their numbers."""
    files = table.image_files
    return {
        **asdict(images),
        "unreadable": {str(files[index]): reason for index, reason in images.unreadable.items()},
        "same_bytes": [files[np.array(group)].tolist() for group in images.same_bytes],
        "same_photo": [files[np.array(group)].tolist() for group in images.same_photo],
    }
