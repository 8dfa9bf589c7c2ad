"""Personalised image aesthetics: predict how much one given user likes an image.

Everything that is meant to be imported is named here, and found when it is first asked for: ``import piaa_lightning``
itself imports neither torch nor Lightning.

Example:
    >>> import piaa_lightning
    >>> "FlickrAES" in dir(piaa_lightning)
    True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from piaa_lightning.data.ratings import RatingTable as RatingTable
    from piaa_lightning.data.ratings import Scale as Scale
    from piaa_lightning.data.splits.split import Split as Split
    from piaa_lightning.datamodules.aadb import AADB as AADB
    from piaa_lightning.datamodules.ava import AVA as AVA
    from piaa_lightning.datamodules.eva import EVA as EVA
    from piaa_lightning.datamodules.flickr_aes import FlickrAES as FlickrAES
    from piaa_lightning.datamodules.joint_data import JointData as JointData
    from piaa_lightning.datamodules.lapis import LAPIS as LAPIS
    from piaa_lightning.datamodules.oasis import OASIS as OASIS
    from piaa_lightning.datamodules.para import PARA as PARA
    from piaa_lightning.datamodules.psychoflickr import PsychoFlickr as PsychoFlickr
    from piaa_lightning.datamodules.ratings_csv import RatingsCSV as RatingsCSV
    from piaa_lightning.datamodules.ratings_module import DatabaseSource as DatabaseSource
    from piaa_lightning.datamodules.ratings_module import RatingsDataModule as RatingsDataModule
    from piaa_lightning.datamodules.real_cur import RealCUR as RealCUR
    from piaa_lightning.errors import ArgumentError as ArgumentError
    from piaa_lightning.errors import ArgumentNotFoundError as ArgumentNotFoundError
    from piaa_lightning.errors import ArgumentTypeError as ArgumentTypeError
    from piaa_lightning.errors import UserError as UserError
    from piaa_lightning.evaluation.evaluate import choose_settings as choose_settings
    from piaa_lightning.evaluation.evaluate import evaluate as evaluate
    from piaa_lightning.evaluation.results import EvaluationResults as EvaluationResults
    from piaa_lightning.evaluation.results import compare as compare
    from piaa_lightning.meta.inner_loop import InnerLoop as InnerLoop
    from piaa_lightning.models.backbones.backbone import Backbone as Backbone
    from piaa_lightning.models.backbones.factory import build_backbone as build_backbone
    from piaa_lightning.personalizers.fine_tune import FineTune as FineTune
    from piaa_lightning.personalizers.gaussian_process import GaussianProcess as GaussianProcess
    from piaa_lightning.personalizers.generic import Generic as Generic
    from piaa_lightning.personalizers.hierarchical import Hierarchical as Hierarchical
    from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess as HierarchicalProcess
    from piaa_lightning.personalizers.personalizer import FitContext as FitContext
    from piaa_lightning.personalizers.personalizer import Personalizer as Personalizer
    from piaa_lightning.personalizers.personalizer import Support as Support
    from piaa_lightning.personalizers.ridge import Ridge as Ridge
    from piaa_lightning.tasks.generic_aesthetics import GenericAesthetics as GenericAesthetics
    from piaa_lightning.tasks.joint_aesthetics_personality import (
        JointAestheticsPersonality as JointAestheticsPersonality,
    )
    from piaa_lightning.tasks.meta_learning import BilevelMetaLearning as BilevelMetaLearning
    from piaa_lightning.tasks.meta_learning import MetaLearning as MetaLearning
    from piaa_lightning.tasks.personal_aesthetics import PersonalAesthetics as PersonalAesthetics
    from piaa_lightning.tasks.personality_traits import PersonalityTraits as PersonalityTraits

__version__ = "0.1.0"

_PLACES = {
    "data.ratings": ("RatingTable", "Scale"),
    "data.splits.split": ("Split",),
    "datamodules.aadb": ("AADB",),
    "datamodules.ava": ("AVA",),
    "datamodules.eva": ("EVA",),
    "datamodules.flickr_aes": ("FlickrAES",),
    "datamodules.joint_data": ("JointData",),
    "datamodules.lapis": ("LAPIS",),
    "datamodules.oasis": ("OASIS",),
    "datamodules.para": ("PARA",),
    "datamodules.psychoflickr": ("PsychoFlickr",),
    "datamodules.ratings_csv": ("RatingsCSV",),
    "datamodules.ratings_module": ("DatabaseSource", "RatingsDataModule"),
    "datamodules.real_cur": ("RealCUR",),
    "errors": ("ArgumentError", "ArgumentNotFoundError", "ArgumentTypeError", "UserError"),
    "evaluation.evaluate": ("choose_settings", "evaluate"),
    "evaluation.results": ("EvaluationResults", "compare"),
    "meta.inner_loop": ("InnerLoop",),
    "models.backbones.backbone": ("Backbone",),
    "models.backbones.factory": ("build_backbone",),
    "personalizers.fine_tune": ("FineTune",),
    "personalizers.gaussian_process": ("GaussianProcess",),
    "personalizers.generic": ("Generic",),
    "personalizers.hierarchical": ("Hierarchical",),
    "personalizers.hierarchical_process": ("HierarchicalProcess",),
    "personalizers.personalizer": ("FitContext", "Personalizer", "Support"),
    "personalizers.ridge": ("Ridge",),
    "tasks.generic_aesthetics": ("GenericAesthetics",),
    "tasks.meta_learning": ("BilevelMetaLearning", "MetaLearning"),
    "tasks.joint_aesthetics_personality": ("JointAestheticsPersonality",),
    "tasks.personal_aesthetics": ("PersonalAesthetics",),
    "tasks.personality_traits": ("PersonalityTraits",),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what can be imported, loaded or not."""
    return sorted({*globals(), *_MODULES})
