"""Take a personal file into the users of this computer."""

from __future__ import annotations

from pathlib import Path

from piaa_lightning.photos.learning.personal_file import load_personal_file
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.runtime.terminal import printable
from piaa_lightning.users.home import Home


def take_in(home: Home, source: Path, model: PublishedModel, name: str | None = None) -> None:
    """Add the ratings of a personal file to those of a user, who is made if need be, and say so.

    Args:
        home: where users are kept.
        source: the file.
        model: of the same networks.
        name: of the user; None takes the file's.

    Raises:
        UserError: the file cannot be used, or it is no name.
    """
    file = load_personal_file(source, model)
    user = home.log.add_user(file.name if name is None else name)
    print(f"{home.take_in(user, file, model)} ratings were added to those of {printable(user)}.")
