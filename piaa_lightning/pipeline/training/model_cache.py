"""Trained models on disk: written whole or not at all, read with a sentence for every mistake, kept between runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import nn

from piaa_lightning.callbacks.keep_last import PRIOR
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.distributed import process_index
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.cache_directories import locked

log = logging.getLogger(__name__)


class ModelCache:
    """Models that earlier runs trained, by their keys.

    Args:
        home: directory of their files.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    def file(self, key: str) -> Path:
        """Return where a model lies, whether it is there or not."""
        return self.home / f"{key}.safetensors"

    def keep(self, network: nn.Module, key: str) -> None:
        """Keep a model for later runs; a cache that cannot be written is no reason to lose this one."""
        try:
            save_weights(network, self.file(key), key)
        except OSError as error:
            log.warning("%s: the prior is not kept for later runs (%s)", self.home, error.strerror or error)

    @contextmanager
    def training(self, key: str) -> Iterator[None]:
        """Hold a model while it is trained: other jobs that want the same wait, and find it here.

        In a cache that cannot be written nobody trains what others wait for, and nothing is held.
        """
        with ExitStack() as held:
            with suppress(OSError):
                held.enter_context(locked(self.home, key))
            yield


def save_weights(network: nn.Module, file: Path, key: str) -> None:
    """Write a network's parameters as safetensors, with the model's key; the first of several processes does."""
    if not process_index():
        state = {name: value.contiguous() for name, value in network.state_dict().items()}
        replace_file(file, save(state, {PRIOR: key}))


def load_weights(network: nn.Module, file: Path, name: str) -> None:
    """Take a network's parameters from a file that an earlier run wrote.

    Args:
        network: filled.
        file: written by `save_weights`.
        name: of the task, for sentences.

    Raises:
        UserError: the file cannot be read, or is of another network.
    """
    try:
        state = load_file(file)
        if bad := [key for key, value in state.items() if value.is_floating_point() and not value.isfinite().all()]:
            raise UserError(
                f"{file}: these weights of the prior {name} hold NaN or infinite numbers in {bad[0]}; the training that"
                " wrote them diverged: train again, with a lower learning rate."
            )
        network.load_state_dict(state)
    except UserError:
        raise
    except FileNotFoundError as error:
        raise UserError(f"{file}: there are no such weights of the prior {name}; correct task.weights.") from error
    except RuntimeError as error:  # names or shapes that do not fit
        reason = str(error).split("\n")[1:2] or [str(error)]
        raise UserError(
            f"{file}: these weights are of another network than the prior {name} ({reason[0].strip()}); compose the"
            " backbone, head and task that they were trained with."
        ) from error
    except Exception as error:  # whatever a damaged file makes the loader raise
        raise UserError(f"{file}: cannot be read as weights of the prior {name} ({error}); copy it again.") from error


def key_of(file: Path) -> str | None:
    """Return the key of the model in a file, None where there is none or it is damaged."""
    try:
        with safe_open(file, "pt") as opened:
            return (opened.metadata() or {}).get(PRIOR)
    except (OSError, SafetensorError):
        return None
