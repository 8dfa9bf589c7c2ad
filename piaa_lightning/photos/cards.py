"""Model cards: what a prior or a personal file is, what it stands on, and what it is not for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piaa_lightning.photos.personal_file import PersonalFile
from piaa_lightning.photos.programs import TOLERANCE
from piaa_lightning.photos.published_model import PublishedModel

NOT_FOR = """## What it is not for

It says how much one person may like a picture, and nothing about the picture's worth, about the people in it, or about
anybody else's taste. It is wrong often: {wrong}
"""


def prior_card(prior: PublishedModel, differences: Mapping[str, float]) -> str:
    """Return a published prior's ``README.md``.

    Args:
        prior: what is published.
        differences: of the programs that lie beside it, see `write_programs`; empty where there are none.
    """
    config: Mapping[str, Any] = prior.config
    net = config["backbone"]
    kept = f", {config['components']} principal components of its features" if config["components"] else ""
    frozen = "frozen" if config["frozen"] else "trained with the head"
    prior_variances = (
        ", ".join(f"{width:g} at {shots} ratings" for shots, width in prior.users.prior_variances.items())
        or "none chosen"
    )
    programs = "\n".join(
        f"| `{name}` | pictures in, generic scores and features out; differs by {apart:.1g} from the network"
        f" ({TOLERANCE:g} allowed) |"
        for name, apart in differences.items()
    )
    return f"""---
library_name: piaa_lightning
tags: [image-aesthetics, personalization]
---

# {config["name"]}: a prior for personal image aesthetics

Takes a photograph and gives a generic score in [0, 1], and features from which ten ratings teach a person's taste.

| | |
|---|---|
| learnt from | {config["data"]} |
| people | {prior.users.learnt_from} |
| network | {net["name"]}, {net["output"]}, {frozen}{kept} |
| pictures | squashed to {prior.network.size} x {prior.network.size} ({config["resize"]}) |
| head | {config["head"]["kind"]} |
| personal method | hierarchical process; factors of the covariance: {prior_variances} |
| command | `{config["command"]}` |
| hash | `{prior.hash}` |

| file | |
|---|---|
| `prior.safetensors` | all numbers |
| `config.json` | all else |
{programs}

Use it: `python -m piaa_lightning mode=adapt photos=DIR ratings=FILE prior=THIS_DIRECTORY`

{NOT_FOR.format(wrong=f"what is known of its accuracy is what was measured on {config['data']}.")}
The terms of the data that it was learnt from hold for it too.
"""


def user_card(user: PersonalFile, prior: PublishedModel) -> str:
    """Return the card that lies beside a personal file."""
    scores, scale = user.scale.from_unit(user.scores.numpy()), user.scale
    return f"""# The taste of {user.name}

Learnt from {len(scores)} ratings, {scores.min():g} to {scores.max():g} on a scale of {scale.low:g} to {scale.high:g}.

| | |
|---|---|
| prior | {prior.config["name"]}, hash `{user.prior}` |
| that prior was learnt from | {prior.config["data"]} |
| method | hierarchical process: what is in the file is how the prior saw the rated pictures, and the ratings |

The file holds no picture and no file's name. It is about one person all the same: give it to nobody whom you would not
tell what you like.

{NOT_FOR.format(wrong="ten ratings say something about the order of a folder, little about one photograph.")}"""
