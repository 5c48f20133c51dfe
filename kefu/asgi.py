"""Entry point for ASGI servers."""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest, HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu.settings.production")


MOST_IDLE = 64  # threads that wait for the next request


class Handler(ASGIHandler):
    """Runs all middleware and the view in one go on the request's thread, and uses the thread again.

    Django's own would go to the thread and back for each middleware, which takes longer than most views here; they
    are all synchronous, the streams' too, which only hand back what is sent later. It would also start a thread for
    each request, with a database connection's wrapper of its own (decision 0094).
    """

    def __init__(self) -> None:
        super().__init__()
        self._idle: deque[ThreadPoolExecutor] = deque()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served here, not {scope['type']}")
        # The one idle longest: a request that was broken off may still be busy on the one idle shortest.
        thread = self._idle.popleft() if self._idle else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        finally:
            if len(self._idle) < MOST_IDLE:
                self._idle.append(thread)
            else:
                thread.shutdown(wait=False)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        answer: Any = sync_to_async(self._respond)
        response: HttpResponseBase = await answer(request)
        return response

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a stream, which may last for minutes, leaves its connection to the pool meanwhile."""
        response = self.get_response(request)
        if response.streaming:
            connections.close_all()
        return response


django.setup(set_prefix=False)
application = Handler()
