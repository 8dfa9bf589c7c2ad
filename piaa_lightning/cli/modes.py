"""The modes of the command line, known before Hydra is imported."""

from __future__ import annotations

import re
from collections.abc import Sequence

from piaa_lightning.errors import UserError

# What a mode does besides a run: a module of this package, and its function.
MODES = {
    "check": ("cli.commands.check", "check_data"),
    "collect": ("cli.commands.collect", "collect_runs"),
    "workspace": ("cli.workspace", "make_workspace"),
    "export": ("pipeline.publish_model", "publish_prior"),
    "adapt": ("cli.commands.adapt", "adapt_user"),
    "predict": ("cli.commands.predict", "predict_photos"),
    "cover": ("cli.commands.cover", "choose_photos"),
    "crop": ("cli.commands.crop", "crop_photos"),
    "web": ("cli.commands.web", "serve_page"),
}


def refuse_unknown_mode(mode: str) -> None:
    """Stop where a mode is none.

    Raises:
        UserError: it names those that there are.
    """
    if mode != "run" and mode not in MODES:
        raise UserError(f"mode={mode}: there is no such mode; choose one of {', '.join(('run', *MODES))}.")


def refuse_unknown_modes(arguments: Sequence[str]) -> None:
    """Look for a mistyped ``mode=`` in the arguments; sweeps over modes and interpolations are left to Hydra."""
    for argument in arguments:
        if found := re.fullmatch(r"mode=(\w+)", argument):
            refuse_unknown_mode(found[1])
