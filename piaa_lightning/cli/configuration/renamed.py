"""Keys and options of the configuration that have another name now."""

from __future__ import annotations

import re
from collections.abc import Sequence

from piaa_lightning.errors import UserError

# Where a key was, and what its last part is called now. ``*`` is any one part of a key, ``**`` any number of them.
KEYS = {
    "judge": "evaluate_on",
    "reuse_priors": "reuse_models",
    "report.people": "users",
    "methods.*.prior": "model",
    "methods.*.exam": "evaluation",
    "**.aids": "auxiliary",
    "**.starts_from": "init_from",
    "**.form": "dataset",
    "**.streams": "sources",
    "**.grow": "extend",
    "**.together": "user_batch_size",
    "**.embed_once": "cache_features",
    "**.detail": "patch_scale",
    "**.stored": "store_scale",
    "**.cut": "threshold",
    "**.personalizer.rates": "lr_multipliers",
    "**.inner.rates": "lr_by_part",
}
# Old keys whose name another thing still has (USAR's parts): told only where the configuration has no such key.
SOMETIMES = {"**.personalizer.parts": "part_lr_multipliers"}
# Options of groups, old and new.
OPTIONS = {
    ("optimizer", "talk"): "li2020",
    ("protocol", "talk"): "zhu2020",
    ("experiment", "authors_slips"): "published_deviations",
    ("experiment", "authors_slips_oasis"): "published_deviations_oasis",
}


def new_name(key: str, missing: bool = False) -> str | None:
    """Return what a key of the configuration is called now.

    Args:
        key: with dots, from the top: ``task.starts_from.epochs``.
        missing: whether it is known that there is no such key today.

    Returns:
        The whole key with every old part replaced; None where nothing of it was renamed.
    """
    parts = key.split(".")
    for length in range(1, len(parts) + 1):
        for pattern, new in (KEYS | SOMETIMES if missing else KEYS).items():
            if _pattern(pattern).fullmatch(".".join(parts[:length])):
                parts[length - 1] = new
                break
    return None if (now := ".".join(parts)) == key else now


def refuse_renamed(arguments: Sequence[str]) -> None:
    """Stop where an argument of the command line uses an old name.

    Raises:
        UserError: the sentence says the new one.
    """
    for argument in arguments:
        name, equals, value = argument.partition("=")
        prefix, key, package = _split(name)
        if name.startswith("-") or not (prefix or equals):
            continue
        for old, now in ((key, new_name(key)), (package, new_name(package))):
            if now is not None:
                raise UserError(f"{argument}: {old} is called {now} now; write {argument.replace(old, now, 1)}")
        for word in re.findall(r"[\w.-]+", value):
            if option := OPTIONS.get((key, word)):
                told = re.sub(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", option, value)
                raise UserError(f"{argument}: {word} is called {option} now; write {name}={told}")


def _split(name: str) -> tuple[str, str, str]:
    """Return the prefix of an override (``+``, ``++``, ``~``), its key or group, and the package after ``@``."""
    bare = name.lstrip("+~")
    key, _, package = bare.partition("@")
    return name[: len(name) - len(bare)], key, package


def _pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern of ``KEYS``."""
    parts = re.escape(pattern).replace(r"\*\*\.", r"(?:[^.]+\.)*").replace(r"\*", r"[^.]+")
    return re.compile(parts)
