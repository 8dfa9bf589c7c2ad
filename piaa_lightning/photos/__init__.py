"""On one's own images: reading folders, a published model, one user's personal model, and what follows from it.

Everything that is meant to be imported is named here, and found when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from piaa_lightning.photos.cover import choose_cover as choose_cover
    from piaa_lightning.photos.folder import find_photos as find_photos
    from piaa_lightning.photos.next_to_rate import next_to_rate as next_to_rate
    from piaa_lightning.photos.opening import open_photo as open_photo
    from piaa_lightning.photos.personal_file import PersonalFile as PersonalFile
    from piaa_lightning.photos.personal_model import PersonalModel as PersonalModel
    from piaa_lightning.photos.population import PopulationPrior as PopulationPrior
    from piaa_lightning.photos.published_model import PublishedModel as PublishedModel

_MODULES = {
    "PersonalFile": "personal_file",
    "PersonalModel": "personal_model",
    "PopulationPrior": "population",
    "PublishedModel": "published_model",
    "choose_cover": "cover",
    "find_photos": "folder",
    "next_to_rate": "next_to_rate",
    "open_photo": "opening",
}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
