from __future__ import annotations

import json

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.users.rating_log import FIRST, MAX_USERS, PICK, REJECT, RatingLog, Said


def rate(log: RatingLog, user: str, photo: str, stars: float | None) -> None:
    log.say(user, {photo: Said(stars)})


def test_the_last_word_counts_and_survives(tmp_path):
    log = RatingLog(tmp_path / "deep" / "ratings.jsonl")
    assert log.users() == [FIRST]
    assert not (tmp_path / "deep").exists(), "nothing is written before anything is said"
    log.add_user("Ana")
    rate(log, "Ana", "p1", 3)
    rate(log, "Ana", "p2", 5)
    rate(log, "Ana", "p1", 1)
    rate(log, FIRST, "p1", 4)
    rate(log, "Ana", "p2", None)
    log.say("Ana", {"p3": Said(mark=REJECT, place="/a")})
    again = RatingLog(tmp_path / "deep" / "ratings.jsonl")
    for known in (log, again):
        assert known.users() == [FIRST, "Ana"]
        assert known.stars("Ana") == {"p1": 1}
        assert known.stars(FIRST) == {"p1": 4}
        assert known.said("Ana")["p3"] == Said(None, REJECT, "/a")
        assert known.latest() == "Ana"


def test_a_line_that_was_cut_off_takes_nothing_with_it(tmp_path):
    file = tmp_path / "ratings.jsonl"
    log = RatingLog(file)
    rate(log, FIRST, "p1", 4)
    with file.open("ab") as cut:
        cut.write(b'{"person": "me", "photo": "p2", "st')
    rate(RatingLog(file), FIRST, "p3", 2)
    assert RatingLog(file).stars(FIRST) == {"p1": 4, "p3": 2}


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[1]",
        b"[" * 9000,
        b'{"person": "me", "photo": "p4", "stars": "x"}',
        b'{"person": "me", "photo": "p4", "stars": 1e999}',
        b'{"person": "me", "photo": "p4", "stars": NaN}',
        b'{"person": "me", "photo": "p4", "stars": true}',
        b'{"person": "me", "photo": "p4", "stars": 4, "mark": "x"}',
        b'{"person": "me", "photo": "p9", "stars": null, "way": "redo"}',
    ],
)
def test_a_line_that_makes_no_sense_is_passed_over(tmp_path, line):
    file = tmp_path / "ratings.jsonl"
    rate(RatingLog(file), FIRST, "p1", 4)
    file.write_bytes(file.read_bytes() + line + b"\n")
    log = RatingLog(file)
    rate(log, FIRST, "p3", 2)
    assert RatingLog(file).stars(FIRST) == log.stars(FIRST) == {"p1": 4, "p3": 2}


def test_what_makes_no_sense_is_refused(tmp_path):
    log = RatingLog(tmp_path / "ratings.jsonl")
    for stars in (0, 6, True, "5", float("nan")):
        with pytest.raises(UserError, match="1 to 5 stars"):
            rate(log, FIRST, "p", stars)
    with pytest.raises(UserError, match="marked as pick, reject"):
        log.say(FIRST, {"p": Said(3, "liked")})
    for do in (
        lambda: rate(log, "Nobody", "p", 3),
        lambda: log.stars("Nobody"),
        lambda: log.undo("Nobody"),
        lambda: log.rename_user("Nobody", "Ana"),
        lambda: log.remove_user("Nobody"),
    ):
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
    assert "p" not in log.said(FIRST)


