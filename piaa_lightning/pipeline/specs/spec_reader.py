"""Read values of known kinds from a part of the configuration; each mistake is one sentence with the key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, overload

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.choices import did_you_mean

Default = TypeVar("Default")
REQUIRED: Any = object()


class SpecReader:
    """Reads the keys of one method, task or source.

    Args:
        config: what was composed.
        key: where it stands in the configuration.
        kind: what it is, in the plural, for sentences.
        known: its keys.

    Raises:
        UserError: it is no mapping, or has other keys.
    """

    def __init__(self, config: Any, key: str, kind: str, known: Iterable[str]) -> None:
        if not isinstance(config, DictConfig):
            raise UserError(f"{key}={config}: give a mapping with the keys of {kind}.")
        self.config = config
        self.key = key
        names = list(known)
        for name in map(str, config):
            if name not in names:
                raise UserError(f"{key}.{name}: {kind} have no such key{nearest(name, names)}.")

    @overload
    def text(self, name: str) -> str: ...
    @overload
    def text(self, name: str, default: Default) -> str | Default: ...
    def text(self, name: str, default: Any = REQUIRED) -> Any:
        """Return words; a number is taken for its digits."""
        value = self._value(name, default)
        if value is default or (isinstance(value, str | int | float) and not isinstance(value, bool)):
            return value if value is default else str(value)
        raise self._wrong(name, value, "words")

    def whole(self, name: str, least: int) -> int:
        """Return a whole number from ``least``."""
        value = self._value(name, REQUIRED)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        raise self._wrong(name, value, f"a whole number from {least}")

    @overload
    def number(self, name: str) -> float: ...
    @overload
    def number(self, name: str, default: Default) -> float | Default: ...
    def number(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a number."""
        value = self._value(name, default)
        if value is default or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value if value is default else float(value)
        raise self._wrong(name, value, "a number")

    def flag(self, name: str, default: bool) -> bool:
        """Return true or false."""
        value = self._value(name, default)
        if isinstance(value, bool):
            return value
        raise self._wrong(name, value, "true or false")

    @overload
    def part(self, name: str) -> DictConfig: ...
    @overload
    def part(self, name: str, default: Default) -> DictConfig | Default: ...
    def part(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a part of the configuration."""
        value = self._value(name, default)
        if value is default or isinstance(value, DictConfig):
            return value
        raise self._wrong(name, value, "a mapping")

    def _value(self, name: str, default: Any) -> Any:
        """Return what stands at a key; where nothing or null does, the default."""
        if OmegaConf.is_missing(self.config, name):
            raise UserError(f"{self.key}.{name} is missing: give it a value.")
        try:
            value = self.config.get(name)
        except OmegaConfBaseException as error:
            raise UserError(f"{self.key}.{name}: {' '.join(str(error).split())}") from error
        if value is not None:
            return value
        if default is REQUIRED:
            raise UserError(f"{self.key}.{name} is missing: give it a value.")
        return default

    def _wrong(self, name: str, value: Any, wanted: str) -> UserError:
        return UserError(f"{self.key}.{name}={value}: give {wanted}.")


def nearest(name: str, names: Sequence[str]) -> str:
    """Return a question that names the key that was likely meant, or all there are.

    Example:
        >>> nearest("suport", ["support", "label"])
        ' (did you mean support?)'
        >>> nearest("x", ["support", "label"])
        '; there are support, label'
    """
    return did_you_mean(name, names) or f"; there are {', '.join(names)}"


def full_key(config: DictConfig) -> str:
    """Return where a part stands in the configuration, whichever reference led to it."""
    return str(config._get_full_key(None))  # OmegaConf has no public name for it
