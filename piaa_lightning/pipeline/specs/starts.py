"""The start of a task's training: the task before it, the backbone's weights, or nothing."""

from __future__ import annotations

from piaa_lightning.errors import UserError, at_key
from piaa_lightning.pipeline.specs.spec_reader import SpecReader
from piaa_lightning.runtime.choices import check_choice

STARTS = ("pretrained", "generic", "none")


def read_start(task: SpecReader, follows: bool) -> str:
    """Return where a task starts; empty where nothing is said and there is no task before it.

    Args:
        task: its keys.
        follows: whether it names a task before it.

    Raises:
        UserError: no such start, or the generic one where there is no task before it.
    """
    start = str(task.text("start", "generic" if follows else ""))
    if start:
        with at_key(task.key):
            check_choice("start", start, STARTS)
    if start == "generic" and not follows:
        raise UserError(
            f"{task.key}.start=generic: there is no generic task below {task.key}.init_from to start from; name one, or"
            " take init_from=pretrained or init_from=none."
        )
    return start


def refuse_word(task: SpecReader) -> None:
    """Stop where a start stands in the place of the task before.

    Raises:
        UserError: it does, with what to type instead.
    """
    word = task.config.get("init_from")
    if word in STARTS:
        raise UserError(
            f"{task.key}.init_from={word}: here stands a task; say init_from={word} for the run, or"
            f" {task.key}.start={word} for this one."
        )
