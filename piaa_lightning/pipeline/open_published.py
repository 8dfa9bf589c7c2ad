"""The prior that a user's taste starts from: a published one, or that of the embedded images."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from piaa_lightning.errors import UserError
from piaa_lightning.photos.cards import prior_card
from piaa_lightning.photos.published_model import CONFIG, PublishedModel, load_prior, prior_directory
from piaa_lightning.pipeline.publish_model import make_prior, published_task
from piaa_lightning.pipeline.specs import RunSpec
from piaa_lightning.runtime.cache_directories import finish, locked

log = logging.getLogger(__name__)

EMBEDDED = (
    "This is the prior of the embedded pictures: drawn shapes rated by simulated people. It sees little in photographs"
    " but colour, contrast and layout, so expect it to follow your taste loosely; give one learnt from photographs with"
    " prior=PATH."
)


def open_prior(cfg: DictConfig) -> tuple[PublishedModel, str]:
    """Return the prior that ``prior`` names, or that of the embedded images, made on first use.

    Returns:
        The prior, and a sentence on what it means that it is the embedded one; empty where it is not.

    Raises:
        UserError: it cannot be read, or a database is named that no prior was published of yet.
    """
    if cfg.prior is not None:
        return load_prior(prior_directory(str(cfg.prior))), ""
    if cfg.data.root is not None:
        raise UserError(
            f"data.root={cfg.data.root} was given without a prior; publish one of it first with mode=export, then name"
            " its directory with prior=DIR."
        )
    return _embedded(cfg), EMBEDDED


def _embedded(cfg: DictConfig) -> PublishedModel:
    spec = RunSpec.of(cfg)
    task = published_task(spec)
    parts = [cfg.data, cfg.backbone, cfg.head, task.config, cfg.trainer, cfg.protocol.validation]
    text = OmegaConf.to_yaml(OmegaConf.create([OmegaConf.to_container(part, resolve=True) for part in parts]))
    home = Path(cfg.paths.cache).expanduser() / "published"
    name = hashlib.sha256(f"{cfg.seed}\n{text}".encode()).hexdigest()[:20]
    directory = home / name
    if not (directory / CONFIG).is_file():
        log.warning("The embedded prior is trained, once: this takes a minute or two.")
        with locked(home, name) as building:
            if not (directory / CONFIG).is_file():
                prior = make_prior(spec, task, home / ".checkpoints")
                prior.save(building, prior_card(prior, {}))
                finish(building, directory)
    try:
        return load_prior(directory)
    except UserError:  # damaged, or of another version of the program: it is only a cache
        (directory / CONFIG).unlink(missing_ok=True)
        return _embedded(cfg)
