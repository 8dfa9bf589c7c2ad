from __future__ import annotations

import threading

import pytest

from piaa_lightning.runtime.cores import cores
from piaa_lightning.runtime.read_ahead import read_ahead


def test_results_come_in_the_order_of_the_items_whichever_is_ready_first():
    second = threading.Event()

    def read(number: int) -> int:
        if number == 0:
            assert second.wait(30)  # the first is ready after the second
        if number == 1:
            second.set()
        return 10 * number

    assert list(read_ahead(read, range(20), workers=2)) == [10 * number for number in range(20)]


@pytest.mark.parametrize("ahead", [0, 3])
def test_no_more_is_taken_than_is_asked_for_and_the_bound(ahead):
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    results = read_ahead(abs, items(), workers=2, ahead=ahead)
    assert taken == []  # nothing begins before the first result is asked for
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(taken) == 5 + ahead
    results.close()


class Blocked:
    """A reader whose calls wait until they are let go."""

    def __init__(self, fail: int | None = None):
        self.begun: list[int] = []
        self.go = threading.Event()
        self.fail = fail

    def __call__(self, number: int) -> int:
        self.begun.append(number)
        if number == self.fail:
            raise OSError("unreadable")
        if number:
            assert self.go.wait(30)
        return number


def test_what_has_not_begun_is_cancelled_when_the_loop_is_left():
    read = Blocked()
    results = read_ahead(read, range(50), workers=1, ahead=20)
    assert next(results) == 0
    threading.Timer(0.2, read.go.set).start()  # closing waits for the call that has begun
    results.close()
    assert read.begun in ([0], [0, 1])
    assert [thread for thread in threading.enumerate() if "ThreadPoolExecutor" in thread.name] == []


def test_an_error_comes_in_its_place_and_ends_the_reading():
    read = Blocked(fail=2)
    read.go.set()
    results = read_ahead(read, range(1000), workers=1, ahead=4)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(OSError, match="unreadable"):
        next(results)
    assert len(read.begun) <= 8
    assert list(results) == []


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"ahead": -1}])
def test_no_thread_or_a_negative_bound_is_refused_at_once(wrong):
    with pytest.raises(ValueError, match=r"one thread or more"):
        read_ahead(abs, [1], **wrong)


def test_cores_are_those_of_the_affinity(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {3, 5, 6}, raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    assert cores() == 3
    monkeypatch.delattr("os.sched_getaffinity")
    assert cores() == 64
