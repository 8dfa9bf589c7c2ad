"""``mode=adapt``: learn a user from their ratings of photographs and write a personal file."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.cli.configuration.photo_keys import read_photos_of, scale_of
from piaa_lightning.photos import commands
from piaa_lightning.runtime.terminal import command_line


def adapt_user(cfg: DictConfig, directory: Path) -> None:
    """Write ``person.safetensors`` and its card, or the file that ``person`` names.

    Args:
        cfg: the composed configuration; ``photos``, ``ratings`` and ``prior`` say what is learnt from.
        directory: where the file goes by default.

    Raises:
        UserError: there is nothing to learn from; the sentence says why.
    """
    file = directory / "person.safetensors" if cfg.person is None else Path(cfg.person).expanduser()
    ratings = "stars" if cfg.ratings is None else str(cfg.ratings)
    commands.adapt_person(read_photos_of(cfg), file, ratings, scale_of(cfg))
    use = ["python", "-m", "piaa_lightning", "mode=predict", f"photos={cfg.photos}", f"person={file}"]
    print(f"Use it: {command_line([*use, *([f'prior={cfg.prior}'] if cfg.prior else [])])}")
