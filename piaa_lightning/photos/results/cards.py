"""Model cards: what a model or a personal file is, what it stands on, and what it is not for."""

from __future__ import annotations

from collections.abc import Mapping

from piaa_lightning.photos.learning.personal_file import PersonalFile
from piaa_lightning.photos.learning.programs import TOLERANCE
from piaa_lightning.photos.learning.published_model import PublishedModel

NOT_FOR = """## What it is not for

It says how much one person may like a picture, and nothing about the picture's worth, about the people in it, or about
anybody else's taste. It is wrong often: {wrong}
"""
PEOPLE = {
    "folder": "features standardised over the folder, a score for everybody, and a Gaussian process",
    "learnt": "the crowd's taste by kernel regression, and a Gaussian process for how people differ from it",
}


def prior_card(prior: PublishedModel, differences: Mapping[str, float]) -> str:
    """Return a published model's ``README.md``.

    Args:
        prior: what is published.
        differences: of the programs that lie beside it, see `write_programs`; empty where there are none.
    """
    config, networks, population = prior.config, prior.networks, prior.population
    squares = ", ".join(f"{size} x {size} ({resize})" for size, resize in networks.backbone.squares)
    told = zip(networks.description, networks.blocks, strict=True)
    looks = "; ".join(f"{one['name']}, {one['output']}, {count} features" for one, count in told)
    numbers = ", ".join(f"{name} {value:.3g}" for name, value in population.numbers().items())
    programs = "\n".join(
        f"| `{name}` | pictures in, generic scores and features out; differs by {apart:.1g} from the networks"
        f" ({TOLERANCE:g} allowed) |"
        for name, apart in differences.items()
    )
    return f"""---
library_name: piaa_lightning
tags: [image-aesthetics, personalization]
---

# {config["name"]}: a model for personal image aesthetics

Takes a photograph and gives a generic score, and features from which ten ratings teach a person's taste.

| | |
|---|---|
| learnt from | {config["data"]} |
| people | {population.learnt_from} |
| networks | {looks} |
| pictures | squashed to {squares} |
| personal method | {PEOPLE[population.kind]} |
| its numbers | {numbers} |
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
| networks | {", ".join(user.networks)}: models with the same ones can use the file |
| model | {prior.config["name"]}, learnt from {prior.config["data"]} |
| method | Gaussian process: what is in the file is how the networks saw the rated pictures, and the ratings |
| folder | means and spreads of what the networks saw in {user.folder.count:g} pictures |

The file holds no picture and no file's name. It is about one person all the same: give it to nobody whom you would not
tell what you like.

{NOT_FOR.format(wrong="ten ratings say something about the order of a folder, little about one photograph.")}"""
