"""The Python of README.md, docs/python.md and docs/tutorials.md runs as it stands."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import pytorch_lightning as pl

import piaa_lightning
from piaa_lightning import ArgumentError

ROOT = Path(__file__).parents[2]


def blocks(page: Path) -> str:
    """The Python of a page, in order; what stands between is left as blank lines, so that lines keep their numbers."""
    parts = re.split(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return "".join(part if place % 2 else "\n" * part.count("\n") for place, part in enumerate(parts))


def test_the_page_runs(kept):
    page = ROOT / "docs" / "python.md"
    code = blocks(page)
    assert code.count("fit(") > 5
    exec(compile(code, str(page), "exec"), {})


@pytest.mark.slow
def test_the_first_page_runs(kept, tmp_path, monkeypatch):
    """As it stands, but for a trainer that writes nothing and stops early, and one split of two users."""
    monkeypatch.chdir(tmp_path)
    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    few = {"accelerator": "cpu", "limit_train_batches": 2, "limit_val_batches": 1}
    monkeypatch.setattr(pl, "Trainer", partial(pl.Trainer, **few, **dict.fromkeys(quiet, False)))
    monkeypatch.setattr(piaa_lightning, "evaluate", partial(piaa_lightning.evaluate, repeats=1, users=2))
    page = ROOT / "README.md"
    names: dict[str, Any] = {}
    exec(compile(blocks(page), str(page), "exec"), names)
    assert set(names["results"].to_frame()["method"]) >= {"BA-PIAA", "BLG-PIAA"}


@pytest.mark.slow
def test_the_tutorials_run(data, tmp_path, monkeypatch):
    """As they stand, on a directory of ratings as the second tutorial wants one."""
    monkeypatch.chdir(tmp_path)
    table, (published,) = data.table, data.table.root.glob("*worker.csv")
    ratings = pd.read_csv(published, skipinitialspace=True)
    ratings.columns = ["user", "image", "score"]
    (tmp_path / "my_ratings").mkdir()
    ratings.drop_duplicates(["user", "image"]).to_csv("my_ratings/ratings.csv", index=False)
    (tmp_path / "my_ratings" / "images").symlink_to((table.root / table.image_files[0]).parent)
    page = ROOT / "docs" / "tutorials.md"
    names: dict[str, Any] = {}
    exec(compile(blocks(page), str(page), "exec"), names)
    assert set(names["results"].to_frame()["method"]) == {"generic", "personal", "nearest"}
    assert len(names["scores"]) == 10


def test_errors_are_of_the_kinds_that_python_knows():
    assert issubclass(ArgumentError, ValueError)
    assert issubclass(piaa_lightning.ArgumentTypeError, TypeError)
    assert issubclass(piaa_lightning.ArgumentNotFoundError, FileNotFoundError)
    assert str(ArgumentError("a", "b.", 1).under("c.d")) == "c.d.a=1: b."
