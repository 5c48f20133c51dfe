"""Entry point for ASGI servers."""

import os
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu.settings.production")


class Handler(ASGIHandler):
    """Runs all middleware and the view in one go on the request's thread.

    Django's own would go to the thread and back for each middleware, which takes longer than most views here; they
    are all synchronous, the streams' too, which only hand back what is sent later (decision 0094).
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        answer: Any = sync_to_async(self.get_response)
        response: HttpResponseBase = await answer(request)
        return response


django.setup(set_prefix=False)
application = Handler()
