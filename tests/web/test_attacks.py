"""What visitors, other sites and other users of a machine may not do to the page, or to each other."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
import time
from types import SimpleNamespace

import pytest
import uvicorn
from PIL import Image
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from piaa_lightning.errors import UserError
from piaa_lightning.users.rating_log import Said
from piaa_lightning.web import visitors as visitors_module
from piaa_lightning.web.routes import make_app
from piaa_lightning.web.serving import guard, patience, peers
from piaa_lightning.web.serving.patience import PatientProtocol
from piaa_lightning.web.serving.shares import Shares, TooMuchAtOnceError
from piaa_lightning.web.uploads import Limits, Uploads
from piaa_lightning.web.visitors import TooManyVisitorsError, Visitors

MARK = {"X-Piaa": "1"}


def page_of(visitors, token=None, base="http://localhost:8765", host="127.0.0.1"):
    return TestClient(make_app(visitors, host, token), base_url=base, headers=MARK, follow_redirects=False)


class TestCookies:
    def test_one_made_up_elsewhere_opens_nothing(self, visitors):
        page = page_of(visitors)
        for key in ("A" * 43, "a-_" * 14 + "a", "", "..", "x" * 44):
            page.cookies.set("piaa_session_8765", key)
            assert page.get("/api/view").status_code == 401, key
            assert f"piaa_session_8765={key};" not in page.get("/").headers["set-cookie"]
            page.cookies.clear()
        assert not visitors.home.exists(), "and leaves nothing on the disk"

    def test_servers_on_two_ports_do_not_take_each_others(self, visitors, prior, tmp_path, limits):
        other = Visitors(tmp_path / "other", prior, None, limits)
        one, two = page_of(visitors), page_of(other, base="http://localhost:8766")
        one.get("/")
        two.cookies = one.cookies  # as a browser does
        two.get("/")
        assert sorted(two.cookies) == ["piaa_session_8765", "piaa_session_8766"]
        assert one.get("/api/view").status_code == two.get("/api/view").status_code == 200
        other.close()

    @pytest.mark.parametrize("token", [None, "secret"])
    def test_they_come_along_where_a_link_leads_here(self, visitors, token):
        page = page_of(visitors, token, "http://localhost:8765", "127.0.0.1" if token is None else "0.0.0.0")
        told = page.get("/" if token is None else "/?token=secret").headers["set-cookie"].lower()
        assert "samesite=lax" in told
        assert "httponly" in told
        assert "secure" not in told
        told = page.get("/" if token is None else "/?token=secret", headers={"x-forwarded-proto": "https"})
        assert "secure" in told.headers["set-cookie"].lower()

    @pytest.mark.parametrize(
        "path", ["//evil.example/", "/\\evil.example/", "///evil.example", "//evil.example/%2e%2e"]
    )
    def test_a_right_token_leads_to_no_other_site(self, visitors, path):
        app = make_app(visitors, "0.0.0.0", "secret")
        sent = []

        async def ask():
            scope = {"type": "http", "method": "GET", "path": path, "query_string": b"token=secret", "headers": []}

            async def send(message):
                sent.append(message)

            await app(scope | {"server": ("here", 1), "client": ("there", 2), "scheme": "http"}, None, send)

        asyncio.run(ask())
        location = dict(sent[0]["headers"])[b"location"]
        assert location.startswith(b"/")
        assert location[1:2] not in (b"/", b"\\")


class TestOtherUsersOfTheMachine:
    TABLE = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n"
        "   1: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  4242        0 2 1\n"
        "   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 3 1\n"
    )

    @pytest.mark.parametrize(("port", "to", "user"), [(0xC001, 0x1F90, 4242), (0x1F90, 0xC001, 0), (1, 2, None)])
    def test_the_system_tells_who_it_is(self, tmp_path, port, to, user):
        (tmp_path / "tcp").write_text(self.TABLE)
        assert peers.user_of(port, to, [tmp_path / "none", tmp_path / "tcp"]) == user

    def test_ones_own_connection_is_ones_own(self):
        if not peers.TABLES[0].exists():
            pytest.skip("this system does not tell")
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            here, there = client.getsockname(), server.getsockname()
            assert peers.may_come_in(here, there)

    @pytest.mark.parametrize(
        ("user", "token", "status"), [(None, None, 200), (0, None, 200), (99999, None, 403), (99999, "secret", 401)]
    )
    def test_without_a_token_another_user_sees_nothing(self, visitors, monkeypatch, user, token, status):
        monkeypatch.setattr(peers, "user_of", lambda port, to: user)
        assert page_of(visitors, token).get("/").status_code == status


class TestShares:
    def asked(self, shares, who, work, gone=False):
        async def is_disconnected():
            return gone

        return shares.do(who, SimpleNamespace(is_disconnected=is_disconnected), work)

    def test_eighty_wishes_of_one_visitor_do_not_keep_another_waiting(self):
        """With one piece of work at a time, the other's only wish is done after at most two of the eighty."""
        done = []

        async def all_of_them():
            shares = Shares(at_once=1)
            many = [asyncio.ensure_future(self.asked(shares, "one", lambda: done.append("one"))) for _ in range(80)]
            await asyncio.sleep(0)
            await self.asked(shares, "other", lambda: done.append("other"))
            assert done.index("other") <= 2
            await asyncio.gather(*many)
            assert shares._lanes == {}

        asyncio.run(all_of_them())
        assert (done.count("one"), done.count("other")) == (80, 1)

    @pytest.mark.parametrize("at_once", [1, 2, 3])
    def test_there_is_never_more_at_once_than_allowed(self, at_once):
        running, most, lock = [], [], threading.Lock()

        def work():
            with lock:
                running.append(1)
                most.append(len(running))
            time.sleep(0.002)
            with lock:
                running.pop()

        async def all_of_them():
            shares = Shares(at_once)
            await asyncio.gather(*(self.asked(shares, who, work) for who in range(9) for _ in range(3)))

        asyncio.run(all_of_them())
        assert max(most) <= at_once
        assert len(most) == 27

    def test_too_much_is_refused_and_what_nobody_waits_for_is_not_done(self):
        done = []

        async def all_of_them():
            shares = Shares(1, waiting=3)
            wishes = [asyncio.ensure_future(self.asked(shares, "one", lambda: done.append(1))) for _ in range(5)]
            told = await asyncio.gather(*wishes, return_exceptions=True)
            assert [type(one) for one in told].count(TooMuchAtOnceError) == 2
            with pytest.raises(ClientDisconnect):
                await self.asked(shares, "one", lambda: done.append("in vain"), gone=True)

        asyncio.run(all_of_them())
        assert done == [1, 1, 1]

    def test_work_that_fails_gives_its_turn_back(self):
        async def all_of_them():
            shares = Shares(1)
            for _ in range(3):
                with pytest.raises(ZeroDivisionError):
                    await self.asked(shares, "one", lambda: 1 / 0)
            return await self.asked(shares, "one", lambda: "done")

        assert asyncio.run(all_of_them()) == "done"


