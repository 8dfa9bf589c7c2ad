"""What the site is built from is whole: navigation, reference, FAQ; and the files of .github name what exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import piaa_lightning
from piaa_lightning import photos

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SITE = yaml.safe_load((DOCS / "mkdocs.yml").read_text())


def pages_of(nav: object) -> list[str]:
    """Return the files of a navigation."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in pages_of(part)]


def test_every_page_and_every_study_stands_in_the_navigation_once():
    files = [ROOT / "README.md", *DOCS.rglob("*.md"), *ROOT.glob("experiments/*/README.md")]
    assert sorted(pages_of(SITE["nav"])) == sorted(file.relative_to(ROOT).as_posix() for file in files)


def test_python_stands_only_on_pages_that_a_test_runs():
    """Those of tests/api/test_page.py, tests/test_extending.py and tests/metrics/test_registry.py."""
    pages = [ROOT / "README.md", *DOCS.rglob("*.md"), *ROOT.glob("experiments/*/README.md")]
    found = {page.name for page in pages if "```python" in page.read_text()}
    assert found == {"README.md", "python.md", "tutorials.md", "extending.md"}


def test_no_page_holds_a_tag_that_would_be_taken_for_html():
    pages = [ROOT / "README.md", *DOCS.rglob("*.md"), *ROOT.glob("experiments/*/README.md")]
    for page in pages:
        text = re.sub(r"^```.*?^ *```|^    .*?$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        text = re.sub(r"`[^`]*`|<!--.*?-->", "", text, flags=re.DOTALL)
        assert not re.findall(r"<[A-Za-z/][^>]*>", text), page


def test_the_reference_holds_everything_public_once():
    text = "\n".join(page.read_text() for page in sorted((DOCS / "reference").glob("*.md")))
    named = re.findall(r"^::: piaa_lightning\.([\w.]+)$", text, re.MULTILINE)
    assert len(named) == len(set(named))
    assert sorted(name for name in named if "." not in name) == sorted(set(piaa_lightning.__all__) - {"__version__"})
    own = sorted(name.removeprefix("photos.") for name in named if name.startswith("photos."))
    assert own == sorted(photos.__all__)


def test_the_reference_holds_every_loss_learner_and_estimator():
    text = (DOCS / "reference" / "losses_metrics.md").read_text() + (DOCS / "reference" / "learners.md").read_text()
    package = ROOT / "piaa_lightning"
    for folder, pattern in {
        "losses": r"^def (\w+_loss\w*)\(",
        "meta": r"^class (\w+Learner)\(",
        "estimators": r"^class (\w+)\((?:ABC|Estimator)\)",
    }.items():
        for file in sorted((package / folder).glob("*.py")):
            for name in re.findall(pattern, file.read_text(), re.MULTILINE):
                assert f"::: piaa_lightning.{folder}.{file.stem}.{name}\n" in text, name


def test_the_faq_quotes_the_program():
    sources = [ROOT / "Makefile", *(ROOT / "piaa_lightning").rglob("*.py")]
    text = "\n".join(source.read_text() for source in sources)
    text = re.sub(r'"\s*\n\s*f?"', "", text)  # sentences that go on in the next line
    text = re.sub(r"\{[^{}\n]*\}", "…", text).replace("{INSTALL}", "…")
    quotes = re.findall(r"^> (.+)$", (DOCS / "faq.md").read_text(), re.MULTILINE)
    assert len(quotes) >= 12
    strangers = [part for quote in quotes for part in quote.split("…") if part.strip() and part.strip() not in text]
    assert not strangers


def test_the_version_is_the_same_everywhere():
    cited = yaml.safe_load((DOCS / "CITATION.cff").read_text())
    assert str(cited["version"]) == PROJECT["project"]["version"] == piaa_lightning.__version__
    assert [reference["notes"] for reference in cited["references"]] == ["PA_IAA", "BLG-PIAA"]


def test_the_tools_of_the_site_are_pinned():
    text = (ROOT / "requirements" / "docs.txt").read_text()
    assert not re.search(r"://|--index-url|--extra-index-url|--find-links|@|file:", text)
    pins = [Requirement(line) for line in text.splitlines()]
    assert all([specifier.operator for specifier in pin.specifier] == ["=="] for pin in pins)
    for line in PROJECT["dependency-groups"]["docs"]:
        needed = Requirement(line)
        (exact,) = (
            str(next(iter(pin.specifier)).version)
            for pin in pins
            if canonicalize_name(pin.name) == canonicalize_name(needed.name)
        )
        assert needed.specifier.contains(exact)


@pytest.mark.parametrize("name", ["tests", "wheel"])
def test_a_workflow_names_targets_files_and_pythons_that_exist(name):
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())
    text = "\n".join(step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"])
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in re.findall(r"(?<![\w/])(?:tests|docs|requirements|experiments)/[\w/.]+", text):
        assert (ROOT / path).exists(), path
    if name == "tests":
        pythons = workflow["jobs"]["linux"]["strategy"]["matrix"]["python"]
        low, high = re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"])
        assert pythons == [f"3.{minor}" for minor in range(int(low), int(high))]


def test_hooks_use_the_locked_tools():
    hooks = yaml.safe_load((ROOT / ".github" / "pre-commit.yaml").read_text())["repos"][0]["hooks"]
    needed = {Requirement(line).name for line in PROJECT["project"]["optional-dependencies"]["dev"]}
    for hook in hooks:
        place, _, tool = hook["entry"].split()[0].rpartition("/")
        assert place == ".venv/bin"
        assert tool in needed | {"python"}
