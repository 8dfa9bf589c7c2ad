"""Hold values of the configuration to the kinds that signatures ask for, before anything is read or trained."""

from __future__ import annotations

import collections.abc
import inspect
import math
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hydra.utils import get_object

from piaa_lightning.errors import UserError

LARGEST = 2**63  # no count and no seed is larger, and numpy has no number for it
WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "words",
    bool: "true or false",
    type(None): "null",
}
LISTS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
TABLES = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def refuse_wrong_kinds(config: Any, key: str = "") -> None:
    """Stop where an argument is of a kind that what it is given to does not take.

    Signatures are the schema: an argument without an annotation, or with one that is none of the plain kinds, is left
    to the thing itself.

    Args:
        config: dictionaries, lists and values, with nothing left to resolve.
        key: where it stands in the configuration.

    Raises:
        UserError: the sentence has the full key and says what to give.
    """
    if isinstance(config, Mapping):
        kinds = _kinds_of(str(config["_target_"])) if "_target_" in config else {}
        for name, value in config.items():
            full = f"{key}.{name}" if key else str(name)
            if str(name) in kinds and (wanted := wanted_instead(value, kinds[str(name)])):
                raise UserError(f"{full}={_shown(value)}: give {wanted}.")
            refuse_wrong_kinds(value, full)
    elif isinstance(config, Sequence) and not isinstance(config, str):
        for number, value in enumerate(config):
            refuse_wrong_kinds(value, f"{key}.{number}")


def wanted_instead(value: Any, kind: Any) -> str:
    """Return in words what is wanted in place of a value; empty where the value will do.

    Args:
        value: plain, as YAML has it.
        kind: an annotation.

    Example:
        >>> wanted_instead("many", int | None), wanted_instead(3, float), wanted_instead("x", Literal["a", "b"])
        ('a whole number or null', '', 'a or b')
    """
    if isinstance(value, Mapping) and "_target_" in value:  # made by Hydra; of what kind, only it knows
        return ""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        told = [wanted_instead(value, one) for one in get_args(kind)]
        return "" if "" in told else " or ".join(dict.fromkeys(told))
    if origin is Literal:
        return "" if any(value == one and type(value) is type(one) for one in get_args(kind)) else _or(get_args(kind))
    if kind in WORDS:
        return "" if _is_of(value, kind) else WORDS[kind]
    if kind is Path:
        return "" if isinstance(value, str) else "a path"
    outer = origin or kind
    if outer in TABLES:
        return "" if isinstance(value, Mapping) else "a mapping"
    if outer in LISTS:
        return _of_list(value, get_args(kind))
    return ""


def _of_list(value: Any, inner: tuple[Any, ...]) -> str:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return "a list"
    kinds = [one for one in inner if one is not Ellipsis]
    if len(kinds) == 1:
        told = next((wanted for one in value if (wanted := wanted_instead(one, kinds[0]))), "")
        return f"a list, each {told}" if told else ""
    return ""


def _is_of(value: Any, kind: Any) -> bool:
    if kind is type(None):
        return value is None
    if isinstance(value, bool):
        return kind is bool
    if kind is int:
        return isinstance(value, int) and abs(value) < LARGEST
    if kind is float:
        return (isinstance(value, float) and not math.isnan(value)) or (isinstance(value, int) and abs(value) < LARGEST)
    return isinstance(value, kind)


def _or(choices: Sequence[Any]) -> str:
    *first, last = map(str, choices)
    return f"{', '.join(first)} or {last}" if first else last


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:60]}..."


@cache
def _kinds_of(target: str) -> dict[str, Any]:
    """Return the annotations of a thing's arguments, those of its base classes where it passes arguments on."""
    try:
        made = get_object(target)
    except Exception:  # whoever makes it says why
        return {}
    makers: list[Callable[..., Any]] = [made]
    if isinstance(made, type):
        makers = [vars(base)["__init__"] for base in made.__mro__ if "__init__" in vars(base)]
    found: dict[str, Any] = {}
    for maker in makers:
        try:
            kinds, takes = get_type_hints(maker), inspect.signature(maker).parameters
        except Exception:  # made in C, or annotated with what only a type checker imports
            break
        found = {name: kind for name, kind in kinds.items() if name in takes} | found
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes.values()):
            break
    found.pop("return", None)
    return found
