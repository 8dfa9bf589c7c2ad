"""A personal file: what a user said of how many images as the prior saw them, and no image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.runtime.atomic import replace_file

FORMAT = "piaa_lightning person 1"


@dataclass(frozen=True)
class PersonalFile:
    """Enough to score any image for a user, together with the prior.

    Args:
        name: what the user is called.
        prior: hash of the prior.
        scale: of what the user said.
        rows: ``(ratings, 1 + components)`` float32, the rated images as the prior saw them.
        scores: ``(ratings,)`` float32, in [0, 1].
    """

    name: str
    prior: str
    scale: Scale
    rows: Tensor
    scores: Tensor

    def taste(self, prior: PublishedModel) -> PersonalModel:
        """Fit the user, in milliseconds."""
        return PersonalModel(prior.users, self.rows, self.scores)

    def bytes(self) -> bytes:
        """Return the personal file."""
        told = {"name": self.name, "prior": self.prior, "scale": [self.scale.low, self.scale.high]}
        tensors = {"rows": self.rows.float().contiguous(), "scores": self.scores.float().contiguous()}
        return save(tensors, metadata={"format": FORMAT, "config": json.dumps(told)})

    def save(self, file: Path, card: str) -> None:
        """Write the personal file, and its model card beside it."""
        replace_file(file, self.bytes())
        replace_file(file.with_suffix(".md"), card.encode())


def load_personal_file(file: Path, prior: PublishedModel) -> PersonalFile:
    """Read a personal file.

    Raises:
        UserError: there is none, it is damaged, or it was made with another prior.
    """
    if not file.is_file():
        raise UserError(f"person={file}: there is no such personal file; make one with mode=adapt.")
    try:
        with safe_open(file, framework="pt") as opened:
            metadata = opened.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise UserError(f"person={file}: this is no personal file; give one that mode=adapt has written.")
            told = json.loads(metadata["config"])
            rows, scores = opened.get_tensor("rows"), opened.get_tensor("scores")
        user = PersonalFile(str(told["name"]), str(told["prior"]), Scale(*told["scale"]), rows, scores)
    except UserError:
        raise
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UserError(f"person={file}: the personal file is damaged ({error}); copy or make it again.") from error
    if user.prior != prior.hash:
        raise UserError(
            f"person={file}: it was made with another prior ({user.prior[:12]}) than this one ({prior.hash[:12]}),"
            " and says nothing without its own; give that one with prior=DIR, or make the file again with mode=adapt."
        )
    fits = scores.dim() == 1 and rows.shape == (len(scores), len(prior.users.mean) - 1)
    fits = fits and bool(torch.isfinite(rows).all())
    if not fits or not bool(torch.isfinite(scores).all()):
        raise UserError(f"person={file}: the personal file is damaged (its numbers do not fit); make it again.")
    return user
