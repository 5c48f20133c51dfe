"""What stands around the partners' doors: documentation, and the answer to unknown addresses."""

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language, override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kefu.api import doors
from kefu.api.problems import Changed, QueryRefused
from kefu.api.serializers import Strict


class AlwaysJson(DefaultContentNegotiation):
    """JSON whatever the caller says it accepts: there is nothing else, and no refusal to be had from it."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class SchemaView(SpectacularAPIView):
    """The OpenAPI document. It names no data, so anybody may read it; drawn up once in each language."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        document = _document(get_language() or settings.LANGUAGE_CODE, renderer.__class__)
        answer = HttpResponse(document, content_type=request.accepted_media_type)
        answer.headers["Content-Disposition"] = f'inline; filename="kefu.{renderer.format}"'
        patch_vary_headers(answer, ["Accept", "Accept-Language"])
        return answer


@cache
def _document(language: str, renderer: Any) -> bytes:
    with override(language):
        document: Any = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
        drawn: bytes = renderer().render(document, None, {})
    return drawn


class DocsView(SpectacularSwaggerSplitView):
    """The same for people; scripts of our own address only, as our content policy wants."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    url_name = "api-schema"
    template_name = "api/docs.html"


class DoorsView(APIView):
    """All doors on one page, in the reader's language. It names no data, so anybody may read it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (TemplateHTMLRenderer,)
    schema = None

    def get(self, request: Request) -> Response:
        told = {
            "groups": doors.groups(get_language() or settings.LANGUAGE_CODE),
            "base": request.build_absolute_uri(request.path),
        }
        return Response(told, template_name="api/doors.html")


class UnknownAddress(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = AlwaysJson
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


class NoParameters(Strict):
    """These addresses take none."""


def no_parameters(request: Request) -> None:
    """Refuse parameters in the address. Raises QueryRefused."""
    chosen_by(NoParameters, request)


def chosen_by(form: type[Strict], request: Request) -> dict[str, Any]:
    """Return what the parameters in the address choose. Raises QueryRefused."""
    return dict(_chosen(form, request.query_params.urlencode()))


@lru_cache(maxsize=1024)
def _chosen(form: type[Strict], query: str) -> dict[str, Any]:
    """The same text always chooses the same, and programs ask the same again and again. Refusals are not kept."""
    choice = form(data=QueryDict(query))
    if not choice.is_valid():
        raise QueryRefused(choice.errors)
    chosen: dict[str, Any] = choice.validated_data
    return chosen


def given_by(form: type[Strict], request: Request) -> dict[str, Any]:
    """Return what the body gives. Raises ValidationError naming each field at fault."""
    no_parameters(request)
    given = form(data=request.data)
    given.is_valid(raise_exception=True)
    data: dict[str, Any] = given.validated_data
    return data


def localised(response: Response) -> Response:
    """Say that the answer depends on who asks, and in which language."""
    patch_vary_headers(response, ["Authorization", "Accept-Language"])
    return response


def refuse_if_changed(request: Request, current: str, detail: str) -> None:
    """Refuse a change of what is not as the caller saw it: ``current`` is its ETag now. Raises Changed."""
    wanted = request.headers.get("If-Match", "*")
    if wanted.strip() != "*" and current not in parse_etags(wanted):
        raise Changed(detail, field="If-Match")


def versioned(shown: Mapping[str, Any], *, status: int = 200) -> Response:
    """Answer with one object; its ETag changes with all that the partner sees of it, in this language."""
    answer = Response(shown, status=status)
    answer.headers["ETag"] = etag(shown)
    return localised(answer)


def etag(shown: Mapping[str, Any]) -> str:
    return f'"{hashlib.sha256(orjson.dumps(shown)).hexdigest()[:32]}"'