class TestConnections:
    @pytest.fixture
    def address(self, visitors, monkeypatch):
        monkeypatch.setattr(patience, "QUIET", 0.2)
        monkeypatch.setattr(patience, "LOOK", 0.05)
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            make_app(visitors, "127.0.0.1", None),
            log_level="error",
            ws="none",
            http=PatientProtocol,
            limit_concurrency=20,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()
        server.should_exit = True
        thread.join()

    @pytest.mark.parametrize(
        "begun",
        [
            b"",
            b"G",
            b"GET / HTTP/1.1\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
            b"GET /page/stars.js HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT",
        ],
    )
    def test_who_brings_no_request_is_sent_away_and_others_are_served(self, address, begun):
        held = [socket.create_connection(address) for _ in range(25)]
        for one in held:
            one.sendall(begun)
            one.settimeout(30)
        for one in held:  # ends come once they are closed
            while one.recv(65536):
                pass
            one.close()
        with socket.create_connection(address) as good:
            good.settimeout(30)
            good.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert good.recv(15) == b"HTTP/1.1 200 OK"
        assert not PatientProtocol.connections_of or sum(PatientProtocol.connections_of.values()) <= 1

    def test_one_address_does_not_get_all(self, monkeypatch):
        monkeypatch.setattr(patience, "_is_here", lambda address: False)
        monkeypatch.setattr(patience, "MOST_OF_ONE", 3)
        aborted = []
        loop = asyncio.new_event_loop()
        config = uvicorn.Config(lambda scope: None, log_level="error", ws="none", lifespan="off")
        config.load()
        for number in range(5):
            state = SimpleNamespace(connections=set(), tasks=set(), default_headers=[])
            protocol = PatientProtocol(config, state, {}, loop)
            ends = {"peername": ("10.0.0.1", number), "sockname": ("10.0.0.2", 80)}
            transport = SimpleNamespace(
                get_extra_info=lambda name, ends=ends: ends.get(name),
                abort=lambda number=number: aborted.append(number),
            )
            protocol.connection_made(transport)
        PatientProtocol.connections_of.clear()
        loop.close()
        assert aborted == [3, 4]


