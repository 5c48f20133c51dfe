"""Requests over ASGI: middleware and view in one thread, once; streams from the event loop."""

import asyncio
import threading
from collections.abc import Iterator
from inspect import iscoroutinefunction

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path

from kefu.asgi import Handler

seen: list[int] = []


def middleware(get_response):
    def answer(request):
        seen.append(threading.get_ident())
        return get_response(request)

    return answer


def view(request):
    seen.append(threading.get_ident())
    return HttpResponse("好")


async def parts():
    seen.append(await sync_to_async(lambda: connection.connection is None)())
    yield b"part"


def stream(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    seen.append(connection.connection is None)
    return StreamingHttpResponse(parts())


urlpatterns = [path("here/", view), path("stream/", stream)]


def views(patterns) -> Iterator[URLPattern]:
    for each in patterns:
        yield from views(each.url_patterns) if isinstance(each, URLResolver) else [each]


def test_no_view_is_asynchronous():
    """One that were would run in the thread all the same, and hold it."""
    found = list(views(get_resolver().url_patterns))
    assert len(found) > 100
    assert not [each for each in found if iscoroutinefunction(each.callback)]


async def asked(handler: Handler, place: str = "/here/") -> list[dict]:
    """Ask once; return what was sent."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": place,
        "raw_path": place.encode(), "query_string": b"", "headers": [(b"host", b"testserver")], "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent = []
    over = asyncio.Event()
    waiting = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        for message in waiting:
            return message
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await handler(scope, receive, send)
    return sent


@pytest.fixture
def three_middlewares():
    seen.clear()
    with override_settings(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[f"{__name__}.middleware"] * 3,
        ALLOWED_HOSTS=["testserver"],
    ):
        yield


@pytest.mark.django_db
def test_a_request_goes_to_one_thread_once(three_middlewares):
    sent = asyncio.run(asked(Handler()))

    assert sent[0]["status"] == 200
    assert sent[1]["body"] == "好".encode()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()


@pytest.mark.django_db
def test_one_request_after_the_other_uses_the_same_thread_and_two_at_once_do_not(three_middlewares):
    handler = Handler()

    async def twice_and_together():
        await asked(handler)
        await asked(handler)
        one = set(seen)
        await asyncio.gather(asked(handler), asked(handler))
        return one, set(seen)

    in_turn, all_of_them = asyncio.run(twice_and_together())

    assert len(in_turn) == 1
    assert len(all_of_them) == 2
    assert len(handler._idle) == 2


@pytest.mark.django_db(transaction=True)
def test_a_stream_holds_no_connection_while_it_lasts(three_middlewares):
    handler = Handler()
    with override_settings(MIDDLEWARE=[]):
        handler.load_middleware()
        sent = asyncio.run(asked(handler, "/stream/"))

    assert b"part" in [message.get("body") for message in sent]
    assert seen == [False, True]


def test_anything_but_http_is_refused():
    with pytest.raises(ValueError, match="websocket"):
        asyncio.run(Handler()({"type": "websocket"}, None, None))
