from __future__ import annotations

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.web.rating_log import FIRST, MAX_USERS, RatingLog


def test_the_last_word_counts_and_survives(tmp_path):
    log = RatingLog(tmp_path / "deep" / "ratings.jsonl")
    assert log.users() == [FIRST]
    log.add_user("Ana")
    log.rate("Ana", "p1", 3)
    log.rate("Ana", "p2", 5)
    log.rate("Ana", "p1", 1)
    log.rate(FIRST, "p1", 4)
    log.rate("Ana", "p2", None)
    again = RatingLog(tmp_path / "deep" / "ratings.jsonl")
    for known in (log, again):
        assert known.users() == [FIRST, "Ana"]
        assert known.stars("Ana") == {"p1": 1}
        assert known.stars(FIRST) == {"p1": 4}


def test_a_line_that_was_cut_off_takes_nothing_with_it(tmp_path):
    file = tmp_path / "ratings.jsonl"
    log = RatingLog(file)
    log.rate(FIRST, "p1", 4)
    with file.open("ab") as cut:
        cut.write(b'{"person": "me", "photo": "p2", "st')
    RatingLog(file).rate(FIRST, "p3", 2)
    assert RatingLog(file).stars(FIRST) == {"p1": 4, "p3": 2}
    file.write_bytes(file.read_bytes() + b'\xff\xfe\n[1]\n{"person": "me", "photo": "p4", "stars": "x"}\n')
    assert RatingLog(file).stars(FIRST) == {"p1": 4, "p3": 2}


def test_what_makes_no_sense_is_refused(tmp_path):
    log = RatingLog(tmp_path / "ratings.jsonl")
    for stars in (0, 6, 2.5, True, "5"):
        with pytest.raises(UserError, match="1 to 5 stars"):
            log.rate(FIRST, "p", stars)
    for do in (lambda: log.rate("Nobody", "p", 3), lambda: log.stars("Nobody")):
        with pytest.raises(UserError, match="nobody called Nobody"):
            do()
    for name in ("", "  ", "\n", "x" * 41):
        with pytest.raises(UserError, match="1 to 40 letters"):
            log.add_user(name)
    assert log.add_user(" Ana\n") == log.add_user("Ana") == "Ana"
    for number in range(MAX_USERS - 2):
        log.add_user(str(number))
    with pytest.raises(UserError, match="as many as fit"):
        log.add_user("one more")
