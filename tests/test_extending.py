"""The checklists in docs/extending.md hold code that runs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.personalizers.personalizer import Support

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"


def test_the_method_of_the_page_is_one():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text().split("## A database")[0], re.DOTALL)
    own: dict = {}
    exec(compile(code, str(PAGE), "exec"), own)
    support = Support(0, np.array([3, 5, 8]), np.array([0.2, 0.9, 0.4]))
    assert own["Median"]().trace(support, np.array([1, 2]), [{}])[0].tolist() == pytest.approx([0.4, 0.4])


def test_files_that_the_page_names_are_there():
    root = PAGE.parents[1]
    for name in re.findall(r"`((?:piaa_lightning|tests|conf|models)/[\w/]+\.py)`", PAGE.read_text()):
        assert (root / name).exists() or (root / "piaa_lightning" / name).exists(), name
