"""Print the manual of ``python -m piaa_lightning`` without importing Hydra, which would take a second."""

from __future__ import annotations

import textwrap
from pathlib import Path

import yaml

from piaa_lightning.cli.configuration.config_dir import config_dir

WIDTH = 118


def manual() -> str:
    """Return the text of ``conf/hydra/help/manual.yaml`` with the groups of the configuration and their options."""
    conf = config_dir()
    told = yaml.safe_load((conf / "hydra" / "help" / "manual.yaml").read_text(encoding="utf-8"))
    text = str(told["template"]).replace("${hydra.help.header}", str(told["header"]))
    return text.replace("$APP_CONFIG_GROUPS", _groups(conf)).replace("${hydra.help.footer}", str(told["footer"]))


def _groups(conf: Path) -> str:
    """List every group with its options, one below the other."""
    options: dict[str, list[str]] = {}
    for file in sorted(conf.rglob("*.yaml")):
        group = file.parent.relative_to(conf).as_posix()
        if group != "." and not group.startswith("hydra"):
            options.setdefault(group, []).append(file.stem)
    lines = [
        textwrap.fill(
            f"{group}: {', '.join(names)}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="      ",
            break_on_hyphens=False,
        )
        for group, names in options.items()
    ]
    return "\n".join(lines)
