"""Sentences of the program in the words of ``piaa``: its options instead of the configuration's keys."""

from __future__ import annotations

import re

# What stands in sentences, and what a person who types `piaa` is told instead.
WORDS = {
    r"^photos=": "",
    r"\bwith photos=DIR": "behind the command",
    r"\bratings=stars": "--ratings stars",
    r"\bratings=": "--ratings ",
    r"\bperson=": "--person ",
    r"\bprior=": "--model ",
    r"\brating_scale=\[LOW,HIGH\]": "--scale LOW HIGH",
    r"\brating_scale=": "--scale ",
    r"\bweb\.host=\S+ web\.port=": "--port ",
    r"\banother web\.port, or 0 for": "another --port, or 0 for",
    r"\bpaths\.cache=DIR": "the environment variable PIAA_CACHE",
    r"\bmode=adapt\b": "`piaa learn`",
    r"\bmode=export\b": "`python -m piaa_lightning mode=export`",
    r"\ba limit from 1 or null": "a --limit from 1",
    r"\bpersonal file\b": "file of a person",
    r"(?<![\w/.-])prior(?![\w/-]|\.\w)": "model",
}


def plain_words(sentence: str) -> str:
    """Return a sentence as ``piaa`` tells it.

    Example:
        >>> plain_words("photos=/nowhere: this does not exist; give the directory that holds the photographs.")
        '/nowhere: this does not exist; give the directory that holds the photographs.'
    """
    for old, new in WORDS.items():
        sentence = re.sub(old, new, sentence)
    return sentence
