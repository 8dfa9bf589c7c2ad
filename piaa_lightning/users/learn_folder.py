"""Learn a user from a table, or from the stars that other programs gave the photographs of a folder."""

from __future__ import annotations

import logging

import numpy as np

from piaa_lightning.data.ratings import Scale
from piaa_lightning.photos.read_folder import ReadFolder, rated_once
from piaa_lightning.photos.stars.ratings import STARS, equal_note, read_ratings
from piaa_lightning.runtime.terminal import printable
from piaa_lightning.users.home import Home, place_of

log = logging.getLogger(__name__)


def learn_folder(read: ReadFolder, home: Home, name: str, ratings: str, scale: Scale = STARS) -> str:
    """Add ratings to those of a user, who is made if need be.

    Args:
        read: the folder.
        home: where users are kept.
        name: of the user.
        ratings: see `read_ratings`.
        scale: of the ratings; they are kept as stars.

    Returns:
        The user's name.

    Raises:
        UserError: there are no ratings of photographs in the folder, or it is no name.
    """
    given = read_ratings(ratings, read.root, read.shelf.files, scale)
    name = home.log.add_user(name)
    stars = {
        read.shelf.digests[number]: round(float(STARS.from_unit(given.scale.to_unit(np.array(score)))), 3)
        for number, score in rated_once(read.shelf, given.scores).items()
    }
    place = place_of(read.root)
    new = home.say_new(name, stars, place, read.store)
    home.folders.keep(place, read.model.networks.keys, read.shelf.statistics)
    print(f"{new} stars were added to those of {printable(name)}, who has {len(home.log.stars(name))} now.")
    if new < len(stars):
        print(f"{len(stars) - new} photographs had stars of {printable(name)} already, which stay.")
    if given.missing:
        log.warning("%d lines are about other photographs; the first is %s.", len(given.missing), given.missing[0])
    if note := equal_note(list(given.scores.values())):
        log.warning("%s", note)
    return name
