"""The page's few routes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.cores import cores
from piaa_lightning.web.answers import (
    MOST,
    compare_answer,
    cover_answer,
    crops_answer,
    reject_below,
    view_answer,
    why_answer,
)
from piaa_lightning.web.exports import exported
from piaa_lightning.web.images import WHOLE, cover_image, cut_image, large_copy, map_image
from piaa_lightning.web.importing import import_ratings
from piaa_lightning.web.serving.guard import Guard, cookie, own_name, set_cookie
from piaa_lightning.web.serving.shares import Shares, TooMuchAtOnceError
from piaa_lightning.web.session import Session
from piaa_lightning.web.visitors import COOKIE, TooManyVisitorsError, Visitors

PAGE = Path(__file__).parent / "page"
MAX_MESSAGE = 10_000  # bytes of what the page says
MAX_FILE = 100_000_000  # and of a file with ratings
Handler = Callable[[Request, Session], Awaitable[Response]]


def make_app(visitors: Visitors, host: str, token: str | None, note: str = "") -> Starlette:
    """Make the page's server.

    Args:
        visitors: whom it knows.
        host: the address that it will listen on, see `Guard`.
        token: likewise.
        note: a sentence about the prior that everybody should read.
    """
    shares = Shares(max(1, cores() // 2))

    async def page(request: Request) -> Response:
        answer = FileResponse(PAGE / "index.html", headers={"cache-control": "no-store"})
        key = _key(request)
        set_cookie(answer, request.scope, COOKIE, key if visitors.knows(key) else visitors.new_key())
        return answer

    def of_session(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                session = visitors.session(_key(request))
            except TooManyVisitorsError as error:
                return JSONResponse({"error": str(error)}, 503)
            if session is None:
                return JSONResponse({"error": "Open the page first."}, 401)
            try:
                return await handler(request, session)
            except TooMuchAtOnceError as error:
                return JSONResponse({"error": str(error)}, 429)
            except UserError as error:
                return JSONResponse({"error": _without_places(str(error), session)}, 400)
            except ClientDisconnect:
                return Response(status_code=400)

        return handle

    async def view(request: Request, session: Session) -> Response:
        user = request.query_params.get("person") or session.log.latest()
        if user not in session.log.users():  # a name that this browser remembers from elsewhere
            user = session.log.latest()
        start, count = _number(request, "start", 0, 10**7), _number(request, "count", 0, MOST)
        told = await run_in_threadpool(
            view_answer, session, user, start, count, request.query_params.get("show", "best")
        )
        prior = session.prior
        about = {"name": prior.config["name"], "data": prior.config["data"], "note": note}
        return JSONResponse({**told, "prior": about})

    async def version(request: Request, session: Session) -> Response:
        progress = session.progress()
        return JSONResponse([*session.version, progress.done, progress.total])

    async def rate(request: Request, session: Session) -> Response:
        said = await _message(request)
        user, photo = str(said.get("person")), str(said.get("photo"))
        change = {key: said[key] for key in ("stars", "mark") if key in said}
        if change.get("stars") not in (None, 1, 2, 3, 4, 5) or isinstance(change.get("stars"), bool | float):
            raise UserError("Give 1 to 5 stars.")
        await run_in_threadpool(session.say, user, photo, **change)
        return await changed(session, user, said)

    async def undo(request: Request, session: Session) -> Response:
        said = await _message(request)
        user = str(said.get("person"))
        photos = await run_in_threadpool(session.log.redo if said.get("way") == "redo" else session.log.undo, user)
        return await changed(session, user, said, changed=photos[:1], steps=len(photos))

    async def line(request: Request, session: Session) -> Response:
        said = await _message(request)
        user, show, after = str(said.get("person")), str(said.get("show")), str(said.get("after", ""))
        rejected = await run_in_threadpool(reject_below, session, user, show, after)
        return await changed(session, user, said, rejected=rejected)

    async def changed(session: Session, user: str, said: dict[str, Any], **more: Any) -> Response:
        count, show = said.get("count"), str(said.get("show", "best"))
        told = await run_in_threadpool(view_answer, session, user, 0, count if isinstance(count, int) else 0, show)
        return JSONResponse({**told, **more})

    async def users(request: Request, session: Session) -> Response:
        said = await _message(request)
        user, name = str(said.get("person", "")), str(said.get("name", ""))
        match said.get("do", "add"):
            case "rename":
                return JSONResponse({"person": session.log.rename_user(user, name)})
            case "remove":
                await run_in_threadpool(session.log.remove_user, user)
                return JSONResponse({"person": session.log.latest()})
            case _:
                return JSONResponse({"person": session.log.add_user(name)})

    async def remove(request: Request, session: Session) -> Response:
        said = await _message(request)
        await run_in_threadpool(session.remove, str(said.get("photo")))
        return JSONResponse({})

    async def take_in(request: Request, session: Session) -> Response:
        body = await _body(request, MAX_FILE)
        told = await run_in_threadpool(
            import_ratings, session, _user(request), request.query_params.get("name", ""), body
        )
        return JSONResponse({"told": told})

    async def upload(request: Request, session: Session) -> Response:
        stored = await session.uploads.receive(request.query_params.get("name", ""), request.stream())
        digest = await run_in_threadpool(session.take, stored)
        return JSONResponse({"id": digest})

    async def compare(request: Request, session: Session) -> Response:
        return JSONResponse(await run_in_threadpool(compare_answer, session, _number(request, "count", 12, 60)))

    async def cover(request: Request, session: Session) -> Response:
        count, diversity = _number(request, "count", 9, 60), _number(request, "diversity", 50, 100) / 100
        without = request.query_params.get("without", "").split(",")
        return JSONResponse(await run_in_threadpool(cover_answer, session, _user(request), count, diversity, without))

    async def crops(request: Request, session: Session) -> Response:
        photo = request.path_params["photo"]
        found = await shares.do(session, request, crops_answer, session, _user(request), photo)
        return JSONResponse(found)

    async def why(request: Request, session: Session) -> Response:
        photo = request.path_params["photo"]
        return JSONResponse(await run_in_threadpool(why_answer, session, _user(request), photo))

    async def small(request: Request, session: Session) -> Response:
        found = await run_in_threadpool(session.thumbnail, request.path_params["photo"])
        if found is None:
            return Response(status_code=404)
        return _image(found, "image/jpeg")

    async def large(request: Request, session: Session) -> Response:
        found = await shares.do(session, request, large_copy, session, request.path_params["photo"])
        return _image(found, "image/jpeg")

    async def whole(request: Request, session: Session) -> Response:
        found = await shares.do(session, request, large_copy, session, request.path_params["photo"], WHOLE)
        return _image(found, "image/jpeg")

    async def cut(request: Request, session: Session) -> Response:
        photo, shape = request.path_params["photo"], request.query_params.get("shape", "")
        box = request.query_params.get("box", "")
        content, name = await shares.do(session, request, cut_image, session, photo, shape, box)
        told = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, errors='replace')}"}
        return Response(content, media_type="image/jpeg", headers=told)

    async def where(request: Request, session: Session) -> Response:
        found = await shares.do(session, request, map_image, session, _user(request), request.path_params["photo"])
        return Response(found, media_type="image/png")

    async def cover_file(request: Request, session: Session) -> Response:
        photos = request.query_params.get("photos", "").split(",")
        found = await shares.do(session, request, cover_image, session, photos)
        return Response(
            found, media_type="image/jpeg", headers={"content-disposition": "attachment; filename=cover.jpg"}
        )

    async def export(request: Request, session: Session) -> Response:
        what, user = request.path_params["what"], _user(request)
        content, kind = await run_in_threadpool(exported, session, what, user)
        name = f"attachment; filename={what}"
        return Response(content, media_type=kind, headers={"content-disposition": name})

    async def forget(request: Request, session: Session) -> Response:
        await run_in_threadpool(visitors.forget, _key(request))
        answer = JSONResponse({})
        answer.delete_cookie(own_name(request.scope, COOKIE))
        return answer

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        visitors.close()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/api/view", of_session(view)),
            Route("/api/version", of_session(version)),
            Route("/api/rate", of_session(rate), methods=["POST"]),
            Route("/api/line", of_session(line), methods=["POST"]),
            Route("/api/undo", of_session(undo), methods=["POST"]),
            Route("/api/people", of_session(users), methods=["POST"]),
            Route("/api/import", of_session(take_in), methods=["POST"]),
            Route("/api/remove", of_session(remove), methods=["POST"]),
            Route("/api/photos", of_session(upload), methods=["POST"]),
            Route("/api/compare", of_session(compare)),
            Route("/api/cover", of_session(cover)),
            Route("/api/forget", of_session(forget), methods=["POST"]),
            Route("/photo/{photo}/small", of_session(small)),
            Route("/photo/{photo}/large", of_session(large)),
            Route("/photo/{photo}/whole", of_session(whole)),
            Route("/photo/{photo}/cut", of_session(cut)),
            Route("/photo/{photo}/map", of_session(where)),
            Route("/photo/{photo}/crops", of_session(crops)),
            Route("/photo/{photo}/why", of_session(why)),
            Route("/export/cover.jpg", of_session(cover_file)),
            Route("/export/{what}", of_session(export)),
            Mount("/page", StaticFiles(directory=PAGE)),
        ],
        middleware=[Middleware(Guard, host=host, token=token)],
        lifespan=lifespan,
    )


def _key(request: Request) -> str:
    return cookie(request.headers, own_name(request.scope, COOKIE))


def _without_places(text: str, session: Session) -> str:
    """Leave out of a sentence where things lie on the server."""
    roots = [album.root for album in (session.own, session.shared) if album is not None]
    for place in (*roots, session.directory):
        text = text.replace(f"{place}/", "").replace(str(place), "here")
    return text


def _image(content: bytes, kind: str) -> Response:
    # an image never changes below its digest
    return Response(content, media_type=kind, headers={"cache-control": "private, max-age=86400, immutable"})


def _user(request: Request) -> str:
    return request.query_params.get("person", "")


def _number(request: Request, name: str, default: int, most: int) -> int:
    try:
        return min(max(int(request.query_params.get(name, default)), 0), most)
    except ValueError:
        return default


async def _message(request: Request) -> dict[str, Any]:
    """Read a short JSON message.

    Raises:
        UserError: it is none.
    """
    body = await _body(request, MAX_MESSAGE)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UserError("This message cannot be read.") from error
    if not isinstance(said, dict):
        raise UserError("This message cannot be read.")
    return said


async def _body(request: Request, most: int) -> bytes:
    """Read what a request brings.

    Raises:
        UserError: it is longer than allowed.
    """
    body = b""
    async for some in request.stream():
        body += some
        if len(body) > most:
            raise UserError("This message is too long.")
    return body
