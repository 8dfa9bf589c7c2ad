"""Public names: a snapshot, where they come from, and what importing them costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import piaa_lightning

ROOT = Path(__file__).parents[2]


PUBLIC = """
    AADB AVA ArgumentError ArgumentNotFoundError ArgumentTypeError Backbone BilevelMetaLearning DatabaseSource EVA
    EvaluationResults FineTune FitContext FlickrAES GaussianProcess Generic GenericAesthetics Hierarchical
    HierarchicalProcess InnerLoop JointAestheticsPersonality JointData LAPIS MetaLearning OASIS PARA PersonalAesthetics
    PersonalityTraits Personalizer PsychoFlickr RatingTable RatingsCSV RatingsDataModule RealCUR Ridge Scale Split
    Support UserError __version__ build_backbone choose_settings compare evaluate
"""


def loaded_by(statement: str, *libraries: str) -> str:
    """Which of some libraries a statement imports, in a process of its own."""
    told = f"import sys; {statement}; print([name for name in {libraries} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_public_names_are_these():
    assert sorted(piaa_lightning.__all__) == sorted(PUBLIC.split())


def test_all_of_them_can_be_had():
    assert all(getattr(piaa_lightning, name) is not None for name in piaa_lightning.__all__)


def test_type_checkers_see_the_same_names_in_the_same_places():
    text = Path(piaa_lightning.__file__).read_text(encoding="utf-8")
    (block,) = [node for node in ast.parse(text).body if isinstance(node, ast.If)]
    seen = {alias.asname: node.module for node in block.body for alias in node.names}
    assert seen == {name: f"piaa_lightning.{module}" for name, module in piaa_lightning._MODULES.items()}


def test_importing_the_package_imports_nothing_heavy():
    heavy = ("torch", "pytorch_lightning", "numpy", "pandas", "hydra", "matplotlib")
    assert loaded_by("import piaa_lightning", *heavy) == "[]"


def test_the_command_lines_libraries_are_not_needed():
    everything = "from piaa_lightning import *; from piaa_lightning.photos import *"
    assert loaded_by(everything, "hydra", "omegaconf") == "[]"


def test_an_unknown_name_is_said():
    with pytest.raises(AttributeError, match="has no attribute 'FlickrAS'"):
        piaa_lightning.FlickrAS  # noqa: B018


def test_the_package_says_that_it_is_typed():
    assert (Path(piaa_lightning.__file__).parent / "py.typed").is_file()


def test_the_photo_library_is_named_too():
    from piaa_lightning import photos

    assert all(getattr(photos, name) is not None for name in photos.__all__)
