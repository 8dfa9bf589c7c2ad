"""The exceptions that a user is meant to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

_NOTHING = object()


class UserError(Exception):
    """A mistake that a user can mend: what is wrong, where, and what to do, in one sentence.

    The command line prints the sentence without a traceback and exits with status 1.
    Every other exception is a defect of the program and keeps its traceback.
    """


class AboutArgumentError(UserError):
    """An error about one argument: it begins with its name, and the command line with its key.

    Args:
        argument: name of the argument, dotted where it is a part of one: ``inner.rule``.
        problem: what is wrong with it and what to do, without the name; ends with a full stop.
        value: what was given; left out where it would not help.
    """

    def __init__(self, argument: str, problem: str, value: Any = _NOTHING) -> None:
        given = "" if value is _NOTHING else f"={value}"
        super().__init__(f"{argument}{given}: {problem}")
        self.argument = argument
        self.problem = problem
        self.value = value

    def __str__(self) -> str:
        return str(self.args[0])

    def under(self, key: str) -> Self:
        """Return the same error about an argument of what stands at a key of the configuration.

        >>> str(ArgumentError("steps", "give 0 or more.", -1).under("personalizer"))
        'personalizer.steps=-1: give 0 or more.'
        """
        return type(self)(f"{key}.{self.argument}" if key else self.argument, self.problem, self.value)


class ArgumentError(AboutArgumentError, ValueError):
    """An argument has a value that it cannot have.

    >>> raise ArgumentError("steps", "there are no negative steps.", -1)
    Traceback (most recent call last):
    piaa_lightning.errors.ArgumentError: steps=-1: there are no negative steps.
    """


class ArgumentTypeError(AboutArgumentError, TypeError):
    """An argument is of a kind that it cannot be."""


class ArgumentNotFoundError(AboutArgumentError, FileNotFoundError):
    """An argument names a file or directory that does not exist."""


class MissingLabelsError(UserError):
    """A database lacks labels that a method learns from: in a table of several methods its row is left out."""


class NaNPredictionsError(UserError, ValueError):
    """Predictions that are no numbers, which a network gives that has diverged, with finite weights even."""

    def __init__(self, wrong: int, of: int) -> None:
        super().__init__(
            f"{wrong} of {of} predictions are NaN: the network has diverged; lower its learning rate, or correct"
            " the data."
        )


@contextmanager
def at_key(key: str) -> Iterator[None]:
    """Within this, an error about an argument of what stands at a key of the configuration names that key.

    >>> with at_key("task.module"):
    ...     raise ArgumentError("saves", "choose one of theta, last_user.", "all")
    Traceback (most recent call last):
    piaa_lightning.errors.ArgumentError: task.module.saves=all: choose one of theta, last_user.
    """
    try:
        yield
    except AboutArgumentError as error:
        raise error.under(key) from error
