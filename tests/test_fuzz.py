"""Spoilt files, a few dozen of each kind; ``make fuzz`` tries ten thousand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DIRECTORY = Path(__file__).parents[1] / "experiments" / "reliability"


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, DIRECTORY / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


layouts, mutations, _, fuzzers = (load(name) for name in ("layouts", "mutations", "in_time", "fuzzers"))


@pytest.mark.parametrize("name", fuzzers.FUZZERS)
def test_spoilt_files_give_an_answer_or_a_sentence(tmp_path, name):
    # hypothesis draws from constants of whatever modules are loaded, too, so that a seed alone does not decide
    for start in range(10):
        (tmp_path / str(start)).mkdir()
        counts = fuzzers.run(fuzzers.FUZZERS[name], tmp_path / str(start), 30, start)
        assert counts.inputs == counts.accepted + counts.refused >= 30
        if counts.refused:
            break
    assert counts.refused
    assert counts.sentences


def test_what_a_reader_lets_through_is_found(tmp_path):
    def prepare(home):
        (home / "file").write_bytes(b"1,2,3\n" * 4)
        return ["file"], lambda: [
            float(cell) for cell in (home / "file").read_text().replace("\n", ",").split(",")[:-1]
        ]

    with pytest.raises((ValueError, OSError)):
        fuzzers.run(fuzzers.Fuzzer(prepare), tmp_path, 100)
    assert (tmp_path / "file").read_bytes() == b"1,2,3\n" * 4


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([("insert", 0, 0, b"x")], b"xa,b\nc,d\n"),
        ([("delete", 0, 250, b"")], b"b\nc,d\n"),
        ([("cut", 500, 0, b"")], b"a,b\n"),
        ([("flip", 0, 0, b"")], b"`,b\nc,d\n"),
        ([("field", 0, 1000, b"nan")], b"a,nan\nc,d\n"),
        ([("line again", 0, 500, b"")], b"a,b\na,b\nc,d\n"),
        ([("swap lines", 0, 500, b"")], b"c,d\na,b\n"),
        ([("nothing left", 0, 0, b""), ("field", 0, 0, b"y")], b"y"),
    ],
)
def test_files_are_spoilt_in_many_ways(edits, expected):
    assert mutations.edited(b"a,b\nc,d\n", edits) == expected


def test_hostile_weights_are_never_run(tmp_path):
    # a pickle that would write a file, in every place that numbers of networks are loaded from
    names, read = fuzzers.weights().prepare(tmp_path)
    target = tmp_path / "written by a pickle"
    program = b"cbuiltins\nexec\n(S'open(%r, \"w\")'\ntR." % str(target).encode()
    for name in names:
        (tmp_path / name).write_bytes(program)
    with pytest.raises(fuzzers.UserError):
        read()
    assert not target.exists()
