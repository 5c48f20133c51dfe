"""Requests over ASGI: middleware and view in one thread, once; streams from the event loop."""

import asyncio
import threading
from collections.abc import Iterator
from inspect import iscoroutinefunction

import pytest
from django.http import HttpResponse
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


urlpatterns = [path("here/", view)]


def views(patterns) -> Iterator[URLPattern]:
    for each in patterns:
        yield from views(each.url_patterns) if isinstance(each, URLResolver) else [each]


def test_no_view_is_asynchronous():
    """One that were would run in the thread all the same, and hold it."""
    found = list(views(get_resolver().url_patterns))
    assert len(found) > 100
    assert not [each for each in found if iscoroutinefunction(each.callback)]


@pytest.mark.django_db
def test_a_request_goes_to_one_thread_once():
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": "/here/",
        "raw_path": b"/here/", "query_string": b"", "headers": [(b"host", b"testserver")], "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent = []

    async def call() -> None:
        over = asyncio.Event()
        waiting = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive():
            for message in waiting:
                return message
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        await Handler()(scope, receive, send)

    seen.clear()
    with override_settings(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[f"{__name__}.middleware"] * 3,
        ALLOWED_HOSTS=["testserver"],
    ):
        asyncio.run(call())

    assert sent[0]["status"] == 200
    assert sent[1]["body"] == "好".encode()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()
