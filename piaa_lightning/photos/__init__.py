"""On one's own images: reading folders, a published model, one user's personal model, and what follows from it.

Everything that is meant to be imported is named here, and found when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from piaa_lightning.photos.images.folder import find_photos as find_photos
    from piaa_lightning.photos.images.opening import open_photo as open_photo
    from piaa_lightning.photos.learning.next_to_rate import next_to_rate as next_to_rate
    from piaa_lightning.photos.learning.personal_file import PersonalFile as PersonalFile
    from piaa_lightning.photos.learning.personal_model import PersonalModel as PersonalModel
    from piaa_lightning.photos.learning.population import PopulationPrior as PopulationPrior
    from piaa_lightning.photos.learning.published_model import PublishedModel as PublishedModel
    from piaa_lightning.photos.learning.reasons import Reason as Reason
    from piaa_lightning.photos.learning.reasons import Reasons as Reasons
    from piaa_lightning.photos.results.cover import choose_cover as choose_cover
    from piaa_lightning.photos.results.why import Why as Why

_MODULES = {
    "PersonalFile": "learning.personal_file",
    "PersonalModel": "learning.personal_model",
    "PopulationPrior": "learning.population",
    "PublishedModel": "learning.published_model",
    "Reason": "learning.reasons",
    "Reasons": "learning.reasons",
    "Why": "results.why",
    "choose_cover": "results.cover",
    "find_photos": "images.folder",
    "next_to_rate": "learning.next_to_rate",
    "open_photo": "images.opening",
}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
