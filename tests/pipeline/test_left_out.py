"""A row that cannot be evaluated is left out of a table; a run of nothing else is refused."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.evaluating.evaluate_methods import Results, refuse_controls_alone


def methods(**controls: bool):
    return SimpleNamespace(
        methods={key: SimpleNamespace(label=key.upper(), control=on) for key, on in controls.items()}
    )


def test_a_table_stands_as_long_as_one_method_does():
    cfg = methods(pam=False, fpmf=False, generic=True)
    refuse_controls_alone(cfg, Results(left_out={"PAM": "no attributes", "GENERIC": "no prior"}))
    refuse_controls_alone(methods(generic=True, ceiling=True), Results(left_out={"CEILING": "unknown truth"}))


def test_controls_alone_are_refused_with_the_reasons():
    reasons = {"PAM": "no attributes", "FPMF": "no attributes", "CEILING": "unknown truth"}
    with pytest.raises(UserError, match=r"^PAM, FPMF cannot be evaluated: no attributes\.$"):
        refuse_controls_alone(methods(pam=False, fpmf=False, ceiling=True, generic=True), Results(left_out=reasons))
