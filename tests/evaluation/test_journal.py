from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.evaluation.journal import Journal

SCORES = {
    (0, 3): [np.float32([[0.1, 0.25], [np.nan, 1e-30]]), np.float32([[-0.0]])],
    (1,): [np.zeros((2, 0), dtype=np.float32)],
    (2, 4): [np.float64([[1 / 3]]), np.float32([[7, 8, 9]])],
}


def written(path, content="a", draws=tuple(SCORES)):
    with Journal(path, content) as journal:
        for each in draws:
            journal.add(each, SCORES[each])
    return path


def kept(path, content="a"):
    with Journal(path, content) as journal:
        return dict(journal.kept)


def same(found, expected):
    assert list(found) == list(expected)
    for draws, scores in expected.items():
        for one, other in zip(found[draws], scores, strict=True):
            assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def test_what_was_judged_comes_back_bit_for_bit(tmp_path):
    same(kept(written(tmp_path / "deep" / "journal.txt")), SCORES)


def test_a_file_of_other_scores_begins_anew(tmp_path):
    path = written(tmp_path / "journal.txt", "a")
    assert kept(path, "b") == {}
    assert kept(path, "a") == {}, "what was there is gone"


def test_a_first_line_that_comes_again_ends_what_is_good(tmp_path):
    path = written(tmp_path / "journal.txt")
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, second, first, *rest]))
    (draws, *_) = SCORES
    same(kept(path), {draws: SCORES[draws]})


def test_without_a_file_nothing_is_kept():
    with Journal(None, "a") as journal:
        journal.add((0,), SCORES[0, 3])
        assert journal.kept == {}


@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6, 0.8, 0.999])
def test_a_line_that_was_cut_off_is_written_anew(tmp_path, share):
    whole = written(tmp_path / "whole.txt").read_bytes()
    path = tmp_path / "journal.txt"
    path.write_bytes(whole[: int(share * len(whole))])
    before = kept(path)
    assert len(before) < len(SCORES)
    same(before, {draws: SCORES[draws] for draws in list(SCORES)[: len(before)]})
    written(path, draws=list(SCORES)[len(before) :])
    assert path.read_bytes() == whole


def test_whatever_byte_is_spoilt_no_score_is(tmp_path):
    whole = written(tmp_path / "whole.txt").read_bytes()
    path = tmp_path / "journal.txt"
    for place in range(0, len(whole), 7):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0x01
        path.write_bytes(spoilt)
        found = kept(path)
        assert len(found) < len(SCORES)
        same(found, {draws: SCORES[draws] for draws in list(SCORES)[: len(found)]})


def test_a_dying_process_loses_nothing(tmp_path):
    path = tmp_path / "journal.txt"
    journal = Journal(path, "a").__enter__()
    journal.add((1,), SCORES[1,])
    assert set(kept(path)) == {(1,)}, "it is in the file before it is closed"
    journal.__exit__()
