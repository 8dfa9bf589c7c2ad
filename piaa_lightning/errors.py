"""The one exception that a user is meant to read."""


class UserError(Exception):
    """A mistake that a user can mend: what is wrong, where, and what to do, in one sentence.

    The command line prints the sentence without a traceback and exits with status 1.
    Every other exception is a defect of the program and keeps its traceback.
    """


class MissingLabelsError(UserError):
    """A database lacks labels that a method learns from: in a table of several methods its row is left out."""


class NaNPredictionsError(UserError, ValueError):
    """Predictions that are no numbers, which a network gives that has diverged, with finite weights even."""

    def __init__(self, wrong: int, of: int) -> None:
        super().__init__(
            f"{wrong} of {of} predictions are NaN: the network has diverged; lower its learning rate, or correct"
            " the data."
        )
