"""Files and directories that a command needs are looked for before anything heavy is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from piaa_lightning.errors import UserError

ON_DATA = ("run", "check", "export")
ON_PHOTOS = ("adapt", "predict", "cover", "crop", "web")
WEIGHTS = re.compile(r".*\.(safetensors|pth|pt|bin)")


def refuse_missing_places(cfg: DictConfig) -> None:
    """Stop where a path that the command reads is not there.

    Args:
        cfg: the composed configuration.

    Raises:
        UserError: the sentence names the key and the path.
    """
    if cfg.mode in ON_DATA:
        for key, place, what in _data(cfg):
            if not Path(str(place)).expanduser().exists():
                raise UserError(f"{key}={place}: {what}")
    if cfg.mode in ON_PHOTOS:
        _photos(cfg)


def _data(cfg: DictConfig) -> Iterator[tuple[str, str, str]]:
    """Yield keys, their paths, and what is said where the path does not exist."""
    for key, data in {"data": cfg.data, **{f"databases.{name}": one for name, one in cfg.databases.items()}}.items():
        if data is not None and data.get("root") is not None:
            what = "there is no such directory; give the unpacked copy of the database."
            yield f"{key}.root", data.root, what
    several = cfg.backbone.get("networks")
    own_keys = OmegaConf.is_list(several)  # a list where several were chosen, see `settle_backbone`
    networks = {f"backbone.networks.{own.name}": own for own in several} if own_keys else {"backbone": cfg.backbone}
    for key, own in networks.items():
        weights = own.get("weights")
        if isinstance(weights, str) and WEIGHTS.fullmatch(weights):
            yield f"{key}.weights", weights, "no such file; give the path of a .safetensors or .pth file."


def _photos(cfg: DictConfig) -> None:
    """Look for the folder, the ratings, the personal file and the model of the commands on one's own photographs."""
    if not cfg.photos and cfg.mode != "web":
        raise UserError(f"mode={cfg.mode}: say where the photographs are with photos=DIR.")
    if cfg.photos and not (folder := Path(cfg.photos).expanduser()).is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise UserError(f"photos={cfg.photos}: this {what}; give the directory that holds the photographs.")
    if cfg.ratings and cfg.ratings != "stars" and not Path(cfg.ratings).expanduser().is_file():
        raise UserError(
            f"ratings={cfg.ratings}: there is no such file; give a csv file with the columns image,score, or"
            " ratings=stars."
        )
    reads_person = cfg.mode != "adapt" and not cfg.ratings
    if cfg.person and reads_person and not Path(cfg.person).expanduser().is_file():
        raise UserError(f"person={cfg.person}: there is no such personal file; make one with mode=adapt.")
    named = cfg.prior and str(cfg.prior).startswith(("/", ".", "~"))  # anything else may be an id on the hub
    if named and not Path(cfg.prior).expanduser().exists():
        raise UserError(f"prior={cfg.prior}: there is no published prior; make one with mode=export.")
