"""``mode=adapt``: learn a user from their ratings of images and write a personal file."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from piaa_lightning.photos.cards import user_card
from piaa_lightning.pipeline.read_folder import read_folder, user_of


def adapt_user(cfg: DictConfig, directory: Path) -> None:
    """Write ``user.safetensors`` and its card, or the file that ``user`` names.

    Args:
        cfg: the composed configuration; ``photos``, ``ratings`` and ``prior`` say what is learnt from.
        directory: where the file goes by default.

    Raises:
        UserError: there is nothing to learn from; the sentence says why.
    """
    read = read_folder(cfg)
    user = user_of(cfg, read)
    file = directory / "person.safetensors" if cfg.person is None else Path(cfg.person).expanduser()
    user.save(file, user_card(user, read.prior))
    size = file.stat().st_size / 1000
    print(f"{file}: learnt from {len(user.scores)} ratings, {size:.1f} kB; its card lies beside it")
    prior = f" prior={cfg.prior}" if cfg.prior else ""
    print(f"Use it: python -m piaa_lightning mode=predict photos={cfg.photos} person={file}{prior}")
