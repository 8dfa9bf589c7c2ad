"""Rules that hold users and images out: one file each, each returns a `Split`."""

from __future__ import annotations

from piaa_lightning.data.splits.crossed import users_and_images
from piaa_lightning.data.splits.frequent_raters import para
from piaa_lightning.data.splits.images_only import ava, random_images
from piaa_lightning.data.splits.published_workers import flickr_aes
from piaa_lightning.data.splits.split import Split
from piaa_lightning.data.splits.users_only import users_only

__all__ = ["Split", "ava", "flickr_aes", "para", "random_images", "users_and_images", "users_only"]
