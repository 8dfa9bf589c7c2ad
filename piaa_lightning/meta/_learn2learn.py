"""Import what is used of learn2learn 0.2.0 in one place, without the noise of its import."""

from __future__ import annotations

import contextlib
import io

with contextlib.redirect_stderr(io.StringIO()):  # gym, which it imports and we never use, prints four lines
    from learn2learn.algorithms.base_learner import BaseLearner
    from learn2learn.utils import clone_module, detach_module, update_module

__all__ = ["BaseLearner", "clone_module", "detach_module", "update_module"]
