"""Admit requests with the right host name, origin and token; refuse all others."""

from __future__ import annotations

import ipaddress
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from piaa_lightning.web.serving.peers import may_come_in

TOKEN = "piaa_token"
MARK = "x-piaa"  # a header that other sites' pages cannot send without being asked first
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def is_local(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Refuses what does not come from the page itself.

    * On this machine alone, requests must be for one of its own names: a foreign name that was made to point here
      (DNS rebinding) is refused. Elsewhere the token does that, since its cookie belongs to the right name.
    * What changes anything must come from the page's own origin and carry a header of its own.
    * Where there is a token, it comes once in the address, and in a cookie afterwards.
    * Where there is none, only the user who runs the server comes in, as far as the system tells who is there.

    Args:
        app: what is guarded.
        host: the address that is listened on.
        token: what everybody has to know; None lets everybody in who reaches the address.
    """

    def __init__(self, app: ASGIApp, host: str, token: str | None) -> None:
        self.app = app
        self.names = {"localhost", "127.0.0.1", "::1", host} if is_local(host) else None
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._answer(scope)
            await (self.app if answer is None else answer)(scope, receive, _with_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.names is not None and _name(host) not in self.names:
            return PlainTextResponse("This page does not answer to that name; open it as localhost.", 421)
        site = headers.get("sec-fetch-site", "same-origin")
        if scope["method"] not in ("GET", "HEAD"):
            origin = headers.get("origin")
            if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
                return PlainTextResponse("Other sites may change nothing here.", 403)
            if headers.get(MARK) != "1":
                return PlainTextResponse("Only the page itself may change something here.", 403)
        elif site == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            return PlainTextResponse("Other sites may see nothing here.", 403)
        if self.token is not None:
            return self._unlocked(scope, headers, self.token)
        if not may_come_in(scope.get("client"), scope.get("server")):
            return PlainTextResponse("This page is of another user of this machine; ask them for a token.", 403)
        return None

    def _unlocked(self, scope: Scope, headers: Headers, token: str) -> Response | None:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if given and secrets.compare_digest(given.encode(), token.encode()):
            # the token leaves the address; two slashes at the beginning would lead to another site
            answer = RedirectResponse("/" + scope["path"].lstrip("/\\"), 303)
            set_cookie(answer, scope, TOKEN, token)
            return answer
        known = cookie(headers, own_name(scope, TOKEN))
        if known and secrets.compare_digest(known.encode(), token.encode()):
            return None
        return PlainTextResponse("Open the address with the token that the program printed.", 401)


def own_name(scope: Scope, name: str) -> str:
    """Return what this server calls a cookie: browsers send the cookies of one port to all others of a machine."""
    return f"{name}_{(scope.get('server') or ('', 0))[1]}"


def set_cookie(answer: Response, scope: Scope, name: str, value: str) -> None:
    """Set a cookie for a year, which scripts do not see.

    It comes along where a link on another site leads here (``lax``): everything that changes something is a request
    that other sites cannot make, see `Guard`. Behind TLS it is sent through TLS alone.
    """
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    secure = "https" in (scope.get("scheme"), forwarded)
    year = 365 * 24 * 3600
    answer.set_cookie(own_name(scope, name), value, httponly=True, samesite="lax", secure=secure, max_age=year)


def cookie(headers: Headers, name: str) -> str:
    """Return a cookie's value, empty where there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _name(host: str) -> str:
    """Return a Host header's name without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
