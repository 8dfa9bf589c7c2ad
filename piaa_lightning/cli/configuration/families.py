"""Options that differ by a few keys stand together in one file of the configuration, named after what they share.

A file beside ``config.yaml``, such as ``ava_systems.yaml``, maps groups to options to configurations:

    task:
      rapid: {defaults: [ava_binary, _self_], name: rapid, ...}
    experiment:
      rapid: {defaults: [...]}

Every option is chosen as if it were a file of its own (``task=rapid``), and lists its defaults in the same way. Hydra
asks for them through `FamilySource`, one of its plug-ins; nothing is parsed before it does.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

MAIN = "config"  # the file that a run is composed from; all others beside it are families


class Option(NamedTuple):
    """One option of a group.

    Args:
        file: the family that it stands in.
        config: its keys, its defaults among them.
    """

    file: str
    config: dict[str, Any]


class FamilySource(ConfigSource):
    """Serves the options of all families in one directory to Hydra."""

    @staticmethod
    def scheme() -> str:
        """Return what the addresses of such a source start with."""
        return "families"

    def available(self) -> bool:
        """Return whether there is anything to serve."""
        return bool(_families(self.path))

    def load_config(self, config_path: str) -> ConfigResult:
        """Return one option, for instance ``task/rapid``.

        Raises:
            ConfigLoadError: there is none.
        """
        group, _, name = config_path.removesuffix(".yaml").rpartition("/")
        option = _families(self.path).get(group, {}).get(name)
        if option is None:
            raise ConfigLoadError(f"Config not found : {config_path}")
        package = "_global_" if group == "experiment" else None  # as "# @package _global_" says in a file
        return ConfigResult(
            provider=option.file,
            path=self.full_path(),
            config=OmegaConf.create(option.config),
            header={"package": package},
        )

    def is_group(self, config_path: str) -> bool:
        """Return whether a family has options of this group."""
        return config_path.rstrip("/") in _families(self.path)

    def is_config(self, config_path: str) -> bool:
        """Return whether a family has this option."""
        group, _, name = config_path.rstrip("/").removesuffix(".yaml").rpartition("/")
        return name in _families(self.path).get(group, {})

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """List groups (of the empty path) or the options of a group, in alphabetical order."""
        families = _families(self.path)
        if config_path in ("", "."):
            return sorted(families) if results_filter != ObjectType.CONFIG else []
        return sorted(families.get(config_path.rstrip("/"), {})) if results_filter != ObjectType.GROUP else []


class FamilySearchPath(SearchPathPlugin):
    """Adds the families to where Hydra looks for options."""

    conf = ""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Look into the files of one option first, then into the families."""
        search_path.append("families", f"{FamilySource.scheme()}://{self.conf}")


def register_families(conf: Path) -> None:
    """Let Hydra find the options of all families; may be called more than once.

    Args:
        conf: the directory that holds ``config.yaml``.
    """
    FamilySearchPath.conf = str(conf)
    for plugin in (FamilySource, FamilySearchPath):
        Plugins.instance().register(plugin)


def options(conf: Path, group: str) -> list[str]:
    """List the options of a group, whether they are files or stand in a family, in alphabetical order.

    Args:
        conf: the directory that holds ``config.yaml``.
        group: such as ``task`` or ``experiment``.
    """
    return sorted({*_families(str(conf)).get(group, {}), *(file.stem for file in (conf / group).glob("*.yaml"))})


@cache
def _families(conf: str) -> dict[str, dict[str, Option]]:
    """Return the options of all families, by group and name."""
    found: dict[str, dict[str, Option]] = {}
    for file in sorted(file for file in Path(conf).glob("*.yaml") if file.stem != MAIN):
        text = file.read_text(encoding="utf-8")
        # the loader in C is eight times faster; PyYAML has it where it was built with libyaml
        parsed = yaml.load(text, yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
        for group, members in parsed.items():
            found.setdefault(group, {}).update({name: Option(file.name, config) for name, config in members.items()})
    return found
