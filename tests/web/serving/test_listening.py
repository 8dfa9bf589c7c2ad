from __future__ import annotations

import pytest

from piaa_lightning.web.serving import listening
from piaa_lightning.web.serving.listening import listen


@pytest.mark.parametrize(("own", "shown"), [("192.168.1.20", "192.168.1.20"), ("2001:db8::7", "[2001:db8::7]")])
def test_the_address_that_is_told_can_be_opened_on_a_phone(monkeypatch, own, shown):
    monkeypatch.setattr(listening, "_own_address", lambda every: own)
    taken = listen("0.0.0.0", 0, "secret")  # all networks, as a user asks for it
    with taken.socket:
        port = taken.socket.getsockname()[1]
        assert taken.address == f"http://{shown}:{port}/?token=secret"


def test_the_own_address_is_one_of_this_machine():
    assert listening._own_address("0.0.0.0") not in ("", "0.0.0.0")


def test_an_address_that_was_named_is_told_as_it_was():
    taken = listen("127.0.0.1", 0)
    with taken.socket:
        assert taken.address == f"http://127.0.0.1:{taken.socket.getsockname()[1]}/"