def test_people_are_renamed_and_removed_and_stay_so(tmp_path):
    file = tmp_path / "ratings.jsonl"
    log = RatingLog(file)
    log.add_user("Ana")
    rate(log, FIRST, "p1", 4)
    rate(log, "Ana", "p1", 2)
    assert log.rename_user(FIRST, " Tom ") == "Tom"
    with pytest.raises(UserError, match="Somebody is called Ana already"):
        log.rename_user("Tom", "Ana")
    log.remove_user("Ana")
    for known in (log, RatingLog(file)):
        assert known.users() == ["Tom"]
        assert known.stars("Tom") == {"p1": 4}
        assert known.latest() == "Tom"
    log.add_user("Ana")
    assert RatingLog(file).stars("Ana") == {}, "somebody else of that name knows nothing of it"
    log.remove_user("Ana")
    log.remove_user("Tom")
    assert log.users() == RatingLog(file).users() == [FIRST], "there is always somebody"


class TestUndo:
    def test_every_step_back_and_forth_also_after_a_restart(self, tmp_path):
        file = tmp_path / "ratings.jsonl"
        log = RatingLog(file)
        states = [{}]
        for photo, said in (("a", Said(3)), ("b", Said(5)), ("a", Said(1)), ("b", Said(5, PICK)), ("a", Said())):
            log.say(FIRST, {photo: said})
            states.append(log.said(FIRST))
        for state in reversed(states[:-1]):
            log = RatingLog(file)
            assert log.undo(FIRST)
            assert log.said(FIRST) == state
        assert log.undo(FIRST) == []
        assert log.steps(FIRST) == (False, True)
        for state in states[1:]:
            log = RatingLog(file)
            assert log.redo(FIRST)
            assert log.said(FIRST) == state
        assert log.redo(FIRST) == []
        assert log.steps(FIRST) == (True, False)

    def test_a_new_word_ends_what_can_be_done_again(self, tmp_path):
        log = RatingLog(tmp_path / "ratings.jsonl")
        rate(log, FIRST, "a", 3)
        rate(log, FIRST, "b", 4)
        log.undo(FIRST)
        rate(log, FIRST, "c", 5)
        assert log.redo(FIRST) == []
        assert log.undo(FIRST) == ["c"]
        assert log.undo(FIRST) == ["a"]
        assert log.stars(FIRST) == {}

    def test_what_was_said_together_is_one_step(self, tmp_path):
        file = tmp_path / "ratings.jsonl"
        log = RatingLog(file)
        rate(log, FIRST, "a", 1)
        log.say(FIRST, {"a": Said(2), "b": Said(3), "c": Said(4)})
        assert RatingLog(file).undo(FIRST) == ["a", "b", "c"]
        assert log.stars(FIRST) == RatingLog(file).stars(FIRST) == {"a": 1}
        assert RatingLog(file).redo(FIRST) == ["a", "b", "c"]
        assert log.stars(FIRST) == {"a": 2, "b": 3, "c": 4}
        log.undo(FIRST)
        assert RatingLog(file).undo(FIRST) == ["a"]
        assert log.stars(FIRST) == {}

    def test_people_take_back_their_own_steps(self, tmp_path):
        log = RatingLog(tmp_path / "ratings.jsonl")
        log.add_user("Ana")
        rate(log, "Ana", "a", 3)
        rate(log, FIRST, "b", 3)
        assert log.undo("Ana") == ["a"]
        assert log.stars(FIRST) == {"b": 3}


def test_two_processes_see_what_the_other_one_says(tmp_path):
    one, two = RatingLog(tmp_path / "r.jsonl"), RatingLog(tmp_path / "r.jsonl")
    rate(one, FIRST, "a", 3)
    rate(two, FIRST, "b", 4)
    two.add_user("Ana")
    assert one.stars(FIRST) == two.stars(FIRST) == {"a": 3, "b": 4}
    assert one.users() == [FIRST, "Ana"]
    assert one.version == two.version == 3


def test_the_form_of_the_file_is_the_earlier_one(tmp_path):
    file = tmp_path / "ratings.jsonl"
    lines = [
        {"person": "me"},
        {"person": "me", "photo": "a", "stars": 4},
        {"person": "me", "photo": "b", "stars": None},
    ]
    file.write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert RatingLog(file).stars("me") == {"a": 4}