class TestVisitors:
    def test_sessions_of_those_who_left_are_closed_and_come_back_as_they_were(self, visitors, monkeypatch):
        monkeypatch.setattr(visitors_module, "MOST_OPEN", 2)
        monkeypatch.setattr(visitors_module, "IDLE", 0.0)
        keys = [visitors.new_key() for _ in range(5)]
        for key in keys:
            log = visitors.session(key).log
            log.add_user("me")
            log.say("me", {"photo": Said(4)})
            assert len(visitors._open) <= 2
        assert [visitors.session(key).log.stars("me") for key in keys] == [{"photo": 4}] * 5

    def test_where_all_are_busy_the_next_is_told_so(self, visitors, monkeypatch):
        monkeypatch.setattr(visitors_module, "MOST_OPEN", 2)
        for _ in range(2):
            visitors.session(visitors.new_key())
        with pytest.raises(TooManyVisitorsError):
            visitors.session(visitors.new_key())
        page = page_of(visitors)
        page.get("/")
        assert page.get("/api/view").status_code == 503

    def test_keys_that_are_never_used_do_not_pile_up(self, visitors, monkeypatch):
        monkeypatch.setattr(visitors_module, "MOST_ISSUED", 3)
        keys = [visitors.new_key() for _ in range(5)]
        assert [visitors.knows(key) for key in keys] == [False, False, True, True, True]


def test_files_that_arrive_together_share_the_room(tmp_path):
    """Ten of 30 bytes each at once, with room for 100: three fit."""
    uploads = Uploads(tmp_path, Limits(photos=50, bytes_each=50, bytes_all=100))

    async def body():
        for _ in range(3):
            await asyncio.sleep(0)
            yield b"x" * 10

    async def all_of_them():
        return await asyncio.gather(*(uploads.receive("a.jpg", body()) for _ in range(10)), return_exceptions=True)

    told = asyncio.run(all_of_them())
    kept = [path.stat().st_size for path in uploads.root.glob("*.jpg")]
    assert sum(kept) <= 100
    assert len(kept) == sum(isinstance(one, str) for one in told)
    assert all(isinstance(one, str | UserError) for one in told)
    assert not list(uploads.root.glob(".*"))
    assert asyncio.run(uploads.receive("a.jpg", body())) if sum(kept) <= 70 else True


def test_no_sentence_says_where_things_lie_on_the_server(visitors):
    page = page_of(visitors)
    page.get("/")
    file = io.BytesIO()
    Image.new("RGB", (30, 30)).save(file, "png")
    photo = page.post("/api/photos", params={"name": "a.png"}, content=file.getvalue()).json()["id"]
    (path,) = visitors.home.glob("*/photos/*.png")
    path.write_bytes(b"no picture any more")
    for wanted in ("large", "crops", "map"):
        answer = page.get(f"/photo/{photo}/{wanted}", params={"person": "me"})
        assert answer.status_code == 400, wanted
        assert str(visitors.home) not in answer.text


def test_own_names_of_cookies():
    assert guard.own_name({"server": ("localhost", 8765)}, "a") == "a_8765"
    assert guard.own_name({}, "a") == "a_0"
